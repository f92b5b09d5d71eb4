"""Evidence as people read it: the words, what stands around them, and where that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from critparse.checks.facts import LIST, Facts
from critparse.schema import Criterion, Evidence, FieldEvidence, ParsedTrial, SourceText, Span, SpanEvidence
from critparse.sources.clean import guessed, markdown

CONTEXT = 160
"""Characters shown before and after a passage, at most; its criterion bounds them too."""
_LONG = 900
"""Of a longer passage, the beginning and the end are shown."""


class Quote(NamedTuple):
    """A passage with what stands around it, escapes of the source undone. ``…`` stands for what is left out.

    ``given``: the words as they stand in the source, escapes and broken characters included.
    """

    before: str
    words: str
    after: str
    given: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of evidence. ``criterion`` is the innermost one that holds it; a registry field is in none."""

    evidence: Evidence
    place: str
    criterion: Criterion | None
    quote: Quote

    @property
    def where(self) -> str:
        """The place with the criterion's id: "Eligibility, I3"; "registry field minimum_age"."""
        return f"{self.place}, {self.criterion.id}" if self.criterion else self.place

    @property
    def field(self) -> str | None:
        """The name of the registry field, if it is one."""
        return self.evidence.field if isinstance(self.evidence, FieldEvidence) else None

    @property
    def side(self) -> int:
        """0 for registry fields, 1 for the list of criteria, 2 for the narrative."""
        return 0 if isinstance(self.evidence, FieldEvidence) else 1 if self.evidence.text_id == LIST else 2


class Passages:
    """The passages of one trial; each takes a time that does not depend on the size of the record."""

    def __init__(self, trial: ParsedTrial) -> None:
        self._texts = {text.id: text for text in trial.texts}
        self._facts = Facts(trial)

    def of(self, evidence: Evidence) -> Passage:
        """The passage of a piece of evidence."""
        if isinstance(evidence, FieldEvidence):
            return Passage(
                evidence, f"registry field {evidence.field}", None, Quote("", evidence.value, "", evidence.value)
            )
        text = self._texts[evidence.text_id]
        owner = self.owner(evidence)
        return Passage(evidence, text.label, owner, _quote(text, evidence, owner))

    def owner(self, evidence: SpanEvidence) -> Criterion | None:
        """The innermost criterion that holds the passage."""
        found = self._facts.item_at(Span(text_id=evidence.text_id, start=evidence.start, end=evidence.end))
        if found is None:
            return None
        chain = (*found.above, found.criterion)
        return next((criterion for criterion in reversed(chain) if evidence.end <= criterion.span.end), None)

    def whole(self, evidence: Evidence) -> str:
        """All words of the passage, escapes of the source undone."""
        if isinstance(evidence, FieldEvidence):
            return evidence.value
        return readable(self._texts[evidence.text_id].text[evidence.start : evidence.end])


def readable(text: str) -> str:
    r"""Text with the escapes of its source (``\>``) undone: the document keeps them, a reader need not."""
    return (markdown if "\\" in text else guessed)("", "", text).text


def _quote(source: SourceText, evidence: SpanEvidence, owner: Criterion | None) -> Quote:
    text, start, end = source.text, evidence.start, evidence.end
    first, last = (owner.span.start, owner.span.end) if owner else _line(text, start, end)
    left, right = max(first, start - CONTEXT), min(last, end + CONTEXT)
    before, after = text[left:start], text[end:right]
    if left > first:
        before = f"… {_from_blank(before)}"
    if right < last:
        after = f"{_to_blank(after)} …"
    words = text[start:end]
    if len(words) > _LONG:
        words = f"{_to_blank(words[: _LONG * 2 // 3])} … {_from_blank(words[-_LONG // 3 :])}"
    return Quote(readable(before), readable(words), readable(after), words)


def _line(text: str, start: int, end: int) -> tuple[int, int]:
    """The line that a passage outside of all criteria stands in, as far as it is looked for."""
    near, far = max(0, start - CONTEXT - 1), end + CONTEXT + 1
    begin, stop = text.rfind("\n", near, start), text.find("\n", end, far)
    return begin + 1 if begin >= 0 else near, stop if stop >= 0 else min(far, len(text))


def _from_blank(words: str) -> str:
    """The words without the piece of one at their beginning (a cut must not fall into an escape)."""
    return words.partition(" ")[2] or words[1:].lstrip("\\")


def _to_blank(words: str) -> str:
    return words.rpartition(" ")[0] or words.rstrip("\\")
