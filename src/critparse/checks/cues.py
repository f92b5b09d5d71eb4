"""Words that tell the checks whom or what a passage is about (``check_cues.tsv``), and passages as plain words."""

from __future__ import annotations

import functools
import re

from critparse.lexicon.resources import data_rows

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[<>≤≥=±%+]")


def words(text: str) -> list[str]:
    """The words, numbers and signs of a passage, in lower case."""
    return _WORD.findall(text.lower())


@functools.cache
def _cues() -> dict[str, tuple[str, ...]]:
    """The cues of each set, as they are looked up in :func:`_padded`."""
    found: dict[str, list[str]] = {}
    for row in data_rows("check_cues.tsv", ("set", "cues")):
        for cue in filter(None, (cue.strip() for cue in row["cues"].split("|"))):
            found.setdefault(row["set"], []).append(f" {cue[:-1]}" if cue.endswith("*") else f" {cue} ")
    return {name: tuple(cues) for name, cues in found.items()}


def cue_in(name: str, text: str) -> str | None:
    """The first cue of the set ``name`` that stands in ``text``, without regard to case."""
    padded = _padded(text)
    return next((cue.strip() for cue in _cues()[name] if cue in padded), None)


def cues_in(name: str, text: str) -> int:
    """How many different cues of the set ``name`` stand in ``text``."""
    padded = _padded(text)
    return sum(cue in padded for cue in _cues()[name])


def without(name: str, text: str) -> str:
    """The words of ``text`` less the cues of the set ``name``."""
    padded = _padded(text)
    for cue in _cues()[name]:
        padded = padded.replace(cue, "  ")
    return padded.strip()


def _padded(text: str) -> str:
    return f" {' '.join(words(text))} "
