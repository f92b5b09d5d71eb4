"""Cutting prose into sentences and clauses; aware of abbreviations, decimals, initials and brackets."""

from __future__ import annotations

import re

from critparse.segment.vocabulary import vocabulary

_END = re.compile(
    r"[.!?。][\"'”’)\]]{0,3}\s+(?=[\"'“(]?(?:[A-Z0-9À-Þ<>≥≤=]))|[.](?=[A-Z][a-z]{2,20}\s)|[;；]\s*(?=\S)|。(?=\S)"
)
_BRACKET = re.compile(r"[()\[\]（）]")
_TOKEN = re.compile(r"[^\s(\[;,]{1,24}$")
_LONGEST_BRACKET = 600  # an opening bracket without its partner holds no longer than this


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of ``text[start:end]``, cut at semicolons too; each (start, end) without blank edges."""
    return _cut(text, start, end, semicolons_only=False)


def semicolon_parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of ``text[start:end]`` between semicolons outside brackets."""
    return _cut(text, start, end, semicolons_only=True)


def _cut(text: str, start: int, end: int, *, semicolons_only: bool) -> list[tuple[int, int]]:
    brackets = _closed_brackets(text, start, end)
    parts: list[tuple[int, int]] = []
    begin, reached = start, 0
    for found in _END.finditer(text, start, end):
        while reached < len(brackets) and brackets[reached][1] < found.start():
            reached += 1
        inside = reached < len(brackets) and brackets[reached][0] < found.start() < brackets[reached][1]
        sign = found[0][0]
        if inside or (semicolons_only and sign not in ";；"):
            continue
        if sign == "." and _abbreviates(text, begin, found.start()):
            continue
        cut = found.start() + len(found[0].rstrip())
        parts.append((begin, cut))
        begin = found.end()
    parts.append((begin, end))
    return [(a + len(text[a:b]) - len(text[a:b].lstrip()), b) for a, b in parts if text[a:b].strip()]


def _closed_brackets(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The outermost bracket pairs, none longer than the bound."""
    pairs: list[tuple[int, int]] = []
    depth = opened = 0
    for found in _BRACKET.finditer(text, start, end):
        if depth and found.start() - opened > _LONGEST_BRACKET:
            depth = 0
        if found[0] in "([（":
            if not depth:
                opened = found.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                pairs.append((opened, found.start()))
    return pairs


def _abbreviates(text: str, start: int, stop: int) -> bool:
    """Whether the full stop at ``stop`` belongs to an abbreviation or an initial."""
    token = _TOKEN.search(text, max(start, stop - 24), stop)
    if token is None:
        return False
    word = token[0]
    if word.isdigit():
        return stop - start <= 3
    return (len(word) == 1 and word.isalpha()) or word.lower() in vocabulary().abbreviations
