"""The entities of a criterion and their relations: what the model names, what dictionary and grammar found besides.

The policy where they meet:

* The model's entity stands wherever it has one that is likely enough (``_CLAIMED``): its place and label follow
  annotators' habits. Its words are linked; where that gives no code, a dictionary name of its kind that is the same
  words gives its concept, and one that is its head a candidate.
* What dictionary and grammar found where the model names nothing stands beside it, with the confidence given in
  ``_BESIDE``; a label without one is left to the model, and so are names too general to say much ("medications").
* Without model, dictionary and grammar stand alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from critparse.concepts.document import DocumentLinker
from critparse.nlp.annotations import ModelAnnotation
from critparse.rules.leaves import Place
from critparse.rules.state import Reading
from critparse.rules.unread import is_generic_name
from critparse.schema import Entity, Relation

_LABELS = {
    "condition": "Condition",
    "allergy": "Condition",
    "drug": "Drug",
    "procedure": "Procedure",
    "device": "Device",
    "measurement": "Measurement",
    "age": "Person",
    "sex": "Person",
}
_BESIDE = {"Drug": 0.5}
_CLAIMED = 0.1  # an entity of the model that is less likely than this is none
_ALONE = 0.6


class _Found(NamedTuple):
    """Something with a place in the criterion's words, as characters."""

    start: int
    end: int
    label: str
    concept_id: str = ""
    negated: bool = False
    confidence: float = _ALONE
    head: bool = False  # the concept is that of a part of it
    generic: bool = False


def entities_of(
    reading: Reading, model: ModelAnnotation | None, maker: EntityMaker
) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    """The entities by position, and the relations among them that the model found."""
    own = sorted(_own(reading), key=lambda found: (found.start, -found.end, found.label))
    if model is None:
        return tuple(maker.entity(found) for found in own), ()
    named = {
        number: _named(number, own, model) for number, entity in enumerate(model.entities) if entity.score >= _CLAIMED
    }
    beside = [
        found._replace(confidence=_BESIDE[found.label])
        for found in own
        if found.label in _BESIDE and not found.generic and not any(_overlap(found, other) for other in named.values())
    ]
    order = sorted([*named.values(), *beside], key=lambda found: (found.start, -found.end, found.label))
    made = {found: maker.entity(found) for found in dict.fromkeys(order)}
    relations = tuple(
        Relation(type=r.type, first=made[named[r.first]].id, second=made[named[r.second]].id, confidence=r.score)
        for r in model.relations
        if r.first in named and r.second in named
    )
    return tuple(made.values()), relations


def _named(number: int, own: Sequence[_Found], model: ModelAnnotation) -> _Found:
    """An entity of the model with the concept of the dictionary name in it."""
    place = model.entities[number]
    inside = [
        found
        for found in own
        if found.concept_id and found.label == place.label and place.start <= found.start and found.end <= place.end
    ]
    exact = next((found for found in inside if (found.start, found.end) == (place.start, place.end)), None)
    found = exact or next((found for found in reversed(inside) if found.end == place.end), None)
    negated = any(r.type == "Has_negation" and r.first == number for r in model.relations)
    negated = negated or any(f.negated and f.start < place.end and place.start < f.end for f in own)
    return _Found(
        place.start,
        place.end,
        place.label,
        found.concept_id if found else "",
        negated,
        place.score,
        exact is None,
    )


def _own(reading: Reading) -> Iterator[_Found]:
    """Every dictionary name, value, time expression, negation and qualifier."""
    starts, ends = reading.tokens.starts, reading.tokens.ends

    def found(first: int, last: int, label: str, concept_id: str = "", negated: bool = False) -> _Found:
        return _Found(starts[first], ends[last - 1], label, concept_id, negated)

    negated = {d.subject_tokens[0] for d in reading.drafts if not d.present and d.subject_tokens}
    for name in reading.names:
        label = _LABELS.get(name.kind, "Observation")
        one = found(name.first, name.last, label, name.concept_id, (name.first, name.last) in negated)
        yield one._replace(generic=is_generic_name(reading.tokens, name.first, name.last))
    timed = {id(w.limit): w for w in reading.windows if w.limit is not None}
    in_window = [(w.first, w.last) for w in reading.windows]
    for first, last in in_window:
        yield found(first, last, "Temporal")
    for limit in reading.limits:
        covered = any(first <= limit.first and limit.last <= last for first, last in in_window)
        if not covered and id(limit) not in timed and (limit.stated or limit.ucum):
            yield found(limit.first, limit.last, "Value")
    for scope in reading.negations:
        yield found(scope.cue_first, scope.cue_last, "Negation")
    for mark in reading.marks:
        if mark.kind == "qualifier":
            yield found(mark.first, mark.last, "Qualifier")


def _overlap(one: _Found, other: _Found) -> bool:
    return one.start < other.end and other.start < one.end


@dataclass(frozen=True, slots=True)
class EntityMaker:
    """Makes entities of what was found in one criterion.

    ``place`` maps its characters to spans of ``raw``; ``numbers`` gives the numbers of ids; ``context``: its words.
    """

    place: Place
    raw: str
    numbers: Iterator[int]
    linker: DocumentLinker
    context: str

    def entity(self, found: _Found) -> Entity:
        """The entity, linked to its concepts."""
        span = self.place(found.start, found.end)
        words = self.raw[span.start : span.end]
        linked = self.linker.entity(words, found.label, self.context, found.concept_id, head=found.head)
        return Entity(
            id=f"T{next(self.numbers)}",
            label=found.label,
            spans=(span,),
            text=words,
            negated=found.negated,
            confidence=found.confidence,
            concepts=linked.concepts,
            candidates=linked.candidates,
        )
