"""A record with the fault and the same one mended, for every check: one module per family of records.

Each pair: code, severity, the faulty record, its evidence as a reader sees it (``None``: not asserted), the mended one.
"""

from __future__ import annotations

from check_pairs import arms, copies, fields, layout, limits, titles, twins, values, wording

ALL = [
    *fields.PAIRS,
    *titles.PAIRS,
    *copies.PAIRS,
    *twins.PAIRS,
    *arms.PAIRS,
    *limits.PAIRS,
    *values.PAIRS,
    *wording.PAIRS,
    *layout.PAIRS,
]
