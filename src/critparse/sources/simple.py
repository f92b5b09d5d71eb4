"""The simple record: a flat object or table row with critparse's own field names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from critparse.schema import Registry
from critparse.sources import values
from critparse.sources.clean import guessed, plain
from critparse.sources.fields import text
from critparse.sources.reader import Fields, FieldsReader
from critparse.sources.record import Record, texts

NAME = "simple"
COLUMNS = (
    "id",
    "title",
    "conditions",
    "minimum_age",
    "maximum_age",
    "sex",
    "healthy_volunteers",
    "eligibility",
    "description",
)


def known_columns(names: Iterable[Any]) -> int:
    """How many of the names are fields of the simple record."""
    return len(set(COLUMNS).intersection(_key(name) for name in names))


def recognises(fields: Fields) -> float:
    """Sure with an eligibility text, less so with two or more of the other fields."""
    known = known_columns(fields)
    if any(_key(name) == "eligibility" for name in fields):
        return 0.8
    return 0.5 if known >= 2 else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one simple record; fields that it lacks are null, fields of other names are left alone.

    Raises:
        MalformedInput: a text field holds something other than text.
    """
    given = {_key(name): value for name, value in fields.items()}
    title = values.text_or_none(given.get("title"))
    description = guessed("description", "Description", text(given, "description", where, NAME))
    eligibility = guessed("eligibility", "Eligibility criteria", text(given, "eligibility", where, NAME))
    return Record(
        trial_id=values.text_or_none(given.get("id")),
        title=title,
        source_format=NAME,
        texts=texts(eligibility, (description, plain("title", "Title", title or ""))),
        registry=Registry(
            minimum_age=values.age(given.get("minimum_age"), upper=False),
            maximum_age=values.age(given.get("maximum_age"), upper=True),
            sex=values.sex(given.get("sex")),
            healthy_volunteers=values.healthy_volunteers(given.get("healthy_volunteers")),
            conditions=values.names(given.get("conditions")),
        ),
    )


def _key(name: Any) -> str:
    return str(name).strip().lower()


READER = FieldsReader(NAME, recognises, read, frozenset(COLUMNS))
