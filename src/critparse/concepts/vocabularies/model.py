"""What a vocabulary answers with, and what every vocabulary can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from critparse.schema import Concept

Method = Literal["vocabulary", "mapped"]
NAMED: Method = "vocabulary"
MAPPED: Method = "mapped"


@dataclass(frozen=True, slots=True)
class VocabularyConcept:
    """A concept of a user's vocabulary.

    ``codes``: (system, code), best first; standard concepts of OMOP vocabularies begin with ("OMOP", concept_id).
    ``domain``: its kind as the source names it, "" when the source does not say. ``standard``: others map to it.
    """

    id: int
    name: str
    codes: tuple[tuple[str, str], ...]
    domain: str
    standard: bool


@dataclass(frozen=True, slots=True)
class VocabularyHit:
    """A concept found. ``matched``: the name it was found by; ``score`` from 0 to 1.

    ``method``: ``vocabulary`` when the concept has that name or code, ``mapped`` when one that has it maps to this one.
    """

    concept: VocabularyConcept
    score: float
    method: Method
    matched: str

    def concepts(self) -> tuple[Concept, ...]:
        """As concepts of the document, one for each code."""
        return tuple(
            Concept(system=system, code=code, display=self.concept.name, score=self.score, method=self.method)
            for system, code in self.concept.codes
        )


class VocabularyLike(Protocol):
    """What linking needs of a vocabulary; labels are those of entities (Condition, Drug …), None: any."""

    @property
    def name(self) -> str:
        """What the vocabulary is called in messages."""

    def lookup(self, text: str, label: str | None = None) -> list[VocabularyHit]:
        """The concepts that have this name, standard ones first."""

    def by_code(self, system: str, code: str) -> list[VocabularyHit]:
        """The standard concepts of a code, by its own or by mapping."""

    def candidates(self, text: str, limit: int = 10, label: str | None = None) -> list[VocabularyHit]:
        """Concepts with a similar name, best first: for people to choose from."""


def as_concepts(hits: Iterable[VocabularyHit]) -> tuple[Concept, ...]:
    """The codes of all hits in their order, each once."""
    found: dict[tuple[str, str], Concept] = {}
    for hit in hits:
        for concept in hit.concepts():
            found.setdefault((concept.system, concept.code), concept)
    return tuple(found.values())
