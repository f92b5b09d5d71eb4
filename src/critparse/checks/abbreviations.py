"""Abbreviations that the record does not explain."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from critparse.checks.facts import Facts, Item
from critparse.checks.places import Places, own_words, part, shortened
from critparse.checks.registry import Problem, check
from critparse.lexicon import default_lexicon
from critparse.lexicon.resources import data_lines
from critparse.lexicon.words import word_set

_SHORT = re.compile(r"(?<![\w/.+&°-])[A-Z]{3,6}s?(?![\w+&-])(?!/\w)")
_ROMAN = re.compile(r"[IVX]{1,5}[ABC]?$")
_WORD = re.compile(r"[A-Za-z]+")
_SMALL = word_set("without-initial")
_FILES = ("common_abbreviations.txt", "function_words.txt")
_SHOUTED = 0.3
"""Share of capitals from which on a passage is written in capitals."""


@check(
    "abbreviation-unexplained",
    title="An abbreviation is not explained anywhere in the record",
    severity="info",
    message="Nothing in the record says what {abbreviations} {stand} for ({where}).",
    suggestion="Write the words in full where the abbreviation is first used.",
)
def abbreviation_unexplained(facts: Facts) -> Iterator[Problem]:
    """An abbreviation of three to six capitals that no dictionary knows and that the record never spells out.

    It counts as explained beside brackets ("chronic pouchitis (CPO)"), before a colon or equals sign, and where words
    of the record have its initials. All of a record make one finding.
    """
    found = Places(facts)
    shown: dict[str, None] = {}
    explained = _Explained(facts)
    for item in facts.items:
        for short, start, end in _candidates(item):
            if short in shown or not (_is_known(short) or short in explained):
                shown[short] = None
                found.add("", part(item, start, end), item.criterion.id)
    names = list(shown)
    for problem in found.problems():
        stand = "stands" if len(names) == 1 else "stand"
        yield Problem(
            problem.evidence, {**problem.details, "abbreviations": shortened(", ".join(names)), "stand": stand}
        )


def _candidates(item: Item) -> Iterator[tuple[str, int, int]]:
    """The abbreviations of a criterion with their places, none where it is written in capitals."""
    text, begin = own_words(item)
    for match in _SHORT.finditer(text):
        around = text[max(0, match.start() - 60) : match.start()] + text[match.end() : match.end() + 60]
        letters = [char for char in around if char.isalpha()]
        if sum(map(str.isupper, letters)) <= _SHOUTED * len(letters) and not _ROMAN.match(match[0]):
            yield match[0].removesuffix("s"), begin + match.start(), begin + match.end()


@functools.lru_cache(maxsize=4096)
def _is_known(short: str) -> bool:
    """Whether a dictionary has the abbreviation, or everybody knows it."""
    if short in _common():
        return True
    return any(mention.end - mention.start >= len(short) for mention in default_lexicon().match(short))


@functools.cache
def _common() -> frozenset[str]:
    words = (word for name in _FILES for _, line in data_lines(name) for word in line.split())
    return frozenset(word.upper() for word in words)


class _Explained:
    """The abbreviations that a record explains, asked one by one."""

    def __init__(self, facts: Facts) -> None:
        self._text = "\n".join(text.text for text in facts.trial.texts)

    def __contains__(self, short: str) -> bool:
        beside = rf"[(\[“\"]\s{{0,2}}{short}s?\b|\b{short}s?\s{{0,2}}[(\[=:]"
        return (
            short.lower() in self._initials or short.lower() in self._words or re.search(beside, self._text) is not None
        )

    @functools.cached_property
    def _words(self) -> frozenset[str]:
        """The words that the record also writes small: capitals are emphasis there."""
        return frozenset(word for word in _WORD.findall(self._text) if word.islower())

    @functools.cached_property
    def _initials(self) -> str:
        """The first letters of all words of the record, once with and once without the small words."""
        words = [word.lower() for word in _WORD.findall(self._text) if not word.isupper() or len(word) < 2]
        return "".join(w[0] for w in words) + " " + "".join(w[0] for w in words if w not in _SMALL)
