"""What every reader makes of a record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import CleanText, guessed

NCT_NUMBER = re.compile("NCT[0-9]{8}")
"""A number of ClinicalTrials.gov."""


@dataclass(frozen=True, slots=True)
class Record:
    """One trial record, read but not yet understood.

    ``texts`` begins with ``eligibility`` (possibly empty); ``description``, ``summary``, ``title`` and
    ``official_title`` follow where the record has them.
    """

    trial_id: str | None
    title: str | None
    source_format: str
    texts: tuple[CleanText, ...]
    registry: Registry

    def text(self, id: str) -> CleanText | None:
        """The text with this id, if the record has it."""
        return next((text for text in self.texts if text.id == id), None)


def texts(eligibility: CleanText, others: Iterable[CleanText]) -> tuple[CleanText, ...]:
    """The texts of a record: the eligibility section always, the others when they say anything."""
    return (eligibility, *(text for text in others if text.raw.strip()))


def titles(title: str | None, official: Any) -> tuple[CleanText, ...]:
    """The titles of a record as texts: the one it goes by, and the official (scientific) one if that is another."""
    other = values.text_or_none(official)
    found = [guessed("title", "Title", title)] if title else []
    return (*found, guessed("official_title", "Official title", other)) if other and other != title else tuple(found)
