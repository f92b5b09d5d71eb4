"""From a concept of critparse's dictionary to the codes that other systems know it by."""

from __future__ import annotations

import functools

from critparse.concepts.classes import classes_of, members
from critparse.concepts.dictionary import default_dictionary
from critparse.lexicon import default_lexicon
from critparse.lexicon.tables import Analyte, Score
from critparse.schema import Concept

LOCAL = "CRITPARSE"
"""The system of critparse's own ids: analytes and scores have one besides a public code, some terms have only that."""
_LOCAL_KINDS = ("ANALYTE:", "SCORE:", "TERM:")
_MEASURED = _LOCAL_KINDS[:2]
_BROADER = 0.7
_CROSSREF = 0.95
"""A cross-reference is a little less sure than the concept it belongs to: see docs/evaluation.md."""


@functools.lru_cache(maxsize=16384)
def codes_of(concept_id: str, method: str = "exact", score: float = 1.0) -> tuple[Concept, ...]:
    """The codes of a dictionary concept, its own first, then those of the same meaning in other systems.

    A class of drugs that no public vocabulary has ("strong CYP3A4 inhibitors") also gets the code of the smallest class
    around it that has one, marked ``broader``. ``method`` and ``score``: how it was found and how surely. No codes for
    the id ``""`` and for concepts that no vocabulary holds. Raises KeyError for an id that is not in the dictionary.
    """
    if not concept_id:
        return ()
    concept = default_dictionary().concept(concept_id)
    own = concept.codes
    if not own and concept_id.startswith(_LOCAL_KINDS):
        own = ((LOCAL, concept_id),)
    known = set(own)
    measured = [(LOCAL, concept_id)] if concept_id.startswith(_MEASURED) and (LOCAL, concept_id) not in own else []
    others = [pair for pair in default_lexicon().crossrefs(concept_id) if pair not in known]
    return (
        *(Concept(system=s, code=c, display=concept.name, score=score, method=method) for s, c in own),
        *(Concept(system=s, code=c, display=concept.name, score=score, method=method) for s, c in measured),
        *(_broader(concept_id, score) if own and own[0][0] == LOCAL else ()),
        *(
            Concept(system=s, code=c, display=concept.name, score=round(score * _CROSSREF, 3), method="crossref")
            for s, c in others
        ),
    )


def _broader(concept_id: str, score: float) -> tuple[Concept, ...]:
    """The first code of the smallest class with a public code that a class of drugs lies in."""
    around = next((found for found in classes_of(concept_id) if found.codes), None)
    if around is None:
        return ()
    system, code = around.codes[0]
    return (Concept(system=system, code=code, display=around.name, score=round(score * _BROADER, 3), method="broader"),)


def members_of(concept: Concept) -> tuple[Concept, ...]:
    """The drugs of a class of drugs, each by its first code, in order of their names; () for what is no class.

    A class that has more members than can be listed (herbal medicines) gives those that are listed.
    """
    found = members(concept.code if ":" in concept.code else f"{concept.system}:{concept.code}")
    codes = (codes_of(member.id, "member", concept.score)[:1] for member in found)
    return tuple(code for first in codes for code in first)


def measured_as(concept: Concept) -> str:
    """What is known of an analyte or score by critparse's own id of it, in words; "" for any other concept.

    Of an analyte the specimen, the UCUM unit and the plausible range in it; of a score its ends and its direction.
    """
    if concept.system != LOCAL or not concept.code.startswith(_MEASURED):
        return ""
    row = default_dictionary().concept(concept.code).row
    if isinstance(row, Analyte):
        plausible = f"{row.low:g} to {row.high:g}" if row.low is not None and row.high is not None else ""
        return ", ".join(filter(None, (row.specimen, row.unit, plausible)))
    if isinstance(row, Score):
        ends = f"{row.low:g} to {row.high:g}" if row.low is not None and row.high is not None else ""
        return ", ".join(filter(None, (ends, row.direction.replace("-", " is "))))
    return ""
