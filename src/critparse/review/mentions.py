"""Entities of a criterion, as curators change them; the statements about an entity follow it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from critparse.errors import InvalidEdit
from critparse.schema import AllOf, AnyOf, AtLeast, Concept, Criterion, Entity, IfThen, Leaf, Not, Rule, Span, Subject

METHOD = "annotator"
"""How a code that curators give was found (docs/concepts.md)."""
Offsets = Sequence[tuple[int, int]]


def respanned(criterion: Criterion, id: str, offsets: Offsets, text: str) -> Criterion:
    """Other words for an entity; it is certain from now on."""
    old = entity(criterion, id)
    spans, words = _placed(criterion, offsets, text)
    return _with(criterion, old, old.model_copy(update={"spans": spans, "text": words, "confidence": 1.0}))


def mentioned(criterion: Criterion, new: Entity) -> Criterion:
    """A new entity in the order of the text, or the one of the same id changed."""
    old = next((one for one in criterion.entities if one.id == new.id), None)
    if old is not None:
        kept = {"concepts": old.concepts, "candidates": old.candidates, "attributes": old.attributes}
        return _with(criterion, old, new.model_copy(update=kept if old.label == new.label else {}))
    entities = sorted((*criterion.entities, new), key=lambda one: one.spans[0].start)
    return criterion.model_copy(update={"entities": tuple(entities)})


def made(criterion: Criterion, id: str, label: str, offsets: Offsets, text: str) -> Entity:
    """An entity of a criterion, at these offsets."""
    spans, words = _placed(criterion, offsets, text)
    return Entity(id=id, label=label, spans=spans, text=words)


def coded(criterion: Criterion, id: str, codes: Sequence[tuple[str, str, str]]) -> Criterion:
    """Other codes for an entity and for what its statements are about."""
    old = entity(criterion, id)
    concepts = tuple(
        Concept(system=system, code=code, display=display, score=1.0, method=METHOD) for system, code, display in codes
    )
    return _with(criterion, old, old.model_copy(update={"concepts": concepts, "candidates": ()}))


def removed(criterion: Criterion, id: str) -> Criterion:
    """The criterion without an entity, and without relations to it."""
    entity(criterion, id)
    update = {
        "entities": tuple(one for one in criterion.entities if one.id != id),
        "relations": tuple(one for one in criterion.relations if id not in {one.first, one.second}),
    }
    return criterion.model_copy(update=update)


def entity(criterion: Criterion, id: str) -> Entity:
    """The entity with this id.

    Raises:
        InvalidEdit: the criterion has none.
    """
    found = next((one for one in criterion.entities if one.id == id), None)
    if found is None:
        raise InvalidEdit(reason=f"{criterion.id} has no entity {id}")
    return found


def about(rule: Rule, spans: tuple[Span, ...], change: Callable[[Subject], Subject]) -> Rule:
    """The rule with the subjects changed that stand at just these spans."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules) | AtLeast(rules=rules):
            return rule.model_copy(update={"rules": tuple(about(one, spans, change) for one in rules)})
        case Not(rule=inner):
            return rule.model_copy(update={"rule": about(inner, spans, change)})
        case IfThen(condition=condition, rule=then):
            update = {"condition": about(condition, spans, change), "rule": about(then, spans, change)}
            return rule.model_copy(update=update)
        case Leaf(subject=subject) if subject.spans == spans:
            return rule.model_copy(update={"subject": change(subject)})
        case _:
            return rule


def _with(criterion: Criterion, old: Entity, new: Entity) -> Criterion:
    """The criterion with an entity changed, and with it the statements about it."""

    def follow(subject: Subject) -> Subject:
        update: dict[str, object] = {}
        if new.spans != old.spans:
            update |= {"spans": new.spans, "text": new.text}
        if new.concepts != old.concepts:
            update["concepts"] = new.concepts
        return subject.model_copy(update=update)

    entities = tuple(new if one.id == old.id else one for one in criterion.entities)
    return criterion.model_copy(update={"entities": entities, "rule": about(criterion.rule, old.spans, follow)})


def _placed(criterion: Criterion, offsets: Offsets, text: str) -> tuple[tuple[Span, ...], str]:
    """Offsets as spans, with their words.

    Raises:
        InvalidEdit: they are no places in the criterion, one behind the other.
    """
    own, last = criterion.span, criterion.span.start
    for start, end in offsets:
        if not last <= start < end <= own.end:
            raise InvalidEdit(reason=f"{start} to {end} is no place in {criterion.id} ({own.start} to {own.end})")
        last = end
    spans = tuple(Span(text_id=own.text_id, start=start, end=end) for start, end in offsets)
    return spans, " ".join(text[start:end] for start, end in offsets)
