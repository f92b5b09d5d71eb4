"""The words of ``headings.tsv``, compiled once, and the way a line is cut into words to look them up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from critparse.lexicon.resources import data_lines, data_rows
from critparse.schema.criterion import CriterionKind

_WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line: lower case, with its offsets in the text."""

    lower: str
    start: int
    end: int


def words_of(text: str, start: int, end: int) -> list[Word]:
    """The words and numbers of ``text[start:end]``."""
    return [Word(found[0].lower(), found.start(), found.end()) for found in _WORD.finditer(text, start, end)]


def plain(text: str) -> str:
    """The words of ``text``, lower case, one blank apart."""
    return " ".join(found[0].lower() for found in _WORD.finditer(text))


def within_edits(word: str, target: str, limit: int = 2) -> bool:
    """Whether ``word`` is ``target`` misspelt: same first letter and at most ``limit`` edits."""
    if word == target:
        return True
    if word[:1] != target[:1] or abs(len(word) - len(target)) > limit or len(word) < 6:
        return False
    row = list(range(len(target) + 1))
    for i, letter in enumerate(word, start=1):
        previous, row = row, [i]
        for j, wanted in enumerate(target, start=1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (letter != wanted)))
    return row[-1] <= limit


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The rows of ``headings.tsv`` by role; phrases are in the form of :func:`plain`."""

    terms: dict[str, frozenset[str]]
    kinds: dict[str, CriterionKind]
    weak_kinds: dict[str, CriterionKind]
    cues: dict[CriterionKind, re.Pattern[str]]
    abbreviations: frozenset[str]

    def has(self, role: str, term: str) -> bool:
        """Whether ``term`` (lower case) is listed under ``role``."""
        return term in self.terms[role]

    def kind_of(self, word: str) -> CriterionKind | None:
        """The kind a strong kind word names, misspellings allowed."""
        if word in self.kinds:
            return self.kinds[word]
        if word in self.terms["ordinary"]:
            return None
        for right, kind in (("inclusion", "inclusion"), ("exclusion", "exclusion")):
            if within_edits(word, right):
                return kind  # type: ignore[return-value]
        return None

    def is_criteria(self, word: str) -> bool:
        """Whether ``word`` is the criteria word, misspellings allowed."""
        return word in self.terms["criteria"] or (word not in self.terms["ordinary"] and within_edits(word, "criteria"))


def _phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(r"\b(?:" + "|".join(re.escape(phrase) for phrase in ordered) + r")\b")


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary, read on first use."""
    terms: dict[str, set[str]] = {}
    kinds: dict[str, dict[str, CriterionKind]] = {"kind": {}, "kind_weak": {}}
    cues: dict[CriterionKind, set[str]] = {"inclusion": set(), "exclusion": set()}
    for row in data_rows("headings.tsv", ("role", "value", "terms")):
        phrases = {plain(term) for term in row["terms"].split("|")}
        terms.setdefault(row["role"], set()).update(phrases)
        kind: CriterionKind = "exclusion" if row["value"] == "exclusion" else "inclusion"
        if row["role"] in kinds:
            kinds[row["role"]].update(dict.fromkeys(phrases, kind))
        if row["role"] == "lead_cue":
            cues[kind] |= phrases
    return Vocabulary(
        terms={role: frozenset(phrases) for role, phrases in terms.items()},
        kinds=kinds["kind"],
        weak_kinds=kinds["kind_weak"],
        cues={kind: _phrase_pattern(phrases) for kind, phrases in cues.items()},
        abbreviations=frozenset(line.strip() for _, line in data_lines("sentence_abbreviations.txt")),
    )
