"""Short forms with several meanings: chosen by the label of the mention and by the words around it."""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import NamedTuple

from critparse.concepts.forms import words_of
from critparse.lexicon.resources import data_rows

_FILE = "abbreviations.tsv"
SURE, USUAL = 0.95, 0.85
"""How sure a meaning is that the words around call for, and one that is merely the usual."""


class Meaning(NamedTuple):
    """One meaning of a short form.

    ``cues``: words around that call for it; ``against``: words that forbid it; ``usual``: taken without any cue.
    """

    label: str
    expansion: str
    usual: bool
    cues: frozenset[str]
    against: frozenset[str] = frozenset()


@functools.cache
def meanings() -> dict[str, list[Meaning]]:
    """The meanings of every short form of the table, the usual one first. Raises ResourceError."""
    table: dict[str, list[Meaning]] = defaultdict(list)
    for row in data_rows(_FILE, ("short", "label", "expansion", "usual", "cues")):
        words = [word for word in row["cues"].split("|") if word]
        cues = frozenset(word for word in words if not word.startswith("!"))
        against = frozenset(word[1:] for word in words if word.startswith("!"))
        meaning = Meaning(row["label"], row["expansion"], row["usual"] == "y", cues, against)
        for short in row["short"].split("|"):
            table[short].append(meaning)
    return {short: sorted(found, key=lambda meaning: not meaning.usual) for short, found in table.items()}


def meaning_of(short: str, label: str | None, context: str) -> tuple[Meaning, float] | None:
    """The meaning of a short form in its context, and how sure it is; ``None`` when nothing decides."""
    known = meanings().get(short) or meanings().get(short.removesuffix("s"), [])
    if not known:
        return None
    around = _around(context)
    fitting = (meaning for meaning in known if label in (None, meaning.label, "Observation"))
    possible = [meaning for meaning in fitting if meaning.against.isdisjoint(around)]
    called = [meaning for meaning in possible if not meaning.cues.isdisjoint(around)]
    if len(called) == 1:
        return called[0], SURE
    usual = [meaning for meaning in called or possible if meaning.usual]
    return (usual[0], SURE if len(known) == 1 else USUAL) if len(usual) == 1 else None


@functools.lru_cache(maxsize=64)
def _around(context: str) -> frozenset[str]:
    """The words of a context: all mentions of a criterion share one."""
    return frozenset(words_of(context))
