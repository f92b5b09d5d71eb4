"""What a page says beside a criterion: its rule in words, what of it was not read, and the codes of its concepts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from critparse.exports.html.highlight import Mark
from critparse.exports.parts import leaves
from critparse.exports.passages import Passages
from critparse.exports.wording import curie, is_ambiguous, own_words, split_unread
from critparse.schema import Concept, Criterion, Finding, Leaf, ParsedTrial, Span, SpanEvidence, Subject, Unstructured

_BESIDE = "beside a statement that was read; may narrow or widen it"
_FAMILIES = {
    "Condition": "condition",
    "Drug": "drug",
    "Procedure": "procedure",
    "Device": "procedure",
    "Measurement": "measurement",
    "Observation": "observation",
    "Person": "observation",
    "Value": "value",
    "Multiplier": "value",
    "Temporal": "time",
    "Reference_point": "time",
    "Visit": "time",
}
"""Labels that share a colour; the label itself is always written out."""


class Unread(NamedTuple):
    """Words that no statement stands for, and why."""

    span: Span
    words: str
    reason: str


class Codes(NamedTuple):
    """What a mention is linked to: the name of its concept and codes, or what it might be."""

    words: str
    name: str
    codes: Sequence[str]
    candidates: Sequence[str] = ()


class Reading(NamedTuple):
    """What stands beside a criterion. ``rule``: its words in pieces, each with whether it only quotes the text.

    ``findings``: those that rest on the criterion, with their numbers.
    """

    rule: Sequence[tuple[str, bool]]
    findings: Sequence[tuple[int, Finding]]
    ambiguous: bool
    unread: Sequence[Unread]
    codes: Sequence[Codes]
    hints: Sequence[tuple[str, float]]


class Readings:
    """The readings of one trial's criteria."""

    def __init__(self, trial: ParsedTrial, passages: Passages) -> None:
        self._unread: defaultdict[str, dict[Unread, None]] = defaultdict(dict)
        self._subjects: defaultdict[str, list[Subject]] = defaultdict(list)
        self._findings: defaultdict[str, dict[int, Finding]] = defaultdict(dict)
        for number, finding in enumerate(trial.findings, 1):
            for evidence in finding.evidence:
                if isinstance(evidence, SpanEvidence) and (criterion := passages.owner(evidence)):
                    self._findings[criterion.id][number] = finding
        for criterion in trial.walk():
            for leaf, _ in leaves(criterion.rule):
                self._take(trial, passages, criterion, leaf)

    def of(self, criterion: Criterion) -> Reading:
        """The reading of one criterion; what belongs to a sub-list stands with its members."""
        return Reading(
            list(split_unread(own_words(criterion))),
            list(self._findings[criterion.id].items()),
            not criterion.children and is_ambiguous(criterion.rule),
            list(self._unread[criterion.id]),
            list(_codes(criterion, self._subjects[criterion.id])),
            [(hint.problem.replace("_", " "), hint.confidence) for hint in criterion.hints],
        )

    def marks(self) -> Mapping[str, list[Mark]]:
        """What was not read, as marks by the id of their text."""
        found: defaultdict[str, dict[Mark, None]] = defaultdict(dict)
        for unread in (one for several in self._unread.values() for one in several):
            if unread.span.end > unread.span.start:
                found[unread.span.text_id][Mark(unread.span.start, unread.span.end, "unread")] = None
        return {text_id: list(marks) for text_id, marks in found.items()}

    def _take(self, trial: ParsedTrial, passages: Passages, criterion: Criterion, leaf: Leaf | Unstructured) -> None:
        """Give what a statement says to the innermost criterion that holds its words."""

        def owner(span: Span) -> str:
            evidence = SpanEvidence(text_id=span.text_id, start=span.start, end=span.end)
            return (passages.owner(evidence) or criterion).id

        if isinstance(leaf, Unstructured):
            for span in leaf.evidence or leaf.subject.spans or (criterion.span,):
                self._unread[owner(span)][Unread(span, trial.text_of(span), leaf.reason)] = None
        for span in leaf.unread:
            self._unread[owner(span)][Unread(span, trial.text_of(span), _BESIDE)] = None
        if leaf.subject.concepts:
            place = owner(leaf.subject.spans[0]) if leaf.subject.spans else criterion.id
            self._subjects[place].append(leaf.subject)


def entity_marks(trial: ParsedTrial) -> Mapping[str, list[Mark]]:
    """The mentions as marks, by the id of their text; the label stands behind the last words of each."""
    found: defaultdict[str, list[Mark]] = defaultdict(list)
    for entity in (entity for criterion in trial.walk() for entity in criterion.entities):
        family = f"entity {_FAMILIES.get(entity.label, 'other')}"
        label = entity.label.replace("_", " ") + (", negated" if entity.negated else "")
        last = max(entity.spans, key=lambda span: span.end, default=None)
        for span in entity.spans:
            if span.end > span.start:
                said = label if span is last else ""
                found[span.text_id].append(Mark(span.start, span.end, family, label=said))
    return found


def _codes(criterion: Criterion, subjects: Sequence[Subject]) -> Iterator[Codes]:
    """The codes of mentions, then those of subjects that no mention has."""
    seen: set[tuple[str, str]] = set()
    for entity in criterion.entities:
        best = entity.concepts[0] if entity.concepts else None
        key = (entity.text.casefold(), curie(best) if best else "")
        if key in seen or not (entity.concepts or entity.candidates):
            continue
        seen.add(key)
        name, codes = _named(entity.concepts)
        yield Codes(entity.text, name, codes, [f"{one.display} ({curie(one)})" for one in entity.candidates])
    known = {code for _, code in seen}
    for subject in subjects:
        if (code := curie(subject.concepts[0])) not in known:
            known.add(code)
            yield Codes(subject.text, *_named(subject.concepts))


def _named(concepts: Sequence[Concept]) -> tuple[str, list[str]]:
    return (concepts[0].display if concepts else ""), [curie(concept) for concept in concepts]
