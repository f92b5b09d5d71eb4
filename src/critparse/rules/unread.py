"""The words that no statement covers: they become ``unstructured`` statements, never silence."""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from critparse.lexicon.resources import data_lines
from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Draft, Mark, TokenRange
from critparse.rules.subjects import breaks

_DEPENDENT = word_set("dependent")
_SEPARATORS = frozenset((",", ";", "and", "or", "•", "(", ")", "/"))
_EDGES = word_set("edge")
_CONNECTING = (
    "except",
    "if",
    "modal",
    "example",
    "define",
    "unable",
    "either-way",
    "group-any",
    "group-all",
    "group-count",
)
_JUDGEMENT = word_set("judgement")


@functools.cache
def _function_words() -> frozenset[str]:
    return frozenset(word for _, line in data_lines("function_words.txt") for word in line.split())


def content(tokens: Tokens, first: int, last: int) -> list[str]:
    """The words with content among the tokens ``[first, last)``."""
    plain = _function_words()
    return [
        w for w in tokens.lower[first:last] if len(w) > 1 and w[0].isalnum() and not w.isdecimal() and w not in plain
    ]


def unread(
    tokens: Tokens, drafts: list[Draft], covered: Sequence[TokenRange] = (), qualifying: Collection[int] = ()
) -> list[Draft]:
    """Unstructured statements for the stretches between separators that hold words but no statement.

    ``covered``: token ranges that belong to statements in other ways (windows, doses); ``qualifying``: tokens of
    qualifiers, which alone say nothing ("severe, uncontrolled asthma").
    """
    read = [False] * len(tokens)
    for first, last in [*(where for draft in drafts for where in (*draft.evidence, *draft.subject_tokens)), *covered]:
        read[first:last] = [True] * (last - first)
    said = list(read)
    for first, last in covered:
        said[first:last] = [False] * (last - first)
    found: list[TokenRange] = []
    for first, last in _stretches(tokens, read):
        if any(said[first:last]):
            continue
        first, last = _trimmed(tokens, first, last, read)
        if first >= last or not content(tokens, first, last) or qualifying_only(tokens, first, last, qualifying):
            continue
        dependent = tokens.word(first) in _DEPENDENT and any(d.last <= first for d in drafts)
        if found or not dependent:
            found.append((first, last))
    return [unstructured(tokens, first, last) for first, last in _merged(tokens, found, drafts)]


def qualifying_only(tokens: Tokens, first: int, last: int, qualifying: Collection[int]) -> bool:
    """Whether all words with content among the tokens are qualifiers."""
    return not any(content(tokens, i, i + 1) for i in range(first, last) if i not in qualifying)


def _trimmed(tokens: Tokens, first: int, last: int, read: list[bool]) -> TokenRange:
    """A stretch without the conjunctions, signs and windows at its ends."""
    if opening := tokens.reading(first, "if"):
        first = min(last, opening.next)
    while first < last and (read[first] or tokens.word(first) in _EDGES):
        first += 1
    while last > first and (read[last - 1] or tokens.word(last - 1) in _EDGES):
        last -= 1
    return first, last


def _stretches(tokens: Tokens, read: list[bool]) -> Iterator[TokenRange]:
    start = 0
    for i in range(len(tokens)):
        if read[i]:
            continue
        if tokens.word(i) in _SEPARATORS or breaks(tokens, i, i + 1):
            yield start, i
            start = i
    yield start, len(tokens)


def unstructured(tokens: Tokens, first: int, last: int) -> Draft:
    """The statement that these words were not understood, and why."""
    while last > first + 1 and tokens.word(last - 1) in (".", ";", ",", ":", "-", "*"):
        last -= 1
    if tokens.word(last) == ")" and "(" in tokens.lower[first:last] and ")" not in tokens.lower[first:last]:
        last += 1
    text = " ".join(tokens.text[tokens.starts[first] : tokens.ends[last - 1]].split())
    draft = Draft("unstructured", text, first, last, [(first, last)], confidence=0.0)
    draft.evidence.append((first, last))
    words = tokens.lower[first:last]
    draft.reason = "a judgement, not a fact" if any(w in _JUDGEMENT for w in words) else "no known entity or limit"
    return draft


