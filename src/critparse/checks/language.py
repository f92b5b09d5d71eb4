"""Languages other than English."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator

from critparse.checks.facts import LIST, Facts, at
from critparse.checks.places import shortened
from critparse.checks.registry import Problem, check
from critparse.lexicon.resources import data_rows
from critparse.schema import Span

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_PASSAGE = re.compile(r"[^\n]+(?:\n(?![ \t\r]{0,80}\n)[^\n]+)*")
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_FEWEST = 8
"""Words that a passage must have to show its language."""


@check(
    "language-other",
    title="The criteria are not, or not only, in English",
    severity="info",
    message="A passage seems to be in {language}: “{quote}”.",
    suggestion="Add or restore the English text; critparse reads English only.",
)
def language_other(facts: Facts) -> Iterator[Problem]:
    """A passage of the eligibility section has more of the small words of another language than of English.

    Scripts other than the Latin one are told by their letters. One finding for each language.
    """
    text = next((text.text for text in facts.trial.texts if text.id == LIST), "")
    places: dict[str, list[Span]] = {}
    for match in _PASSAGE.finditer(text):
        language = language_of(match[0])
        if language != "English":
            places.setdefault(language, []).append(Span(text_id=LIST, start=match.start(), end=match.end()))
    for language, spans in places.items():
        details = {"language": language, "quote": shortened(facts.text_of(spans[0]))}
        yield Problem(tuple(at(span) for span in spans), details)


def language_of(text: str) -> str:
    """The language of a passage by its function words; "English" where nothing shows another one."""
    found = [word.lower() for word in _WORD.findall(text)]
    if not text.isascii() and 2 * len(_FOREIGN.findall(text)) > sum(map(len, found)):
        return "a script other than Latin"
    if len(found) < _FEWEST:
        return "English"
    counts = Counter(language for word in found for language in _languages().get(word, ()))
    best, number = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=("English", 0))
    return best if number >= 4 and number > 2 * counts["English"] else "English"


@functools.cache
def _languages() -> dict[str, tuple[str, ...]]:
    """By function word, the languages that have it."""
    found: dict[str, list[str]] = {}
    for row in data_rows("languages.tsv", ("language", "words")):
        for word in row["words"].split():
            found.setdefault(word, []).append(row["language"])
    return {word: tuple(languages) for word, languages in found.items()}
