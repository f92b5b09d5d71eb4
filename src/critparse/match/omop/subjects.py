"""A trial's subjects with the ids that a CDM's own vocabulary has for their codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from critparse.match.omop.concepts import OMOP, Concepts
from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    Concept,
    Criterion,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Rule,
    Subject,
    Unstructured,
)

_BROADER, _MAPPED = "broader", "mapped"


def with_ids(trial: ParsedTrial, concepts: Concepts) -> ParsedTrial:
    """The trial whose subjects have ids beside their codes; ids that they have already stay as they are."""
    criteria = tuple(_criterion(criterion, concepts) for criterion in trial.criteria)
    return trial.model_copy(update={"criteria": criteria})


def _criterion(criterion: Criterion, concepts: Concepts) -> Criterion:
    children = tuple(_criterion(child, concepts) for child in criterion.children)
    return criterion.model_copy(update={"rule": _rule(criterion.rule, concepts), "children": children})


def _rule(rule: Rule, concepts: Concepts) -> Rule:
    match rule:
        case Leaf() | Unstructured():
            return rule.model_copy(update={"subject": _subject(rule.subject, concepts)})
        case AllOf() | AnyOf() | AtLeast():
            return rule.model_copy(update={"rules": tuple(_rule(member, concepts) for member in rule.rules)})
        case Not(rule=inner):
            return rule.model_copy(update={"rule": _rule(inner, concepts)})
        case IfThen(condition=condition, rule=then):
            return rule.model_copy(update={"condition": _rule(condition, concepts), "rule": _rule(then, concepts)})
        case _:
            assert_never(rule)


def _subject(subject: Subject, concepts: Concepts) -> Subject:
    given = subject.concepts
    exact = [one for one in given if one.method != _BROADER]
    ids = [one for one in exact if one.system == OMOP and one.code.isdecimal()]
    new = [] if ids else list(_found(exact, concepts))
    known = {one.code for one in given if one.system == OMOP}
    wider = concepts.wider([int(one.code) for one in (*ids, *new)])
    above = [
        Concept(system=OMOP, code=str(id_), display="", score=0.0, method=_BROADER)
        for id_ in sorted(wider)
        if str(id_) not in known
    ]
    return subject.model_copy(update={"concepts": (*new, *given, *above)}) if new or above else subject


def _found(given: list[Concept], concepts: Concepts) -> Iterator[Concept]:
    """Standard concepts of the codes: of those that are standard themselves; else of the first that maps to one."""
    targets = [(one, target) for one in given for target in concepts.standard(one.system, one.code)]
    chosen = [pair for pair in targets if pair[1].direct] or targets[:1]
    for id_, (one, target) in {target.id: (one, target) for one, target in reversed(chosen)}.items():
        method = one.method if target.direct else _MAPPED
        yield Concept(system=OMOP, code=str(id_), display=target.name, score=one.score, method=method)
