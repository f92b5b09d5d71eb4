"""critparse's dictionary for scispaCy: its knowledge base and candidate generator over our names, for its linker.

scispaCy's own builder of indexes refuses current SciPy and leaves an approximate index on disk; ours is the exact
index of :mod:`critparse.concepts.ngrams`, built in memory in half a second. In any pipeline::

    import scispacy.linking
    nlp.add_pipe("scispacy_linker", config={
        "candidate_generator": {"@misc": "critparse.CandidateGenerator.v1"},
        "filter_for_definitions": False,
    })

links its entities to ids such as ``MESH:D003924``. This module is imported by nothing else: scispaCy brings
scikit-learn with it, which takes over a second to import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from critparse.concepts.dictionary import default_dictionary
from critparse.concepts.linker import default_linker
from critparse.concepts.ngrams import DIMENSIONS, NgramIndex

if TYPE_CHECKING:
    from scispacy.candidate_generation import CandidateGenerator
    from scispacy.linking_utils import KnowledgeBase


class Vectorizer:
    """Texts as rows of trigrams, in the place of scikit-learn's vectorizer."""

    def __init__(self, index: NgramIndex) -> None:
        self._index = index

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """One row a text, one column a trigram."""
        rows = [self._index.encode(text.lower()) for text in texts]
        columns = np.concatenate(rows) if rows else np.empty(0, dtype=np.uint16)
        starts = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
        return csr_matrix((np.ones(len(columns), dtype=np.float32), columns, starts), shape=(len(rows), DIMENSIONS))


class ExactIndex:
    """An index that answers as nmslib's do: (numbers, distances) of the nearest names of each row."""

    def __init__(self, index: NgramIndex) -> None:
        self._index = index

    def knnQueryBatch(  # noqa: N802  nmslib's name
        self, vectors: csr_matrix, k: int
    ) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
        """The ``k`` nearest names of every row; distance is one minus the cosine."""
        answers = []
        for row in range(vectors.shape[0]):
            codes = vectors.indices[vectors.indptr[row] : vectors.indptr[row + 1]]
            found = self._index.nearest(np.sort(codes).astype(np.uint16), k)
            numbers = np.array([number for number, _ in found], dtype=np.int64)
            answers.append((numbers, np.array([1.0 - cosine for _, cosine in found])))
        return answers


def knowledge_base() -> KnowledgeBase:
    """Our concepts as scispaCy's knowledge base: id, name, aliases; the label stands as its only type."""
    from scispacy.linking_utils import Entity, KnowledgeBase

    dictionary = default_dictionary()
    aliases: dict[str, list[str]] = defaultdict(list)
    for name, ids in dictionary.all_names():
        for concept_id in ids:
            aliases[concept_id].append(name)
    concepts = ((concept_id, dictionary.concept(concept_id)) for concept_id in sorted(aliases))
    return KnowledgeBase(
        Entity(concept_id, concept.name, aliases[concept_id], [concept.label]) for concept_id, concept in concepts
    )


def candidate_generator() -> CandidateGenerator:
    """ScispaCy's candidate generator over our names."""
    from scispacy.candidate_generation import CandidateGenerator

    similar = default_linker().similar
    arguments: dict[str, Any] = {
        "ann_index": ExactIndex(similar.index),
        "tfidf_vectorizer": Vectorizer(similar.index),
        "ann_concept_aliases_list": similar.names,
        "kb": knowledge_base(),
    }
    return CandidateGenerator(**arguments)
