"""Users' own vocabularies: OMOP (Athena), UMLS and RxNorm (RRF), tables (CSV), linkers of scispaCy."""

from __future__ import annotations

from critparse.concepts.vocabularies.linking import link
from critparse.concepts.vocabularies.model import VocabularyConcept, VocabularyHit, VocabularyLike, as_concepts
from critparse.concepts.vocabularies.resolving import resolve
from critparse.concepts.vocabularies.vocabulary import Vocabulary

__all__ = [
    "Vocabulary",
    "VocabularyConcept",
    "VocabularyHit",
    "VocabularyLike",
    "as_concepts",
    "link",
    "resolve",
]
