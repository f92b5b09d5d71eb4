"""Concept sets: what the subjects of a trial's rules are, as concepts of the OMOP vocabularies.

With a user's OMOP vocabulary subjects have concept ids. Others have codes of other vocabularies only: their items have
CONCEPT_ID 0, which in OMOP is "No matching concept", the id of every record that could not be mapped. They are marked
as excluded, so that the set holds nothing until somebody looks the codes up, rather than all such records. Subjects
that have no code in any vocabulary of OMOP (critparse's own terms among them) have a set with a name and that one
concept, excluded: a place for the concepts that whoever knows the data chooses.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence

from critparse.concepts import members_of
from critparse.concepts.vocabularies.knowledge import short_names
from critparse.exports.omop.circe import ConceptSet, ConceptSetExpression, ConceptSetItem, OmopConcept
from critparse.exports.unsaid import Unsaid
from critparse.schema import Concept, Leaf

_OMOP = "OMOP"
NEEDS_VOCABULARY = "needs a vocabulary"
NEEDS_CONCEPTS = "needs concepts of your choice"
_NOTHING = ConceptSetItem(
    concept=OmopConcept(
        concept_id=0,
        concept_name="No matching concept",
        concept_code="No matching concept",
        vocabulary_id="None",
    ),
    is_excluded=True,
)
"""What stands in a set without codes, which may not be empty."""


class ConceptSets:
    """The concept sets of one cohort definition; subjects of the same concepts share one."""

    def __init__(self) -> None:
        self._ids: dict[tuple[tuple[ConceptSetItem, ...], str], int] = {}
        self._names: list[str] = []

    def of(self, leaf: Leaf) -> int:
        """The id of the set for the leaf's subject. Raises Unsaid when it has no code."""
        concepts = leaf.subject.concepts
        if not concepts:
            raise Unsaid(leaf.kind, "its words have no code")
        items, name = tuple(dict.fromkeys(_items(concepts))), concepts[0].display
        key = (items, "") if items else ((_NOTHING,), name)
        if key not in self._ids:
            self._ids[key] = len(self._ids)
            self._names.append(name)
        return self._ids[key]

    def used(self, ids: Collection[int]) -> tuple[ConceptSet, ...]:
        """The sets that criteria call."""
        return tuple(
            ConceptSet(id=id_, name=_titled(self._names[id_], items), expression=ConceptSetExpression(items=items))
            for (items, _), id_ in self._ids.items()
            if id_ in ids
        )


def need(items: Sequence[ConceptSetItem]) -> str:
    """What a set lacks to be used; "" for nothing."""
    if _NOTHING in items:
        return NEEDS_CONCEPTS
    return "" if all(item.concept.concept_id for item in items) else NEEDS_VOCABULARY


def _titled(name: str, items: Sequence[ConceptSetItem]) -> str:
    lack = need(items)
    return f"{name} ({lack})" if lack else name


def _items(concepts: Sequence[Concept]) -> Iterator[ConceptSetItem]:
    own = [concept for concept in concepts if concept.system == _OMOP and concept.code.isdecimal()]
    exact = [concept for concept in own if concept.method != "broader"]
    if own:
        for concept in exact or own:
            yield ConceptSetItem(concept=OmopConcept(concept_id=int(concept.code), concept_name=concept.display))
        return
    members = next((found for concept in concepts if (found := members_of(concept))), ())
    given = [concept for concept in concepts if concept.method != "broader"]
    for concept in (*(given or concepts), *members):
        if concept.system in _vocabularies():
            yield ConceptSetItem(concept=_by_code(concept), is_excluded=True)


def _by_code(concept: Concept) -> OmopConcept:
    return OmopConcept(
        concept_id=0,
        concept_name=concept.display,
        concept_code=concept.code,
        vocabulary_id=_vocabularies()[concept.system],
    )


@functools.cache
def _vocabularies() -> Mapping[str, str]:
    """Short names of code systems -> the names of OMOP's vocabularies."""
    return {ours: theirs for theirs, ours in short_names("athena").items()}
