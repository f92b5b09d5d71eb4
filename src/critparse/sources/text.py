"""Plain eligibility text: the whole input is the eligibility section."""

from __future__ import annotations

from critparse.schema import Registry
from critparse.sources.clean import guessed
from critparse.sources.reader import TextReader
from critparse.sources.record import Record

NAME = "text"


def recognises(text: str) -> float:
    """Any text can be plain text; every other format goes before it."""
    return 0.1


def read(text: str, where: str) -> Record:
    """The whole text as eligibility section; no fields."""
    return Record(None, None, NAME, (guessed("eligibility", "Eligibility criteria", text),), Registry())


READER = TextReader(NAME, recognises, read)
