"""What holds for every request: who asks, limits, errors in one shape, headers, logs, metrics."""
