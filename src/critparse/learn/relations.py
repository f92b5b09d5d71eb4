"""How well relations between entities are found: those of Chia, with annotated entities and with entities as parsed.

A relation is right when its type is right and both its ends are exactly annotated entities (place and type). A group
("a, b or c") counts as a chain of neighbours in the order of the text; ``OR`` has no direction. Every relation of the
types listed in ``RELATIONS`` between entities of the 15 types is gold, also where an end has gaps or lies on another
line, which critparse never finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from critparse.learn.brat import Source, read_annotations
from critparse.learn.entities import parsed
from critparse.learn.examples import CHIA_TYPES, RELATIONS, pairs
from critparse.learn.scoring import Found, rates
from critparse.nlp.encoder.model import Model
from critparse.nlp.encoder.relations import SYMMETRIC


class Related(NamedTuple):
    """A relation between two entities."""

    type: str
    first: Found
    second: Found


@dataclass(slots=True)
class RelationScore:
    """Counts of relations in all and by type."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, gold: set[Related], predicted: set[Related], lost: Iterable[str]) -> None:
        """Count one text; ``lost``: the types of gold relations that stand in no set because an end has gaps."""
        gold, predicted = _canonical(gold), _canonical(predicted)
        for group, relations in (("gold", gold), ("predicted", predicted), ("right", gold & predicted)):
            for relation in relations:
                self._count(relation.type, group)
        for type_ in lost:
            self._count(type_, "gold")

    def _count(self, type_: str, group: str) -> None:
        for key in ("all", type_):
            self.counts.setdefault(key, Counter())[group] += 1

    def summary(self) -> dict[str, Any]:
        """Precision, recall and F1 in all, and F1 by type with its gold count."""
        figures = {key: rates(c["right"], c["predicted"], c["right"], c["gold"]) for key, c in self.counts.items()}
        return {
            "gold": self.counts["all"]["gold"] if "all" in self.counts else 0,
            "micro": figures.pop("all", rates(0, 0, 0, 0)),
            "by_type": {
                type_: {"gold": self.counts[type_]["gold"], "f1": figures[type_]["f1"]}
                for type_ in RELATIONS
                if type_ in figures
            },
        }


def _canonical(relations: set[Related]) -> set[Related]:
    return {Related(r.type, r.second, r.first) if r.type == SYMMETRIC and r.second < r.first else r for r in relations}


def annotated(source: Source) -> tuple[list[Found], set[Related], list[str]]:
    """Entities without gaps by position, relations among them, and the types of those that have an end with gaps."""
    annotations = read_annotations(source)
    mentions = [m for m in annotations.mentions if m.type in CHIA_TYPES]
    known = {m.id: None if m.broken else Found(m.start, m.end, m.type) for m in mentions}
    relations: set[Related] = set()
    lost = []
    for type_, one, other in pairs(annotations):
        if type_ in RELATIONS and one in known and other in known:
            first, second = known[one], known[other]
            if first is None or second is None:
                lost.append(type_)
            elif first != second:
                relations.add(Related(type_, first, second))
    return sorted({found for found in known.values() if found}), relations, lost


def score_relations(sources: Iterable[Source]) -> RelationScore:
    """Relations end to end: of a whole parse, its own entities and all."""
    score = RelationScore()
    for source in sources:
        trial = parsed(source, model=True)
        predicted = set()
        for criterion in trial.walk() if trial else ():
            places = {e.id: Found(e.spans[0].start, e.spans[0].end, e.label) for e in criterion.entities}
            predicted |= {Related(r.type, places[r.first], places[r.second]) for r in criterion.relations}
        _, gold, lost = annotated(source)
        score.add(gold, predicted, lost)
    return score


def score_given(sources: Iterable[Source], model: Model) -> RelationScore:
    """Relations among annotated entities, line by line."""
    score = RelationScore()
    for source in sources:
        entities, gold, lost = annotated(source)
        predicted: set[Related] = set()
        start = 0
        for line in source.text.splitlines(keepends=True):
            end = start + len(line)
            inside = [entity for entity in entities if start <= entity.start and entity.end <= end]
            if len(inside) > 1:
                given = [(entity.start - start, entity.end - start, entity.type) for entity in inside]
                for relation in model.relate(line, given):
                    predicted.add(Related(relation.type, inside[relation.first], inside[relation.second]))
            start = end
        score.add(gold, predicted, lost)
    return score
