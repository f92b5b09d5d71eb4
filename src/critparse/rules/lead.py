"""Lead-ins: what the words above a sub-list say of the list ("No history of any of the following:")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.quantities.times import Window
from critparse.rules.draft import Draft, Mark
from critparse.rules.logic import LeadIn
from critparse.rules.state import Reading
from critparse.rules.unread import announces_only

_ANNOUNCING = word_set("announcing")
_POINTING = word_set("pointing")
_CARRIED = ("history", "time", "control", "certainty", "severity", "activity")


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a lead-in, from token ``first`` on, and what it says of every member of the list.

    ``denied``: none of them may hold; ``excepted``: they are exceptions to what stands before; ``allergy``: they are
    allergens; ``obliged``: the people before must fulfil them; ``either``: one of them is enough;
    ``joined``: how the list hangs together with what stands before it.
    """

    first: int
    denied: bool = False
    excepted: bool = False
    allergy: bool = False
    obliged: bool = False
    either: bool = False
    joined: Literal["and", "or", "if", "unless"] = "and"
    marks: tuple[Mark, ...] = ()
    windows: tuple[Window, ...] = ()


def read_tail(reading: Reading) -> Tail | None:
    """The tail of a lead-in; ``None`` when the words do not announce a list."""
    tokens = reading.tokens
    if tokens.word(len(tokens) - 1) != ":" and "following" not in tokens.lower[-6:]:
        return None
    steps = _steps(reading)
    first = len(tokens)
    while first > 0 and (tokens.word(first - 1) in _ANNOUNCING or first - 1 in steps):
        first = steps.get(first - 1, first - 1)
    tail = range(first, len(tokens))
    return Tail(
        first=first,
        denied=_has(tokens, "neg-before", tail) and not _has(tokens, "response", tail),
        excepted=_has(tokens, "except", tail),
        allergy=any(name.kind == "allergy" and name.first in tail for name in reading.names),
        obliged=_has(tokens, "modal", tail),
        either="either" in tokens.lower[first:],
        joined=_joined(tokens, first),
        marks=tuple(_marks(reading, tail)),
        windows=tuple(w for w in reading.windows if w.first in tail and not _is_of_something(reading, w)),
    )


def _joined(tokens: Tokens, first: int) -> Literal["and", "or", "if", "unless"]:
    """ "Gout or one of the following:", "If diabetic, one of the following:", "Gout unless:"."""
    if "unless" in tokens.lower[first:]:
        return "unless"
    if tokens.reading(0, "if") and first > 0:
        return "if"
    return "or" if "or" in (tokens.word(first - 1), tokens.word(first)) else "and"


def _steps(reading: Reading) -> dict[int, int]:
    """For tokens of cues, windows and allergy words: where each begins, so that it is stepped over as one."""
    steps: dict[int, int] = {}
    for kind in ("neg-before", "except", "group-any", "group-all", "group-count", "response"):
        for index, found in reading.tokens.readings(kind):
            steps.update(dict.fromkeys(range(index, found.next), index))
    for window in reading.windows:
        if _is_of_something(reading, window):
            continue  # "malignancy within 5 years, except the following:" dates the malignancy
        steps.update(dict.fromkeys(range(window.first, window.last), window.first))
    for index, found in reading.tokens.readings("qualifier"):
        if found.value.split(":")[0] in _CARRIED:
            steps.update(dict.fromkeys(range(index, found.next), index))
    for name in reading.names:
        if name.kind == "allergy":
            steps.update(dict.fromkeys(range(name.first, name.last), name.first))
    return steps


def _is_of_something(reading: Reading, window: Window) -> bool:
    """Whether a window belongs to a statement before it rather than to the list."""
    announced = not _POINTING.isdisjoint(reading.tokens.lower[: window.first])
    return not announced and any(name.last <= window.first for name in reading.names)


def _has(tokens: Tokens, kind: str, where: range) -> bool:
    return any(index in where for index, _ in tokens.readings(kind))


def _marks(reading: Reading, tail: range) -> list[Mark]:
    """The qualifiers and response words of the tail, those inside general names too ("prior treatment with …")."""
    found = [
        Mark("response", mark.value, mark.first, mark.last)
        for mark in reading.marks
        if mark.kind == "response" and mark.first in tail
    ]
    for index, reading_ in reading.tokens.readings("qualifier"):
        kind, value = reading_.value.split(":")
        if index in tail and kind in _CARRIED:
            found.append(Mark(kind, value, index, reading_.next))
    return found


def own_drafts(reading: Reading, tail: Tail | None, lead: LeadIn | None) -> list[Draft]:
    """The statements of a lead-in without those that only announce its list."""
    drafts = reading.drafts
    if tail is not None:
        drafts = [d for d in drafts if d.first < tail.first and not announces_only(reading.tokens, d)]
        for draft in drafts:
            draft.windows = [window for window in draft.windows if window not in tail.windows]
    if lead is None:
        return drafts
    return [d for d in drafts if not (d.limit is not None and d.limit.first < lead.last and d.limit.last > lead.first)]
