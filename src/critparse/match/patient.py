"""What is known of a patient: facts with codes, times and values, whatever record they come from."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple, Protocol

from critparse.schema import ParsedTrial

Domain = Literal["condition", "drug", "procedure", "device", "observation", "allergy"]
State = Literal["active", "over", "unknown"]
_YEAR, _MONTH, _DAY = 4, 7, 10


class Days(NamedTuple):
    """A date as exactly as it is known: some day from ``first`` to ``last``; any until then from ``date.min``."""

    first: date
    last: date

    @classmethod
    def of(cls, text: str) -> Days:
        """Read a FHIR date or dateTime: "2024", "2024-05", "2024-05-01T10:00:00Z". Raises ValueError."""
        day = text[:_DAY]
        if len(text) == _YEAR:
            return cls(date(int(text), 1, 1), date(int(text), 12, 31))
        if len(text) == _MONTH:
            year, month = int(text[:4]), int(text[5:])
            return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
        exact = date.fromisoformat(day)
        return cls(exact, exact)

    @property
    def words(self) -> str:
        """As exactly as it is known: "2024", "2024-05", "2024-05-01", "until 2024-05-01"."""
        first, last = self
        if first == date.min:
            return f"until {last}"
        for text in (str(first)[:_YEAR], str(first)[:_MONTH], str(first)):
            if Days.of(text) == self:
                return text
        return f"{first} to {last}"


class Fact(NamedTuple):
    """One entry of a patient's record.

    ``codes`` are ``SYSTEM:code``, ``above`` those of all wider concepts, where the record brings a hierarchy;
    ``source`` is the resource ("Condition/c1") or row ("measurement/123"); ``denied``: the record says that it is not
    so; ``certain``: it is not only suspected; ``number`` with ``unit`` (UCUM) and its limits of normal, ``words``
    (results and flags, lower case) and ``flag`` are the value of an observation.
    """

    domain: Domain
    text: str
    source: str
    codes: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    start: Days | None = None
    end: Days | None = None
    state: State = "unknown"
    denied: bool = False
    certain: bool = True
    number: float | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    words: frozenset[str] = frozenset()
    flag: bool | None = None


class Patient(NamedTuple):
    """A patient; ``sex`` is the administrative gender, where it is female or male; ``table``: where it stands."""

    id: str
    birth: Days | None = None
    sex: Literal["female", "male"] | None = None
    facts: tuple[Fact, ...] = ()
    table: str = "Patient"

    @property
    def source(self) -> str:
        """The patient's own entry in the record ("Patient/p1"), for facts that stand there."""
        return f"{self.table}/{self.id}"

    def of(self, domains: Iterable[Domain]) -> list[Fact]:
        """The facts of some domains."""
        wanted = set(domains)
        return [fact for fact in self.facts if fact.domain in wanted]


class Record(Protocol):
    """Patients from any source."""

    @property
    def patients(self) -> Iterable[Patient]:
        """All patients with their facts, in order of their ids; each access begins anew."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be used, one line each."""

    @property
    def never_complete(self) -> Mapping[Domain, str]:
        """Kinds of facts of which the record cannot be taken to be complete, and why."""

    def coded(self, trial: ParsedTrial) -> ParsedTrial:
        """The trial with the codes that the record's own vocabulary has for its subjects."""
