"""Several cohort definitions in one file: Circe's JSON has no place for a trial's number, so that each gets a name."""

from __future__ import annotations

from typing import Any

from critparse.schema import ParsedTrial


def in_a_line(trial: ParsedTrial, expression: Any) -> dict[str, Any]:
    """The definition as OHDSI's WebAPI takes it (``POST /cohortdefinition``), named after the trial."""
    parts = [part for part in (trial.trial_id, trial.title) if part]
    name = ": ".join(parts) or "Trial without id or title"
    return {"name": name, "expressionType": "SIMPLE_EXPRESSION", "expression": expression}
