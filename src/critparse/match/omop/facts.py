"""From a row of a CDM to a fact."""

from __future__ import annotations

from datetime import date, timedelta

from critparse.lexicon.omop import keys
from critparse.match.codes import named
from critparse.match.omop.concepts import Concepts
from critparse.match.omop.tables import Record, Table
from critparse.match.patient import Days, Domain, Fact, State
from critparse.match.resources import plain_number
from critparse.match.terms import terms, yes_or_no


def fact_of(record: Record, table: Table, concepts: Concepts) -> Fact:
    """The fact that a row of a table is."""
    known, source = concepts.of(record.concept), concepts.of(record.source_concept)
    text = known.name or source.name or record.source_value or f"concept {record.concept}"
    names = [name for name in (known.name, source.name) if name]
    status = concepts.of(record.status).name.casefold()
    fact = Fact(
        table.domain,
        text,
        f"{table.name}/{record.id}",
        known.codes.union(source.codes, *(named(name, table.domain) for name in names)),
        known.above | source.above,
        start=_days(record.start),
        end=_days(_end(record, table.domain)),
        state=_state(record, table.domain, status),
        certain=status not in terms("condition-status")["suspected"],
    )
    return _with_value(fact, record, table, concepts) if table.domain == "observation" else fact


def _days(day: date | None) -> Days | None:
    return None if day is None else Days(day, day)


def _end(record: Record, domain: Domain) -> date | None:
    """When it was over.

    Of conditions and devices, sources that know a single day give it as both, and diagnoses of a hospital stay end with
    the stay: neither is the end of the condition.
    """
    if domain == "drug":
        if record.end is None and record.start is not None and record.supply:
            return record.start + timedelta(days=min(max(record.supply, 1), 36_600) - 1)
        return record.end
    if domain in ("condition", "device"):
        return None if record.end in (record.start, record.visit_end) else record.end
    return record.end or record.start  # procedures, measurements and observations are of one day


def _state(record: Record, domain: Domain, status: str) -> State:
    """A drug is taken as long as its exposure goes on; of a condition only the status of its diagnosis says more."""
    if domain == "drug" and (record.end is not None or record.supply):
        return "active"
    return "over" if status in terms("condition-status")["over"] else "unknown"


def _with_value(fact: Fact, record: Record, table: Table, concepts: Concepts) -> Fact:
    """The fact with number, words or flag of its value; with the value in its text."""
    answer = concepts.of(record.value_concept).name
    shown = answer or record.value_text.strip()
    words = {shown.casefold(), *(_meanings(record.value_concept))} - {""}
    exact = keys("operator").get(record.operator, "=")
    if record.number is not None:
        unit = _unit(record, concepts)
        sign = "" if exact == "=" else exact
        return fact._replace(
            text=f"{fact.text} {sign}{record.number:g} {unit or ''}".strip(),
            number=record.number if exact == "=" else None,
            unit=unit,
            low=record.low,
            high=record.high,
            words=frozenset(words if answer else ()),  # the source's words repeat the number
        )
    if not words:
        # an observation without any value is what its concept says; a measurement without one says nothing
        observed = table.name == "observation" and not (record.value_concept or record.qualifier)
        return fact._replace(flag=True if observed else None)
    number = None if answer else plain_number(shown)
    said = shown or ", ".join(sorted(words))
    flag = None if number is not None else yes_or_no(words)
    return fact._replace(text=f"{fact.text}: {said}", number=number, words=frozenset(words), flag=flag)


def _meanings(value_concept: int) -> tuple[str, ...]:
    """What critparse itself knows a result's concept to mean."""
    return tuple(found for kind in ("result", "word", "answer") if (found := keys(kind).get(value_concept)))


def _unit(record: Record, concepts: Concepts) -> str | None:
    """The UCUM code of the unit; the unit as written, or its id, where there is none, which is no UCUM."""
    if record.unit:
        return concepts.of(record.unit).unit or record.unit_text.strip() or f"concept {record.unit}"
    return record.unit_text.strip() or None
