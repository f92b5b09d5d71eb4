"""How sure a finding is: how often such findings proved right when they were read by hand (``check_rates.tsv``)."""

from __future__ import annotations

import functools

from critparse.lexicon.resources import data_rows
from critparse.schema import Severity

_FEWEST = 10
"""Findings that must have been read before their share says anything."""


def confidence(code: str, severity: Severity) -> float | None:
    """The share of findings of a check, at a severity, that can be expected to be right; ``None``: too few were read.

    (right + 1) / (read + 2): the estimate of Laplace, which nothing that was read can bring to certainty.
    """
    read, true = _rates().get((code, severity), (0, 0))
    return round((true + 1) / (read + 2), 2) if read >= _FEWEST else None


@functools.cache
def _rates() -> dict[tuple[str, str], tuple[int, int]]:
    rows = data_rows("check_rates.tsv", ("code", "severity", "read", "true"))
    return {(row["code"], row["severity"]): (int(row["read"]), int(row["true"])) for row in rows}
