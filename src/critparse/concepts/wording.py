"""What the words around and inside a name are worth: loaded once from ``linking_words.tsv``."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, field

from critparse.errors import ResourceError
from critparse.lexicon.folding import fold_name
from critparse.lexicon.resources import data_lines

_FILE = "linking_words.tsv"
_ANY = "any"
Words = tuple[str, ...]


@dataclass(slots=True)
class Wording:
    """``open`` and ``close``: phrases that may stand before or behind a name, per label; ``alike``: words of one
    meaning, by word; ``glued``: prefixes that are written in one word, with a hyphen or apart; ``never``: names
    that are too wide to be linked; ``void``: ids of concepts that are.
    """

    open: dict[str, set[Words]] = field(default_factory=lambda: defaultdict(set))
    close: dict[str, set[Words]] = field(default_factory=lambda: defaultdict(set))
    alike: dict[Words, list[Words]] = field(default_factory=lambda: defaultdict(list))
    glued: set[str] = field(default_factory=set)
    never: set[Words] = field(default_factory=set)
    void: set[str] = field(default_factory=set)

    @property
    def words(self) -> set[str]:
        """All words that stand in any phrase: they are right as they stand."""
        groups = [*self.open.values(), *self.close.values(), self.alike.keys(), self.never]
        return {word for group in groups for phrase in group for word in phrase}

    def before(self, label: str | None, words: Words) -> bool:
        """Whether a row of phrases that may stand before a name of this label makes up ``words``."""
        return _made_of(words, self.open, label)

    def behind(self, label: str | None, words: Words) -> bool:
        """Whether a row of phrases that may stand behind a name of this label makes up ``words``."""
        return _made_of(words, self.close, label)


def _made_of(words: Words, phrases: dict[str, set[Words]], label: str | None) -> bool:
    """Whether ``words`` can be cut into phrases of the label's set; quadratic in a handful of words."""
    known = [phrases[_ANY], phrases[label]] if label else list(phrases.values())
    reached = {0}
    for end in range(1, len(words) + 1):
        if any(words[start:end] in group for start in reached for group in known):
            reached.add(end)
    return len(words) in reached


@functools.cache
def wording() -> Wording:
    """The words, loaded on first use. Raises ResourceError when the file is missing or damaged."""
    loaded = Wording()
    for number, line in data_lines(_FILE):
        cells = line.split("\t")
        if len(cells) != 3:
            raise ResourceError(file=_FILE, reason=f"line {number} has {len(cells)} cells, not 3")
        kind, label, phrases = cells
        rows = [tuple(fold_name(phrase).split()) for phrase in phrases.split("|")]
        if kind == "open":
            loaded.open[label].update(rows)
        elif kind == "close":
            loaded.close[label].update(rows)
        elif kind == "alike":
            for row in rows:
                loaded.alike[row].extend(other for other in rows if other != row)
        elif kind == "glued":
            loaded.glued.update(row[0] for row in rows)
        elif kind == "never":
            loaded.never.update(rows)
        elif kind == "void":
            loaded.void.update(phrases.split("|"))
        else:
            raise ResourceError(file=_FILE, reason=f"line {number} is of no known kind ({kind})")
    return loaded
