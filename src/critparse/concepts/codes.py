"""From a concept of critparse's dictionary to the codes that other systems know it by."""

from __future__ import annotations

import functools

from critparse.concepts.dictionary import default_dictionary
from critparse.schema import Concept

LOCAL = "CRITPARSE"
"""The system of analytes and scores that no public vocabulary has a code for: the code is critparse's own id."""
_LOCAL_KINDS = ("ANALYTE:", "SCORE:", "TERM:")
_CROSSREF = 0.95
"""A cross-reference is a little less sure than the concept it belongs to: see docs/evaluation.md."""


@functools.lru_cache(maxsize=16384)
def codes_of(concept_id: str, method: str = "exact", score: float = 1.0) -> tuple[Concept, ...]:
    """The codes of a dictionary concept, its own first, then those of the same meaning in other systems.

    ``method`` and ``score``: how it was found and how surely. No codes for the id ``""`` and for concepts that no
    vocabulary holds. Raises KeyError for an id that the dictionary does not have.
    """
    if not concept_id:
        return ()
    concept = default_dictionary().concept(concept_id)
    own = concept.codes
    if not own and concept_id.startswith(_LOCAL_KINDS):
        own = ((LOCAL, concept_id),)
    known = set(own)
    others = [pair for pair in _crossrefs().get(concept_id, ()) if pair not in known]
    return (
        *(Concept(system=s, code=c, display=concept.name, score=score, method=method) for s, c in own),
        *(
            Concept(system=s, code=c, display=concept.name, score=round(score * _CROSSREF, 3), method="crossref")
            for s, c in others
        ),
    )


@functools.cache
def _crossrefs() -> dict[str, tuple[tuple[str, str], ...]]:
    return {}
