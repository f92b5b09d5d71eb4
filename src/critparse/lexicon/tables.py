"""The authored tables: analytes, scores, subjects, drug classes and trial terms, as typed rows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from critparse.errors import ResourceError
from critparse.lexicon.resources import data_rows
from critparse.schema.rule import LEAF_KINDS

AnalyteKind = Literal["lab", "vital", "body", "imaging", "function"]
Direction = Literal["higher-worse", "higher-better"]
ScoreForm = Literal["integer", "decimal", "roman", "grade", "class", "stage"]
TermLabel = Literal["Condition", "Drug", "Procedure", "Device", "Measurement", "Observation"]
Row = TypeVar("Row")
Choice = TypeVar("Choice")
_MAX_ACRONYM = 3


@dataclass(frozen=True, slots=True)
class Alias:
    """A surface form; short acronyms, and forms written with a leading ``=``, count only in the case given."""

    text: str
    case_sensitive: bool


@dataclass(frozen=True, slots=True)
class Analyte:
    """A laboratory analyte, vital sign, body measure, imaging or function measurement.

    ``unit`` is the canonical UCUM unit; ``units`` maps every other accepted UCUM unit to the factor by which a value
    in it is multiplied to give the canonical one (None: accepted, but there is no fixed factor). ``low`` and ``high``
    bound what is plausible, in ``unit``. ``loinc`` is the code of values in ``unit``, ``loinc_other`` maps units of
    another property (moles where ``unit`` is a mass) to the code of values in them.
    """

    id: str
    display: str
    kind: AnalyteKind
    specimen: str
    unit: str
    units: dict[str, float | None]
    low: float | None
    high: float | None
    loinc: str
    loinc_other: dict[str, str]
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A score, scale, class or stage; ``low`` and ``high`` are its ends, None when open or not numeric.

    ``codes`` are (system, code), best first; the systems are LOINC, NCIT, SNOMEDCT and MESH.
    """

    id: str
    display: str
    low: float | None
    high: float | None
    direction: Direction
    form: ScoreForm
    codes: tuple[tuple[str, str], ...]
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something else a numeric limit can belong to; ``kind`` is the leaf kind it becomes."""

    id: str
    display: str
    kind: str
    dimension: str
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """An authored concept: ``concept`` is its id (``MESH:…`` or an own one), ``aliases`` its surface forms."""

    concept: str
    label: TermLabel
    display: str
    aliases: tuple[Alias, ...]


def parse_alias(text: str) -> Alias:
    """Read one alias cell part: ``=AUDIT`` and forms of at most three characters are case-sensitive."""
    forced = text.startswith("=")
    text = text.removeprefix("=")
    return Alias(text, forced or len(text) <= _MAX_ACRONYM)


@functools.cache
def analytes() -> dict[str, Analyte]:
    """The analyte table by id. Raises ResourceError when the file is damaged."""
    columns = ("id", "display", "kind", "specimen", "unit", "units", "low", "high", "loinc", "loinc_other", "aliases")
    return _read("analytes.tsv", columns, _analyte)


@functools.cache
def scores() -> dict[str, Score]:
    """The score table by id. Raises ResourceError when the file is damaged."""
    return _read("scores.tsv", ("id", "display", "min", "max", "direction", "form", "codes", "aliases"), _score)


@functools.cache
def subjects() -> dict[str, Subject]:
    """The table of other numeric subjects by id. Raises ResourceError when the file is damaged."""
    return _read("subjects.tsv", ("id", "display", "kind", "dimension", "aliases"), _subject)


@functools.cache
def trial_terms() -> dict[str, Term]:
    """Authored terms that trials use and MeSH lacks or files elsewhere, by ``concept`` id."""
    return _read("trial_terms.tsv", ("id", "label", "display", "aliases"), _term)


@functools.cache
def linking_terms() -> dict[str, Term]:
    """Authored names for linking only, by ``concept`` id; their case counts by the linker's own rule."""
    return _read("linking_terms.tsv", ("id", "label", "display", "aliases"), _term)


@functools.cache
def drug_classes() -> dict[str, Term]:
    """Authored drug classes by ``concept`` id."""
    return _read("drug_classes.tsv", ("id", "display", "aliases"), _drug_class)


def _read(name: str, columns: tuple[str, ...], build: Callable[[dict[str, str]], Row]) -> dict[str, Row]:
    table: dict[str, Row] = {}
    for row in data_rows(name, columns):
        if not row["id"] or row["id"] in table:
            raise ResourceError(file=name, reason=f"the id {row['id']!r} is empty or stands twice")
        try:
            table[row["id"]] = build(row)
        except ValueError as error:
            raise ResourceError(file=name, reason=f"row {row['id']}: {error}") from error
    return table


def _analyte(row: dict[str, str]) -> Analyte:
    return Analyte(
        id=row["id"],
        display=row["display"],
        kind=_one_of(row["kind"], get_args(AnalyteKind)),
        specimen=row["specimen"],
        unit=row["unit"],
        units=dict(_factor(part) for part in row["units"].split("|") if part),
        low=_number(row["low"]),
        high=_number(row["high"]),
        loinc=row["loinc"],
        loinc_other=dict(_pair(part, "=") for part in row["loinc_other"].split("|") if part),
        aliases=_aliases(row["aliases"]),
    )


def _score(row: dict[str, str]) -> Score:
    return Score(
        id=row["id"],
        display=row["display"],
        low=_number(row["min"]),
        high=_number(row["max"]),
        direction=_one_of(row["direction"], get_args(Direction)),
        form=_one_of(row["form"], get_args(ScoreForm)),
        codes=tuple(_pair(part, ":") for part in row["codes"].split("|") if part),
        aliases=_aliases(row["aliases"]),
    )


def _subject(row: dict[str, str]) -> Subject:
    if row["kind"] not in LEAF_KINDS:
        raise ValueError(f"{row['kind']!r} is no leaf kind")
    return Subject(row["id"], row["display"], row["kind"], row["dimension"], _aliases(row["aliases"]))


def _term(row: dict[str, str]) -> Term:
    return Term(row["id"], _one_of(row["label"], get_args(TermLabel)), row["display"], _aliases(row["aliases"]))


def _drug_class(row: dict[str, str]) -> Term:
    return Term(row["id"], "Drug", row["display"], _aliases(row["aliases"]))


def _one_of(value: str, choices: tuple[Choice, ...]) -> Choice:
    for choice in choices:
        if choice == value:
            return choice
    raise ValueError(f"{value!r} is none of {', '.join(map(str, choices))}")


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _factor(part: str) -> tuple[str, float | None]:
    unit, separator, factor = part.rpartition("=")
    return (unit, _number(factor)) if separator else (part, None)


def _pair(part: str, separator: str) -> tuple[str, str]:
    first, _, second = part.partition(separator)
    if not first or not second:
        raise ValueError(f"{part!r} is no pair")
    return first, second


def _aliases(cell: str) -> tuple[Alias, ...]:
    aliases = tuple(parse_alias(part.strip()) for part in cell.split("|") if part.strip())
    if not aliases:
        raise ValueError("it has no aliases")
    return aliases
