"""Linking within one document: its own abbreviations, what the dictionary already knows, the user's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from critparse.concepts.codes import codes_of
from critparse.concepts.linker import MAX_CANDIDATES, default_linker
from critparse.schema import Concept, Linked

LABELS = frozenset(("Condition", "Drug", "Procedure", "Device", "Measurement", "Observation"))
"""Labels of entities that have concepts; values, times and qualifiers have none."""
_MEASURED = ("ANALYTE:", "SCORE:")
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
    """Links the mentions of one document. ``definitions``: its short forms with their long forms."""

    definitions: Mapping[str, str] = field(default_factory=dict)

    def entity(self, words: str, label: str, context: str, known: str = "", *, head: bool = False) -> Linked:
        """The concepts of an entity, or candidates.

        ``known``: the id of the concept that the dictionary found at this place; with ``head``, at a part of it only:
        then it is broader than the entity and no more than a candidate.
        """
        if label not in LABELS:
            return Linked(text=words, label=label)
        if known.startswith(_MEASURED) and not head:
            return Linked(text=words, label=label, concepts=codes_of(known))
        wide = label == "Observation"
        linked = self._link(words, label, context, candidates=not wide)
        if linked.concepts or not known or wide:
            return linked
        codes = codes_of(known, "head", _HEAD) if head else codes_of(known)
        if not head:
            return Linked(text=words, label=label, concepts=codes)
        others = [c for c in linked.candidates if not codes or (c.system, c.code) != (codes[0].system, codes[0].code)]
        return linked.model_copy(update={"candidates": (*codes[:1], *others)[:MAX_CANDIDATES]})

    def subject(
        self, words: str, kind: str, context: str, known: str = "", *, part: bool = False
    ) -> tuple[Concept, ...]:
        """The concepts of the subject of a rule's leaf; ``part``: ``known`` is the concept of a part of ``words``."""
        if known.startswith(_MEASURED) and not part:
            return codes_of(known)
        if kind in _LABEL_OF_KIND and words:
            linked = self._link(words, _LABEL_OF_KIND[kind], context, candidates=False)
            if linked.concepts:
                return linked.concepts
        return () if part else codes_of(known)

    def _link(self, words: str, label: str | None, context: str, *, candidates: bool) -> Linked:
        return default_linker().link(
            words, label=label, context=context, definitions=self.definitions, candidates=candidates
        )
