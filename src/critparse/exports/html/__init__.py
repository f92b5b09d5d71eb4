"""Pages for people, as files that need nothing else: no script, no request, all styles within.

The trials themselves are in :mod:`critparse.exports.html.page`; the reports of ``critparse check`` share their parts.
"""
