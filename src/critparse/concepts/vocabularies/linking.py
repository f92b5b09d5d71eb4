"""Linking through a user's vocabulary: the codes that critparse has found, else the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from critparse.concepts.vocabularies import knowledge
from critparse.concepts.vocabularies.model import MAPPED, VocabularyHit, VocabularyLike, as_concepts
from critparse.schema import Concept


def link(vocabulary: VocabularyLike, text: str, label: str | None, found: Sequence[Concept]) -> tuple[Concept, ...]:
    """What the vocabulary adds to a mention, best first.

    ``found``: the codes of the one concept that critparse has linked the mention to, best first (no candidates of
    other concepts). What these codes stand for in the vocabulary comes with the method ``mapped`` and the score of the
    code; where there is nothing, the concepts that ``text`` is a name of, as ``lookup`` gives them. Codes that are in
    ``found`` are not given again. A few indexed queries; answers are remembered.
    """
    hits = _by_codes(vocabulary, label, found) or vocabulary.lookup(text, label)
    known = {(concept.system, concept.code) for concept in found}
    return tuple(concept for concept in as_concepts(hits) if (concept.system, concept.code) not in known)


def _by_codes(vocabulary: VocabularyLike, label: str | None, found: Sequence[Concept]) -> list[VocabularyHit]:
    """Those that suit the label, where any does: a code may stand for a disease and for its diagnosis by a test."""
    hits: dict[int, VocabularyHit] = {}
    for concept in found:
        for hit in vocabulary.by_code(concept.system, concept.code):
            hits.setdefault(hit.concept.id, replace(hit, score=concept.score, method=MAPPED))
    suiting = [hit for hit in hits.values() if knowledge.agreement(hit.concept.domain, label) > 0]
    return suiting or list(hits.values())
