"""What a criterion allows or forbids: "inhaled steroids are allowed" neither asks for them nor excludes them."""

from __future__ import annotations

from collections.abc import Iterator

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Draft, TokenRange
from critparse.rules.subjects import breaks
from critparse.rules.unread import unstructured

REASON = "a permission, not a requirement"
_OPENING = word_set("clause-opening")
_CLOSING = frozenset((")", "]"))
_ALWAYS_ASKED = frozenset(("age", "sex", "consent", "unstructured"))  # "men and women are eligible"


def without_permissions(tokens: Tokens, drafts: list[Draft], *, inclusion: bool) -> list[Draft]:
    """The statements, those that are only allowed taken together as unread words with the reason.

    In an exclusion criterion a permission after other statements is an exception to them: its statements stay, marked
    as permitted. A permission with a limit says how much is too much; it is left as it is. What "is not allowed" is
    what excludes, not its absence.
    """
    kept = list(drafts)
    for kind in () if inclusion else ("permitted", "forbidden"):
        for first, last in _clauses(tokens, kind):
            for draft in kept:
                if first <= draft.first < last and draft.negation is not None:
                    draft.present, draft.negation = True, None
                    draft.forbidden = True
    for first, last in _clauses(tokens, "permitted"):
        inside = [draft for draft in kept if first <= draft.first < last]
        plain = all(d.limit is None and d.present and not d.forbidden and d.kind not in _ALWAYS_ASKED for d in inside)
        if not inside or not plain:
            continue
        if not inclusion and kept[0].first < first:
            for draft in inside:
                draft.permitted = True
            continue
        allowed = unstructured(tokens, first, last)
        allowed.reason = REASON
        kept = sorted([*(draft for draft in kept if draft not in inside), allowed], key=lambda draft: draft.first)
    return kept


def _clauses(tokens: Tokens, kind: str) -> Iterator[TokenRange]:
    """The clause around each "is allowed", "may be enrolled", "should not be excluded"."""
    reached = 0
    for index, found in tokens.readings(kind):
        if index < reached:
            continue
        first, last = index, found.next
        while first > reached and not breaks(tokens, first - 1, first) and tokens.word(first - 1) not in _OPENING:
            first -= 1
        while last < len(tokens) and not breaks(tokens, last, last + 1) and tokens.word(last) not in _CLOSING:
            last += 1
        reached = last
        yield first, last
