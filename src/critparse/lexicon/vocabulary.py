"""The closed vocabulary of the grammar and of cue words, loaded once from the data files into a trie over tokens.

Every phrase has a type ("op", "unit", "ref", "recency" …) and a value; one phrase may have several types. At each
token of a text the trie gives, per type, the longest phrase that begins there.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from critparse.errors import ResourceError
from critparse.lexicon.resources import data_lines
from critparse.lexicon.tokenize import split


class Reading(NamedTuple):
    """What a phrase means (``value``) and the index of the token after it."""

    value: Any
    next: int


class UnitAtom(NamedTuple):
    """A unit without "/" or powers: its UCUM code, its dimension and its factor to the dimension's base."""

    ucum: str
    dimension: str
    factor: float


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    # (type, value, exact surface or None when case does not matter)
    meanings: list[tuple[str, Any, str | None]] = field(default_factory=list)


def rows(name: str, columns: int) -> Iterator[list[str]]:
    """Yield the rows of a data file, comments left out. Raises ResourceError for a row of another width."""
    for number, line in data_lines(name):
        cells = line.split("\t")
        if len(cells) != columns:
            raise ResourceError(file=name, reason=f"line {number} has {len(cells)} columns, not {columns}")
        yield cells


class Vocabulary:
    """The trie. ``atoms`` maps UCUM codes of unit atoms to themselves."""

    def __init__(self) -> None:
        self._root = _Node()
        self.atoms: dict[str, UnitAtom] = {}
        self._load_numbers()
        self._load_operators()
        self._load_units()
        for phrase, reference in rows("references.tsv", 2):
            self._add("ref", reference, phrase)
        for file in ("temporal.tsv", "grammar_words.tsv", "cue_words.tsv"):
            for kind, value, phrases in rows(file, 3):
                self._add_all(kind, value, phrases)
                if kind == "frequency":  # "twice-daily"
                    self._add_all(kind, value, phrases.replace(" ", " - "))
        for kind, subject, phrases in rows("cues.tsv", 3):
            self._add_all("cue", (kind, subject), phrases)
        for event, phrases in rows("anchors.tsv", 2):
            self._add_all("filler" if event == "filler" else "anchor", event, phrases)

    def _load_numbers(self) -> None:
        for word, value, kind in rows("numbers.tsv", 3):
            self._add("number-" + kind, float(value), word)

    def _load_operators(self) -> None:
        for phrase, operator, position in rows("operators.tsv", 3):
            self._add("op-" + position, operator, phrase)

    def _load_units(self) -> None:
        for ucum, dimension, factor, surfaces in rows("units.tsv", 4):
            atom = UnitAtom(ucum, dimension, float(factor))
            self.atoms[ucum] = atom
            self._add_all("unit", atom, surfaces)

    def _add_all(self, kind: str, value: Any, phrases: str) -> None:
        for phrase in phrases.split("|"):
            self._add(kind, value, phrase)

    def _add(self, kind: str, value: Any, phrase: str) -> None:
        exact = phrase.startswith("=") and len(phrase) > 1 and phrase[1].isalpha()
        tokens = [token for token in split(phrase[1:] if exact else phrase) if not token.isspace()]
        node = self._root
        for token in tokens:
            node = node.children.setdefault(token.lower(), _Node())
        node.meanings.append((kind, value, "".join(tokens) if exact else None))

    def readings(self, lower: list[str], words: list[str], start: int) -> dict[str, Reading] | None:
        """Per type the longest phrase that begins at token ``start``; ``None`` when there is none."""
        node = self._root.children.get(lower[start])
        if node is None:
            return None
        found: dict[str, Reading] = {}
        index = start
        while node is not None:
            index += 1
            for kind, value, exact in node.meanings:
                if exact is None or exact == "".join(words[start:index]):
                    found[kind] = Reading(value, index)
            node = node.children.get(lower[index]) if index < len(lower) else None
        return found or None


@functools.cache
def vocabulary() -> Vocabulary:
    """The vocabulary, built on first use."""
    return Vocabulary()
