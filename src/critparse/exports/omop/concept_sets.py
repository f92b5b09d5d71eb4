"""Concept sets: what the subjects of a trial's rules are, as concepts of the OMOP vocabularies.

With a user's OMOP vocabulary subjects have concept ids. Others have codes of other vocabularies only: their items have
CONCEPT_ID 0, which in OMOP is "No matching concept", the id of every record that could not be mapped. They are marked
as excluded, so that the set holds nothing until somebody looks the codes up, rather than all such records.
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


class ConceptSets:
    """The concept sets of one cohort definition; subjects of the same concepts share one."""

    def __init__(self) -> None:
        self._ids: dict[tuple[ConceptSetItem, ...], int] = {}
        self._names: list[str] = []

    def of(self, leaf: Leaf) -> int:
        """The id of the set for the leaf's subject. Raises Unsaid when it has no code."""
        concepts = leaf.subject.concepts
        if not concepts:
            raise Unsaid(leaf.kind, "its words have no code")
        items = tuple(dict.fromkeys(_items(concepts)))
        if items not in self._ids:
            self._ids[items] = len(self._ids)
            self._names.append(concepts[0].display)
        return self._ids[items]

    def used(self, ids: Collection[int]) -> tuple[ConceptSet, ...]:
        """The sets that criteria call."""
        return tuple(
            ConceptSet(id=id_, name=self._name(id_, items), expression=ConceptSetExpression(items=items))
            for items, id_ in self._ids.items()
            if id_ in ids
        )

    def _name(self, id_: int, items: Sequence[ConceptSetItem]) -> str:
        return self._names[id_] if is_resolved(items) else f"{self._names[id_]} ({NEEDS_VOCABULARY})"


def is_resolved(items: Sequence[ConceptSetItem]) -> bool:
    """Whether the items have concept ids."""
    return all(item.concept.concept_id for item in items)


def _items(concepts: Sequence[Concept]) -> Iterator[ConceptSetItem]:
    own = [concept for concept in concepts if concept.system == _OMOP and concept.code.isdecimal()]
    exact = [concept for concept in own if concept.method != "broader"]
    if own:
        for concept in exact or own:
            yield ConceptSetItem(concept=OmopConcept(concept_id=int(concept.code), concept_name=concept.display))
        return
    members = next((found for concept in concepts if (found := members_of(concept))), ())
    for concept in (*_known(concepts), *members):
        yield ConceptSetItem(concept=_by_code(concept), is_excluded=True)


def _known(concepts: Sequence[Concept]) -> Sequence[Concept]:
    """The codes of vocabularies that OMOP has; if there are none, the best code."""
    exact = [concept for concept in concepts if concept.method != "broader"] or list(concepts)
    return [concept for concept in exact if concept.system in _vocabularies()] or exact[:1]


def _by_code(concept: Concept) -> OmopConcept:
    return OmopConcept(
        concept_id=0,
        concept_name=concept.display,
        concept_code=concept.code,
        vocabulary_id=_vocabularies().get(concept.system, concept.system),
    )


@functools.cache
def _vocabularies() -> Mapping[str, str]:
    """Short names of code systems -> the names of OMOP's vocabularies."""
    return {ours: theirs for theirs, ours in short_names("athena").items()}