def _merged(tokens: Tokens, found: list[TokenRange], drafts: list[Draft]) -> list[TokenRange]:
    """Neighbouring unread stretches of one sentence are one statement."""
    starts = sorted(draft.first for draft in drafts)
    merged: list[TokenRange] = []
    for first, last in found:
        if merged:
            before = merged[-1]
            between = bisect_left(starts, first) > bisect_left(starts, before[1])
            if not between and not breaks(tokens, before[1], first):
                merged[-1] = (before[0], last)
                continue
        merged.append((first, last))
    return merged


def leftovers(tokens: Tokens, drafts: list[Draft], covered: Sequence[TokenRange]) -> None:
    """Give the words that nothing has read to the statement beside them, so that none is lost.

    ``covered``: tokens read in other ways; phrases that only connect statements count as read.
    """
    read = [False] * len(tokens)
    for first, last in [*(where for draft in drafts for where in (*draft.evidence, *draft.subject_tokens)), *covered]:
        read[first:last] = [True] * (last - first)
    for kind in _CONNECTING:
        for first, found in tokens.readings(kind):
            read[first : found.next] = [True] * (found.next - first)
    for first, last in _runs(tokens, read):
        if is_generic_name(tokens, first, last):  # "current treatment with warfarin" is current warfarin
            continue
        owner = min(drafts, key=lambda d: (max(first - d.last, d.first - last), d.first), default=None)
        if owner is not None:
            owner.unread.append((first, last))


def _runs(tokens: Tokens, read: list[bool]) -> Iterator[TokenRange]:
    """Stretches of unread tokens from their first to their last word with content."""
    start = 0
    while start < len(tokens):
        end = start
        while end < len(tokens) and not read[end] and tokens.word(end) not in _SEPARATORS:
            end += 1
        words = [i for i in range(start, end) if content(tokens, i, i + 1)]
        if words:
            yield words[0], words[-1] + 1
        start = end + 1


@functools.cache
def _generic_names() -> frozenset[str]:
    return frozenset(line.strip() for _, line in data_lines("generic_names.txt"))


def without_generic(tokens: Tokens, drafts: list[Draft]) -> list[Draft]:
    """Leave out "disease", "treatment" and the like where their stretch of text says something else."""
    kept: list[Draft] = []
    said: list[Mark] = []
    for draft in drafts:
        if _is_generic(tokens, draft) and _has_company(tokens, draft, drafts):
            said.extend(_qualifier_in(tokens, draft))  # "prior treatment with tamoxifen": the history stays
            continue
        draft.qualifiers.extend(said)
        said = []
        kept.append(draft)
    return kept


def _qualifier_in(tokens: Tokens, draft: Draft) -> list[Mark]:
    found = tokens.reading(draft.first, "qualifier")
    if not found:
        return []
    kind, value = found.value.split(":")
    return [Mark(kind, value, draft.first, found.next)]


def _is_generic(tokens: Tokens, draft: Draft) -> bool:
    if draft.limit is not None or draft.values or not draft.subject_tokens:
        return False
    return is_generic_name(tokens, *draft.subject_tokens[0])


def is_generic_name(tokens: Tokens, first: int, last: int) -> bool:
    """Whether words are a name too general to say much: "disease", "medications"."""
    return " ".join(tokens.lower[first:last]) in _generic_names()


def announces_only(tokens: Tokens, draft: Draft) -> bool:
    """Whether a general name only says what the list below consists of ("the following regimens:")."""
    return _is_generic(tokens, draft) and "following" in tokens.lower[max(0, draft.first - 3) : draft.first]


def _has_company(tokens: Tokens, draft: Draft, drafts: list[Draft]) -> bool:
    """Whether a specific statement stands in the same stretch between commas and conjunctions."""
    separators = (",", ";", "and", "or")
    for other in drafts:
        if other is draft or _is_generic(tokens, other):
            continue
        first, last = min(draft.last, other.last), max(draft.first, other.first)
        if any(tokens.reading(at, "if") for at in range(first, last)):
            continue
        if last - first <= 12 and not any(word in separators for word in tokens.lower[first:last]):
            return True
    return False
