"""The list against the narrative: where a record gives its criteria twice, the two should say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, Facts, Item, at
from critparse.checks.registry import Problem, check
from critparse.schema import Criterion, Severity, Span, SpanEvidence

_ALIKE = 0.6
"""Share of common words from which two criteria may be the same one."""
_COPY = 0.85
_COPIES = 3
"""So many criteria of both texts must be (nearly) word for word the same for the lists to be copies."""
_MOST_ITEMS = 150
_NEGATIONS = frozenset(("no", "not", "without", "never"))
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|<=|>=|[<>≤≥=%/]")
_SIGNS = {"<=": "≤", ">=": "≥"}


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int  # in the source text
    end: int

    @property
    def weighty(self) -> bool:
        """Whether it is a number, a sign or a negation: then another one changes what the criterion says."""
        return not self.text.isalpha() or self.text in _NEGATIONS


@dataclass(frozen=True, slots=True)
class _Pair:
    """A criterion of the list, its copy in the narrative, and the words in which they differ."""

    listed: Criterion
    told: Criterion
    only_listed: tuple[_Token, ...]
    only_told: tuple[_Token, ...]
    likeness: float


@dataclass(frozen=True, slots=True)
class _Alignment:
    pairs: tuple[_Pair, ...]
    unmatched: tuple[Criterion, ...]

    @property
    def copies(self) -> bool:
        """Whether the two lists are evidently copies of each other."""
        return sum(pair.likeness >= _COPY for pair in self.pairs) >= _COPIES and len(self.unmatched) <= len(self.pairs)


@check(
    "copy-difference",
    title="A criterion stands in two places and differs",
    severity="warning",
    message="The criterion {listed} of the list and {told} of the {text} differ: {only_listed} against {only_told}.",
    suggestion="Make the two passages say the same, or leave the criteria out of the {text}.",
    last=True,
)
def copy_difference(facts: Facts) -> Iterator[Problem]:
    """The criteria of the list are aligned with those of the narrative, and what differs is shown.

    A warning when a number, a sign or a negation differs, information when only words do. Differences that another
    finding reports are left to it.
    """
    for text_id in facts.text_ids[1:]:
        for pair in (pair for alignment in _alignments(facts, text_id) for pair in alignment.pairs):
            tokens = [*pair.only_listed, *pair.only_told]
            telling = [token for token in tokens if cue_in("copy-filler", token.text) is None]
            if not telling or _is_reported(facts, pair, telling):
                continue
            severity: Severity = "warning" if any(token.weighty for token in telling) else "info"
            yield Problem(
                evidence=(_evidence(pair.listed, pair.only_listed), _evidence(pair.told, pair.only_told)),
                details={
                    "listed": pair.listed.id,
                    "told": pair.told.id,
                    "text": text_id,
                    "only_listed": _quote(pair.only_listed),
                    "only_told": _quote(pair.only_told),
                },
                severity=severity,
            )


@check(
    "copy-incomplete",
    title="A criterion stands in one of two copies of the list only",
    severity="info",
    message="The list and the {text} repeat each other, but for {count} {kind} criteria: {where}.",
    suggestion="Add the missing criteria to both places, or leave the criteria out of the {text}.",
    last=True,
)
def copy_incomplete(facts: Facts) -> Iterator[Problem]:
    """When list and narrative are evidently copies of each other, the criteria that one of them lacks are named."""
    for text_id in facts.text_ids[1:]:
        for alignment in _alignments(facts, text_id):
            if alignment.copies and alignment.unmatched:
                yield Problem(
                    evidence=tuple(at(criterion.span) for criterion in alignment.unmatched),
                    details={
                        "text": text_id,
                        "kind": alignment.unmatched[0].kind,
                        "count": str(len(alignment.unmatched)),
                        "where": ", ".join(criterion.id for criterion in alignment.unmatched),
                    },
                )


def _alignments(facts: Facts, text_id: str) -> Iterator[_Alignment]:
    """List against one narrative, inclusion and exclusion apart; a kind that one of them lacks is no difference."""
    for kind in ("inclusion", "exclusion"):
        listed = _criteria(facts.items, LIST, kind)
        told = _criteria(facts.items, text_id, kind)
        if listed and told and len(listed) <= _MOST_ITEMS and len(told) <= _MOST_ITEMS:
            yield _align(listed, told)


def _criteria(items: Sequence[Item], text_id: str, kind: str) -> list[Criterion]:
    return [x.criterion for x in items if x.criterion.span.text_id == text_id and x.criterion.kind == kind]


def _align(listed: list[Criterion], told: list[Criterion]) -> _Alignment:
    """Pair off the most alike criteria first."""
    words = {criterion.id: _tokens(criterion) for criterion in (*listed, *told)}
    bags = {name: frozenset(token.text for token in tokens) for name, tokens in words.items()}
    candidates = []
    for i, one in enumerate(listed):
        for j, other in enumerate(told):
            common, size = len(bags[one.id] & bags[other.id]), len(bags[one.id]) + len(bags[other.id])
            if common and 2 * common >= _ALIKE * size:
                candidates.append((-2 * common / size, abs(i - j), i, j))
    chosen: dict[int, int] = {}
    for _, _, i, j in sorted(candidates):
        if i not in chosen and j not in chosen.values():
            chosen[i] = j
    pairs = [_pair(listed[i], told[j], words) for i, j in sorted(chosen.items())]
    pairs = [pair for pair in pairs if pair.likeness >= _ALIKE and _as_long(words, pair)]
    matched = {criterion.id for pair in pairs for criterion in (pair.listed, pair.told)}
    left = [c for c in (*listed, *told) if c.id not in matched and len(words[c.id]) > 2]
    return _Alignment(tuple(pairs), tuple(left))


def _as_long(words: dict[str, list[_Token]], pair: _Pair) -> bool:
    """Whether neither is more than twice the other: prose that tells a whole list is no copy of one of its items."""
    shorter, longer = sorted(len(words[criterion.id]) for criterion in (pair.listed, pair.told))
    return longer <= 2 * shorter


def _pair(one: Criterion, other: Criterion, words: dict[str, list[_Token]]) -> _Pair:
    first, second = words[one.id], words[other.id]
    matcher = SequenceMatcher(None, [t.text for t in first], [t.text for t in second], autojunk=False)
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    return _Pair(
        one,
        other,
        tuple(token for _, start, end, _, _ in blocks for token in first[start:end]),
        tuple(token for _, _, _, start, end in blocks for token in second[start:end]),
        matcher.ratio(),
    )


def _tokens(criterion: Criterion) -> list[_Token]:
    """The words of a criterion without its marker, case and number style evened out; at most 400."""
    base = criterion.span.start
    begin = criterion.text.find(criterion.marker) + len(criterion.marker) if criterion.marker else 0
    found = []
    for match in _TOKEN.finditer(criterion.text, begin):
        word = match[0].lower()
        word = _SIGNS.get(word, word.replace(",", "") if word[:1].isdecimal() else word)
        found.append(_Token(word, base + match.start(), base + match.end()))
        if len(found) == 400:
            break
    return found


def _is_reported(facts: Facts, pair: _Pair, tokens: list[_Token]) -> bool:
    """Whether every number and sign that differs (or every word, if only words do) is a conflict's evidence."""
    weighty = [token for token in tokens if token.weighty] or tokens
    conflicts = [f for f in facts.reported if f.code.endswith("-conflict") and f.severity != "info"]
    spans = [e for finding in conflicts for e in finding.evidence if isinstance(e, SpanEvidence)]

    def covered(token: _Token) -> bool:
        text_id = pair.listed.span.text_id if token in pair.only_listed else pair.told.span.text_id
        return any(e.text_id == text_id and e.start <= token.start and token.end <= e.end for e in spans)

    return all(covered(token) for token in weighty)


def _evidence(criterion: Criterion, tokens: tuple[_Token, ...]) -> SpanEvidence:
    """The differing words of one side; the whole criterion where it lacks what the other has."""
    if not tokens:
        return at(criterion.span)
    return at(Span(text_id=criterion.span.text_id, start=tokens[0].start, end=tokens[-1].end))


def _quote(tokens: tuple[_Token, ...]) -> str:
    shown = " ".join(token.text for token in tokens[:12])
    return f"“{shown}{' …' if len(tokens) > 12 else ''}”" if tokens else "nothing"
