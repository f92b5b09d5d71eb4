"""Linking within one document: its own abbreviations, what the dictionary already knows, the user's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from critparse.concepts.codes import codes_of
from critparse.concepts.linker import MAX_CANDIDATES, default_linker
from critparse.concepts.wording import wording
from critparse.schema import Concept, Linked

if TYPE_CHECKING:
    from critparse.concepts.vocabularies import VocabularyLike

LABELS = frozenset(("Condition", "Drug", "Procedure", "Device", "Measurement", "Observation"))
"""Labels of entities that have concepts; values, times and qualifiers have none."""
_HEAD = 0.5
_LABEL_OF_KIND = {
    "condition": "Condition",
    "drug": "Drug",
    "procedure": "Procedure",
    "device": "Device",
    "measurement": "Measurement",
    "observation": "Observation",
    "reproductive": "Observation",
    "allergy": None,
}


@dataclass(frozen=True, slots=True)
class DocumentLinker:
    """Links the mentions of one document.

    ``definitions``: its short forms with their long forms; ``vocabulary``: the user's own, whose codes go first;
    ``given``: what people say certain mentions are linked to, by their words as :func:`folded`: that stands.
    """

    definitions: Mapping[str, str] = field(default_factory=dict)
    vocabulary: VocabularyLike | None = None
    given: Mapping[str, tuple[Concept, ...]] = field(default_factory=dict)

    def entity(self, words: str, label: str, context: str, known: str = "", *, head: bool = False) -> Linked:
        """The concepts of an entity, or candidates.

        ``known``: the id of the concept that the dictionary found at this place; with ``head``, at a part of it only:
        then it is broader than the entity and no more than a candidate.
        """
        if label not in LABELS:
            return Linked(text=words, label=label)
        if (given := self.given.get(folded(words))) is not None:
            return Linked(text=words, label=label, concepts=given)
        wide = label == "Observation"
        linked = self.mention(words, label, context, candidates=not wide)
        if linked.concepts or not known or wide:
            return linked
        if not head:
            return Linked(text=words, label=label, concepts=self._known(words, label, known))
        codes = codes_of(known, "head", _HEAD)[:1]
        others = [
            c for c in linked.candidates if (c.system, c.code) not in {(head.system, head.code) for head in codes}
        ]
        return linked.model_copy(update={"candidates": (*codes, *others)[:MAX_CANDIDATES]})

    def subject(
        self, words: str, kind: str, context: str, known: str = "", *, part: bool = False
    ) -> tuple[Concept, ...]:
        """The concepts of the subject of a rule's leaf; ``part``: ``known`` is the concept of a part of ``words``."""
        if (given := self.given.get(folded(words))) is not None:
            return given
        label = _LABEL_OF_KIND.get(kind)
        if kind in _LABEL_OF_KIND and words:
            linked = self.mention(words, label, context, candidates=False)
            if linked.concepts:
                return linked.concepts
        return () if part else self._known(words, label, known)

    def mention(self, words: str, label: str | None, context: str, *, candidates: bool) -> Linked:
        """What a mention is linked to by its words."""
        linked = default_linker().link(
            words, label=label, context=context, definitions=self.definitions, candidates=candidates
        )
        if self.vocabulary is None:
            return linked
        concepts = self._with_vocabulary(words, label, linked.concepts)
        return Linked(text=words, label=label, concepts=concepts) if concepts else linked

    def _known(self, words: str, label: str | None, concept_id: str) -> tuple[Concept, ...]:
        """The codes of a concept that the dictionary knows."""
        codes = () if concept_id in wording().void else codes_of(concept_id)
        return codes if self.vocabulary is None or not codes else self._with_vocabulary(words, label, codes)

    def _with_vocabulary(self, words: str, label: str | None, found: tuple[Concept, ...]) -> tuple[Concept, ...]:
        """What the user's vocabulary says of a mention, then what critparse found."""
        from critparse.concepts.vocabularies import link

        assert self.vocabulary is not None
        return (*link(self.vocabulary, words, label, found), *found)


def folded(words: str) -> str:
    """Words as :attr:`DocumentLinker.given` has them: in lower case, white space as single blanks."""
    return " ".join(words.split()).casefold()


def link(text: str, *, label: str | None = None, context: str = "", vocabulary: VocabularyLike | None = None) -> Linked:
    """Link one mention by itself: ``link("T2DM").concepts[0].code`` is ``"D003924"``.

    Without a code, the candidates of critparse and of ``vocabulary`` are given. Arguments as for
    :meth:`critparse.concepts.linker.Linker.link`.
    """
    linked = DocumentLinker(vocabulary=vocabulary).mention(text, label, context, candidates=True)
    if vocabulary is None or linked.concepts:
        return linked
    similar = [concept for hit in vocabulary.candidates(text, MAX_CANDIDATES, label) for concept in hit.concepts()[:1]]
    best = sorted((*linked.candidates, *similar), key=lambda concept: -concept.score)
    return linked.model_copy(update={"candidates": tuple(best[: 2 * MAX_CANDIDATES])})
