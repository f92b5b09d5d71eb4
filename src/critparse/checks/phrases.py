"""Phrases that the checks look for and show (``check_phrases.tsv``): what kind of phrase, and where it stands."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from critparse.errors import ResourceError
from critparse.lexicon.resources import data_rows

_FILE = "check_phrases.tsv"
_GAP = r"[\s\-]{1,40}"
"""Between two words of a phrase: blanks, a line break with its indent, a hyphen."""
_ENDING = r"\w{0,15}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase found at ``text[start:end]``; ``kind`` as the data file gives it."""

    start: int
    end: int
    kind: str


def phrases(name: str, text: str) -> Iterator[Phrase]:
    """The phrases of the set ``name`` in ``text`` by position, the longest where several begin together.

    Raises:
        ResourceError: the data file is damaged or lacks the set.
    """
    pattern, kinds = _compiled(name)
    for match in pattern.finditer(text):
        yield Phrase(match.start(), match.end(), kinds[match.lastgroup or ""])


def phrase(name: str, text: str) -> Phrase | None:
    """The first phrase of the set ``name`` in ``text``."""
    return next(phrases(name, text), None)


def opening(name: str, text: str) -> Phrase | None:
    """The phrase of the set ``name`` that ``text`` begins with."""
    pattern, kinds = _compiled(name)
    match = pattern.match(text)
    return Phrase(match.start(), match.end(), kinds[match.lastgroup or ""]) if match else None


@functools.cache
def _compiled(name: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for a set, with a named group for each kind, and what each group stands for."""
    found: dict[str, list[str]] = {}
    for row in data_rows(_FILE, ("set", "kind", "phrases")):
        if row["set"] == name:
            found.setdefault(row["kind"], []).extend(p.strip() for p in row["phrases"].split("|") if p.strip())
    if not found:
        raise ResourceError(file=_FILE, reason=f"the set {name!r} is missing")
    kinds = {f"k{number}": kind for number, kind in enumerate(found)}
    groups = (
        f"(?P<{key}>{'|'.join(map(_expression, sorted(found[kind], key=len, reverse=True)))})"
        for key, kind in kinds.items()
    )
    initials = re.escape("".join(sorted({p[0] for listed in found.values() for p in listed})))  # most words fail here
    return re.compile(rf"(?<!\w)(?=[{initials}])(?:{'|'.join(groups)})(?!\w)", re.IGNORECASE), kinds


def _expression(text: str) -> str:
    return _GAP.join(
        re.escape(word.removesuffix("*")).replace("'", "['’]") + (_ENDING if word.endswith("*") else "")
        for word in re.split(r"[\s\-]+", text)
    )
