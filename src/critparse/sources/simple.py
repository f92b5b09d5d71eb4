"""The simple record: a flat object or table row with critparse's own field names, or with other usual ones.

The other names are data (``columns.tsv``). Fields may also stand in an object ``registry`` beside the texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from critparse.lexicon.resources import data_rows
from critparse.schema import Registry
from critparse.sources import sections, values
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


_WORD_BREAK = re.compile(r"[\W_]+")


def known_columns(names: Iterable[Any]) -> int:
    """How many fields of the simple record the names stand for."""
    return len({_field(name) for name in names} - {None})


def recognises(fields: Fields) -> float:
    """Sure with an eligibility text, less so under another name, or with two or more of the other fields."""
    if any(_key(name) == "eligibility" for name in fields):
        return 0.8
    if {_field(name) for name in fields} & {"eligibility", "inclusion", "exclusion"}:
        return 0.6
    return 0.5 if known_columns(fields) >= 2 else 0.0


def read(fields: Fields, where: str) -> Record:
    """Read one simple record; fields that it lacks are null, fields of other names are left alone.

    Raises:
        MalformedInput: a text field holds something other than text.
    """
    given = _given(fields)
    title = values.text_or_none(given.get("title"))
    section = text(given, "eligibility", where, NAME) or sections.joined(
        text(given, "inclusion", where, NAME), text(given, "exclusion", where, NAME)
    )
    return Record(
        trial_id=values.text_or_none(given.get("id")),
        title=title,
        source_format=NAME,
        texts=texts(
            guessed("eligibility", "Eligibility criteria", section),
            (
                guessed("description", "Description", text(given, "description", where, NAME)),
                guessed("summary", "Brief summary", text(given, "summary", where, NAME)),
                plain("title", "Title", title or ""),
            ),
        ),
        registry=Registry(
            minimum_age=values.age(given.get("minimum_age"), upper=False),
            maximum_age=values.age(given.get("maximum_age"), upper=True),
            sex=values.sex(given.get("sex")),
            healthy_volunteers=values.healthy_volunteers(given.get("healthy_volunteers")),
            conditions=values.names(given.get("conditions")),
            enrollment=values.count(given.get("enrollment")),
            phase=values.phase([given.get("phase")]),
        ),
    )


def _given(fields: Fields) -> dict[str, Any]:
    """The values under the names of the simple record; of several names for one field the first in the table counts."""
    inner = fields.get("registry")
    named = {**inner, **fields} if isinstance(inner, Mapping) else fields
    ranked = sorted((_rank(name), name) for name in map(str, named) if _field(name))
    given: dict[str, Any] = {}
    for _, name in ranked:
        given.setdefault(str(_field(name)), named[name])
    return given


def _field(name: Any) -> str | None:
    """The field of the simple record that a name stands for."""
    found = _names().get(_key(name))
    return found[0] if found else None


def _rank(name: Any) -> int:
    return _names()[_key(name)][1]


@cache
def _names() -> dict[str, tuple[str, int]]:
    """Every known name, with the field it stands for and its rank among the names of that field."""
    rows = data_rows("columns.tsv", ("field", "names"))
    known = {row["field"]: [row["field"], *row["names"].split("|")] for row in rows}
    return {name: (field, rank) for field, names in known.items() for rank, name in enumerate(names)} | {
        field: (field, 0) for field in COLUMNS
    }


def _key(name: Any) -> str:
    """ "Minimum Age", "minimum-age" → "minimum_age"."""
    return _WORD_BREAK.sub("_", str(name).strip().lower()).strip("_")


READER = FieldsReader(
    NAME,
    recognises,
    read,
    frozenset(form for name in _names() for form in (name, name.replace("_", " "))),
)
