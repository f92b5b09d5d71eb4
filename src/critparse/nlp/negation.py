"""Negation: which tokens of a criterion stand in the scope of "no", "free of", "is absent" and the like.

After NegEx (Chapman 2001), with lists: a cue reaches over "A, B or C" and stops where a new statement begins.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from critparse.lexicon.vocabulary import rows
from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens

MAX_SCOPE = 12
"""How many tokens a cue reaches after itself or after the last list separator."""

_LIST_WORDS = word_set("negated-list")
_JOINING = word_set("negated-joining")
_OPERATORS = ("op-pre", "op-post")
_STOPS = ("neg-stop", "except", "if")
_CLAUSE_OPENERS = word_set("clause-opener")

TokenRange = tuple[int, int]
NameAt = dict[int, TokenRange]  # the name that covers a token


class NegationScope(NamedTuple):
    """A cue and what it negates, as half-open ranges of token indices: ``[cue_first, cue_last)``, ``[first, last)``."""

    cue_first: int
    cue_last: int
    first: int
    last: int


class _Cue(NamedTuple):
    first: int
    last: int
    after: bool  # it negates what stands before it


@functools.cache
def _words() -> dict[str, frozenset[str]]:
    return {kind: frozenset(words.split("|")) for kind, words in rows("negation.tsv", 2)}


def negation_scopes(tokens: Tokens, names: Sequence[TokenRange] = ()) -> list[NegationScope]:
    """The negation scopes of one criterion, by the position of their cues.

    ``names``: half-open token ranges of dictionary names; a cue inside a name ("non-small cell lung cancer") is none.
    """
    if not any(_cue_end(tokens, index) for index in range(len(tokens))):  # most criteria: keep them cheap
        return []
    inside = {index: name for name in names for index in range(*name)}
    cues = list(_cues(tokens, inside))
    starts = {cue.first for cue in cues if not cue.after}
    scopes = []
    for cue in cues:
        first, last = _before(tokens, cue) if cue.after else _after(tokens, cue, starts, inside)
        while last > first and tokens.lower[last - 1] in _LIST_WORDS:
            last -= 1
        while last > first and tokens.lower[first] in _LIST_WORDS:
            first += 1
        if last > first:
            scopes.append(NegationScope(cue.first, cue.last, first, last))
    return scopes


def _cues(tokens: Tokens, inside: NameAt) -> Iterator[_Cue]:
    """The cues from left to right without overlaps, the longest first at each token."""
    index, count = 0, len(tokens)
    while index < count:
        end, harmless = _cue_end(tokens, index), _harmless_end(tokens, index)
        if harmless and harmless >= end:
            index = harmless
            continue
        before = tokens.reading(index, "neg-before")
        cue = _Cue(index, end, after=before is None or before.next < end)
        if not end or _named(cue, tokens, inside) or (cue.after and not _negates_backwards(tokens, cue)):
            index += 1
            continue
        yield cue
        index = end


def _cue_end(tokens: Tokens, index: int) -> int:
    """The end of the longest negation cue that begins at ``index``; 0 when there is none."""
    before, after = tokens.reading(index, "neg-before"), tokens.reading(index, "neg-after")
    return max(before.next if before else 0, after.next if after else 0)


def _harmless_end(tokens: Tokens, index: int) -> int:
    """The end of a phrase at ``index`` that is no negation ("not only", "no more than"); 0 when there is none."""
    phrases = [tokens.reading(index, kind) for kind in ("neg-not", *_OPERATORS)]
    return max((phrase.next for phrase in phrases if phrase), default=0)


def _named(cue: _Cue, tokens: Tokens, inside: NameAt) -> bool:
    """Whether the cue is but a part of a name."""
    first, last = inside.get(cue.first, (0, 0))
    return (cue.last <= last and last - first > cue.last - cue.first) or all(tokens.shielded[cue.first : cue.last])


def _negates_backwards(tokens: Tokens, cue: _Cue) -> bool:
    """Whether a cue such as "absent" belongs to the words before it, not to a noun after it ("negative test")."""
    if cue.first == 0:
        return False
    if cue.last - cue.first > 1 or tokens.lower[cue.first - 1] == "-":
        return True
    function = _words()["function"]
    if tokens.lower[cue.first - 1] in function or not tokens.lower[cue.first - 1][0].isalnum():
        return False
    following = tokens.word(cue.last)
    return not following[:1].isalnum() or following in function or tokens.words[cue.first - 1].isupper()


def _before(tokens: Tokens, cue: _Cue) -> TokenRange:
    """What a cue behind negates: a list when it is a predicate ("A or B are absent"), else the words next to it."""
    predicate = tokens.lower[cue.first] in _CLAUSE_OPENERS
    function = _words()["function"]
    first = cue.first
    while first > 0 and cue.first - first < MAX_SCOPE:
        word = tokens.lower[first - 1]
        if word in ("(", ")", ";", ":") or _sentence_ends(tokens, first - 1):
            break
        if not predicate and (word in function or word in _LIST_WORDS - {"/"}):
            break
        if tokens.reading(first - 1, "neg-stop") and word not in ("and", ".", ":"):
            break
        first -= 1
    last = cue.first
    while last > first and tokens.lower[last - 1] == "-":
        last -= 1
    return first, last


def _after(tokens: Tokens, cue: _Cue, starts: set[int], inside: NameAt) -> TokenRange:
    """What a cue in front negates."""
    first = _first_name_inside(tokens, cue, inside)
    if tokens.lower[cue.first] == "non":
        return first, _compound_end(tokens, cue.last)
    methods = _words()["method"]
    index, reach, depth, listing = cue.last, cue.last + MAX_SCOPE, 0, False
    while index < min(len(tokens), reach):
        word = tokens.lower[index]
        if word in _LIST_WORDS:
            if not listing and _new_statement(tokens, index, starts):
                break
            reach = index + 1 + MAX_SCOPE
        listing = word in _LIST_WORDS
        depth += (word == "(") - (word == ")")
        if depth < 0 or index in starts or _stops(tokens, index, cue.last):
            break
        if word in methods and index - 1 in inside and index - 1 >= first:
            break
        index += 1
    begun, end = inside.get(index, (index, index))  # a scope does not cut a name in two
    return first, end if begun < index else index


def _first_name_inside(tokens: Tokens, cue: _Cue, inside: NameAt) -> int:
    """Some cues say what they negate ("not pregnant"): the first such token, else the token after the cue."""
    for index in range(cue.first + 1, cue.last):
        if tokens.reading(index, "cue") or inside.get(index, (0, 0))[0] == index:
            return index
    return cue.last


def _compound_end(tokens: Tokens, index: int) -> int:
    """The end of the hyphenated word that "non" begins: it negates no more."""
    end = min(index + 1, len(tokens))
    limit = min(index + MAX_SCOPE, len(tokens))
    while end < limit and tokens.glued(end) and (tokens.lower[end] in "-/" or tokens.lower[end - 1] in "-/"):
        end += 1
    return end


def _new_statement(tokens: Tokens, index: int, starts: set[int]) -> bool:
    """Whether after the list separator at ``index`` something new begins instead of the list's next member."""
    joining = True
    while tokens.word(index) in _LIST_WORDS:
        joining = joining and tokens.word(index) in _JOINING
        index += 1
    words = _words()
    if index in starts or tokens.word(index) in words["statement"] or tokens.reading(index, "modal"):
        return True
    if not joining:
        return False
    subject, value = tokens.reading(index, "cue"), tokens.reading(index, "measure-value")
    return bool(subject and subject.value[0] in words["subject"]) or bool(value and value.value in words["value"])


def _stops(tokens: Tokens, index: int, cue_last: int) -> bool:
    """Whether a scope that reached ``index`` ends there; ``cue_last`` is where its cue ended."""
    word = tokens.lower[index]
    if word == ".":
        return _sentence_ends(tokens, index)
    if word == ":" and (index == cue_last or tokens.lower[index - 1] in _words()["announcing"]):
        return False
    return any(tokens.reading(index, kind) for kind in _STOPS)


def _sentence_ends(tokens: Tokens, index: int) -> bool:
    """Whether the token is a full stop that ends a sentence, not one of an abbreviation ("e.g. lupus")."""
    if tokens.lower[index] != ".":
        return False
    if index + 1 == len(tokens):
        return True
    return not tokens.glued(index + 1) and not tokens.words[index + 1][0].islower()
