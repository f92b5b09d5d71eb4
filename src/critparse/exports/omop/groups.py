"""Putting criteria into groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from critparse.exports.omop.circe import CorelatedCriteria, CriteriaGroup, DemographicCriteria, GroupType

Part = CorelatedCriteria | DemographicCriteria | CriteriaGroup


def group(kind: GroupType, parts: Sequence[Part]) -> Part:
    """The parts under ALL or ANY, each once; a single one stands for itself, groups of the same kind are opened."""
    opened = list(dict.fromkeys(inner for part in parts for inner in _opened(part, kind)))
    return opened[0] if len(opened) == 1 else gathered(kind, opened)


def gathered(kind: GroupType, parts: Sequence[Part], count: int | None = None) -> CriteriaGroup:
    """A group of just these parts."""
    return CriteriaGroup(
        type=kind,
        count=count,
        criteria_list=tuple(part for part in parts if isinstance(part, CorelatedCriteria)),
        demographic_criteria_list=tuple(part for part in parts if isinstance(part, DemographicCriteria)),
        groups=tuple(part for part in parts if isinstance(part, CriteriaGroup)),
    )


def as_group(part: Part) -> CriteriaGroup:
    """The part as the expression of a rule."""
    return part if isinstance(part, CriteriaGroup) else gathered("ALL", [part])


def members(part: CriteriaGroup) -> Iterator[Part]:
    """What stands in the group."""
    yield from part.criteria_list
    yield from part.demographic_criteria_list
    yield from part.groups


def codesets(part: Part) -> Iterator[int]:
    """The ids of the concept sets that the part calls."""
    if isinstance(part, CriteriaGroup):
        for member in members(part):
            yield from codesets(member)
    elif isinstance(part, CorelatedCriteria):
        for name in type(part.criteria).model_fields:
            events = getattr(part.criteria, name)
            if events is not None and events.codeset_id is not None:
                yield events.codeset_id


def _opened(part: Part, kind: GroupType) -> Iterator[Part]:
    if isinstance(part, CriteriaGroup) and part.type == kind and part.count is None:
        yield from members(part)
    else:
        yield part
