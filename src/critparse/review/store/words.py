"""The words of a trial, as they are searched.

They are made here and not by the database, so that every database finds the same: letters and digits in lower case,
without accents. Chinese and Japanese, which are written without blanks, go in pairs of characters.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

from critparse.schema import ParsedTrial
from critparse.schema.base import Model

_DENSE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
LETTER = rf"[^\W_{_DENSE}]"
"""A letter or digit of what is written with blanks."""
_WORD = re.compile(rf"[{_DENSE}]+|{LETTER}+")
_DENSE_WORD = re.compile(rf"[{_DENSE}]")
_DIGITS = re.compile(r"\d+")
_SOFT_HYPHEN = "\xad"
_LONGEST = 64
"""Characters of a word that count."""
_MOST = 1_000_000
"""Bytes of the words of a trial; PostgreSQL takes 1,048,575."""


class _Text(Model, extra="ignore"):
    label: str
    text: str


class _Finding(Model, extra="ignore"):
    message: str


class _Registry(Model, extra="ignore"):
    conditions: tuple[str, ...] = ()


class Said(Model, extra="ignore"):
    """As much of a document as is searched: quick to read from its JSON."""

    trial_id: str | None = None
    title: str | None = None
    texts: tuple[_Text, ...]
    registry: _Registry
    findings: tuple[_Finding, ...] = ()


def said(document: ParsedTrial | Said) -> Iterator[tuple[str, str]]:
    """What a document says beside number and title, piece by piece, each with the name of its place."""
    yield "Conditions", ", ".join(document.registry.conditions)
    for text in document.texts:
        yield text.label, html.unescape(text.text)
    for finding in document.findings:
        yield "Finding", finding.message


def words_of(document: ParsedTrial | Said) -> str:
    """All words of a document, each once, with blanks between them; what is beyond a million bytes is left out.

    The figures of its number count as words, too: it is found with and without the registry's letters.
    """
    number = document.trial_id or ""
    given = [number, *_DIGITS.findall(number), document.title or "", *(text for _, text in said(document))]
    found = " ".join(dict.fromkeys(word for text in given for word in words(text)))
    data = found.encode()
    return found if len(data) <= _MOST else data[:_MOST].rpartition(b" ")[0].decode()


def words(text: str) -> Iterator[str]:
    """The words of a text, in its order."""
    for word in _WORD.findall(folded(text)):
        if is_dense(word):
            yield from (word[start : start + 2] for start in range(len(word)))
        else:
            yield word[:_LONGEST]


def is_dense(word: str) -> bool:
    """Whether a word is of those that are written without blanks."""
    return _DENSE_WORD.match(word) is not None


def folded(text: str) -> str:
    """A text without what is not told apart: capitals, accents, other forms of a letter, soft hyphens."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).replace(_SOFT_HYPHEN, "")
    return "".join(char for char in apart if unicodedata.category(char)[0] != "M").casefold()
