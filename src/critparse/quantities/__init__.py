"""Numbers, operators, units, ranges, time windows: from words to typed quantities."""
