"""Small sets of words from ``data/word_sets.tsv``."""

from __future__ import annotations

import functools

from critparse.errors import ResourceError
from critparse.lexicon.resources import data_lines

_FILE = "word_sets.tsv"


@functools.cache
def _sets() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for number, line in data_lines(_FILE):
        name, tab, words = line.partition("\t")
        if not tab or name in found:
            raise ResourceError(file=_FILE, reason=f"line {number} is no set of its own")
        found[name] = frozenset(words.split())
    return found


def word_set(name: str) -> frozenset[str]:
    """The set called ``name``. Raises ResourceError when the file does not have it."""
    try:
        return _sets()[name]
    except KeyError as error:
        raise ResourceError(file=_FILE, reason=f"the set {name!r} is missing") from error
