"""The registry's own fields, in words."""

from __future__ import annotations

from critparse.schema import AgeLimit, ParsedTrial


def registry_facts(trial: ParsedTrial) -> dict[str, str]:
    """What the fields say, by name; fields that few records have are left out where they are empty."""
    registry = trial.registry
    facts = {
        "format": trial.source_format,
        "ages": f"{_age(registry.minimum_age, 'no minimum')} to {_age(registry.maximum_age, 'no maximum')}",
        "sex": registry.sex or "not given",
        "healthy volunteers": {None: "not given", True: "yes", False: "no"}[registry.healthy_volunteers],
        "enrollment": "" if registry.enrollment is None else str(registry.enrollment),
        "phase": registry.phase or "",
        "conditions": ", ".join(registry.conditions),
    }
    return {name: value for name, value in facts.items() if value}


def _age(age: AgeLimit | None, absent: str) -> str:
    if age is None:
        return absent
    return f"{age.value:g} {age.unit.removesuffix('s') if age.value == 1 else age.unit}"
