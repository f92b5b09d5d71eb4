"""The words of ``match_terms.tsv``."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from critparse.lexicon.resources import data_rows

FILE = "match_terms.tsv"


@functools.cache
def terms(kind: str) -> dict[str, frozenset[str]]:
    """The values of all rows of a kind, by name. Raises ResourceError when the file is damaged."""
    rows = data_rows(FILE, ("kind", "name", "values"))
    return {row["name"]: frozenset(row["values"].split("|")) for row in rows if row["kind"] == kind}


def results(words: frozenset[str]) -> frozenset[str]:
    """The results ("positive" …) that the words and flags of a record mean."""
    return frozenset(name for name, meaning in terms("result").items() if meaning & words)


def yes_or_no(words: Iterable[str]) -> bool | None:
    """What an answer in words says, if it is one of the two."""
    found = {name for name, meaning in terms("answer").items() if not meaning.isdisjoint(words)}
    return found == {"yes"} if len(found) == 1 else None
