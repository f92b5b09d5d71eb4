"""How well entities agree with annotated ones: strict and relaxed micro F1, as ``score_entities.py`` counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Found(NamedTuple):
    """An entity: characters ``start`` to ``end`` of a text, and its type."""

    start: int
    end: int
    type: str


def rates(right: int, predicted: int, found: int, gold: int) -> dict[str, float]:
    """Precision, recall and their harmonic mean, rounded to four digits."""
    precision = right / predicted if predicted else 0.0
    recall = found / gold if gold else 0.0
    mean = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(mean, 4)}


def flatten(entities: Iterable[Found]) -> set[Found]:
    """The entities without overlaps: the longest stays, of equally long ones the earlier."""
    kept: list[Found] = []
    for entity in sorted(entities, key=lambda e: (e.start - e.end, e.start)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return set(kept)


@dataclass(slots=True)
class EntityScore:
    """Counts over texts. strict: same type and place; relaxed: same type and a character in common."""

    counts: Counter[str] = field(default_factory=Counter)
    by_type: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, gold: set[Found], predicted: set[Found]) -> None:
        """Count one text (or line) whose entities do not overlap."""
        for entity in predicted:
            exact, touched = entity in gold, _touches(entity, gold)
            for counts in (self.counts, self._type(entity.type)):
                counts["predicted"] += 1
                counts["exact"] += exact
                counts["touching"] += touched
        for entity in gold:
            touched = _touches(entity, predicted)
            for counts in (self.counts, self._type(entity.type)):
                counts["gold"] += 1
                counts["touched"] += touched

    def _type(self, type_: str) -> Counter[str]:
        return self.by_type.setdefault(type_, Counter())

    @staticmethod
    def _strict(counts: Counter[str]) -> dict[str, float]:
        return rates(counts["exact"], counts["predicted"], counts["exact"], counts["gold"])

    @staticmethod
    def _relaxed(counts: Counter[str]) -> dict[str, float]:
        return rates(counts["touching"], counts["predicted"], counts["touched"], counts["gold"])

    def summary(self) -> dict[str, Any]:
        """The figures in all and for each type, commonest first."""
        types = sorted(self.by_type.items(), key=lambda item: -item[1]["gold"])
        return {
            "gold": self.counts["gold"],
            "predicted": self.counts["predicted"],
            "strict": self._strict(self.counts),
            "relaxed": self._relaxed(self.counts),
            "by_type": {
                type_: {
                    "gold": counts["gold"],
                    "strict_f1": self._strict(counts)["f1"],
                    "relaxed_f1": self._relaxed(counts)["f1"],
                }
                for type_, counts in types
            },
        }


def _touches(entity: Found, others: set[Found]) -> bool:
    return any(entity.type == o.type and entity.start < o.end and o.start < entity.end for o in others)
