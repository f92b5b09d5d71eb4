"""The title against the registry's fields: phase, age group, sex."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from critparse.checks.ages import field_limit
from critparse.checks.cues import cue_in
from critparse.checks.facts import Facts, at
from critparse.checks.phrases import phrase
from critparse.checks.registry import Problem, check
from critparse.lexicon.resources import data_rows
from critparse.schema import AgeLimit, FieldEvidence, SourceText, Span

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_ONE_PHASE = r"(?:[0-4]|iv|i{1,3})[ab]?(?![a-z0-9])"
_PHASE = re.compile(rf"\bphase[\s-]{{0,3}}({_ONE_PHASE}(?:\s?[/&,-]\s?(?:phase\s)?{_ONE_PHASE}){{0,2}})", re.IGNORECASE)
_PART = re.compile(r"[0-4]|iv|i{1,3}", re.IGNORECASE)


@check(
    "phase-conflict",
    title="The title names another phase than the phase field",
    severity="warning",
    message="The title says “{quote}”, the phase field {field}.",
    suggestion="Correct the phase in the title or in the field.",
)
def phase(facts: Facts) -> Iterator[Problem]:
    """The phases that a title names are compared with those of the phase field; a shared one is agreement."""
    field = facts.trial.registry.phase
    registered = {int(digit) for digit in re.findall(r"[0-4]", field or "")}
    if field is None or not registered:
        return
    for text in facts.titles:
        named = [(span, quote, _phases(quote)) for span, quote in _matches(text, _PHASE)]
        if named and registered.isdisjoint(set().union(*(phases for _, _, phases in named))):
            span, quote, _ = named[0]
            yield Problem((at(span), FieldEvidence(field="phase", value=field)), {"quote": quote, "field": field})
            return


def _phases(quote: str) -> set[int]:
    """The numbers in "Phase II/III"."""
    return {_ROMAN[p.lower()] if p.isalpha() else int(p) for p in _PART.findall(quote[len("phase") :])}


_SEXES = ("female", "male")


@dataclass(frozen=True, slots=True)
class _AgeGroup:
    """People as titles name them: a record about them admits some of the ages from ``lowest`` to ``highest`` years."""

    name: str
    lowest: float
    highest: float
    word: re.Pattern[str]


@check(
    "age-title-conflict",
    title="The title is about people of other ages than the age fields admit",
    severity="warning",
    message="The title speaks of “{quote}”, the age fields admit {ages}.",
    suggestion="Correct the age fields, or the title.",
)
def ages(facts: Facts) -> Iterator[Problem]:
    """The age group that a title names (children, adults, older people) lies outside the registry's ages altogether."""
    lowest, highest = facts.trial.registry.minimum_age, facts.trial.registry.maximum_age
    for text in facts.titles:
        named = _named_groups(text)
        if len({group.name for group, _, _ in named}) != 1 or cue_in("title-age-other", text.text):
            continue
        group, span, quote = named[0]
        above = lowest is not None and field_limit(lowest).value >= group.highest
        below = highest is not None and field_limit(highest).value < group.lowest
        if above or below:
            field = ("minimum_age", lowest) if above else ("maximum_age", highest)
            assert field[1] is not None
            evidence = (at(span), FieldEvidence(field=field[0], value=field[1].text))
            yield Problem(evidence, {"quote": quote, "ages": _admitted(lowest, highest)})
            return


def _named_groups(text: SourceText) -> list[tuple[_AgeGroup, Span, str]]:
    """The age groups that a title names; the adults of "older adults" are none of their own."""
    found = [(group, *place) for group in _age_groups() for place in _matches(text, group.word)]

    def within(span: Span) -> bool:
        return any(span != other and other.start <= span.start and span.end <= other.end for _, other, _ in found)

    return [place for place in found if not within(place[1])]


@functools.cache
def _age_groups() -> tuple[_AgeGroup, ...]:
    rows = data_rows("age_groups.tsv", ("group", "lowest", "highest", "words"))
    return tuple(
        _AgeGroup(
            row["group"],
            float(row["lowest"]),
            float(row["highest"]),
            re.compile(rf"\b(?:{row['words']})\b", re.IGNORECASE),
        )
        for row in rows
    )


def _admitted(lowest: AgeLimit | None, highest: AgeLimit | None) -> str:
    """ "12 years and older", "up to 17 years", "18 years to 65 years"."""
    low, high = (f"{limit.value:g} {limit.unit}" if limit else None for limit in (lowest, highest))
    return f"{low} to {high}" if low and high else f"{low} and older" if low else f"up to {high}"


@check(
    "sex-title-conflict",
    title="The title is about one sex, the sex field admits the other",
    severity="warning",
    message="The title speaks of “{quote}”, the sex field says {field}.",
    suggestion="Correct the sex field if only {people} can take part.",
)
def sex(facts: Facts) -> Iterator[Problem]:
    """A title that names women alone or men alone is compared with the sex field.

    Under the field "all" such a title counts only if the criteria name nobody of the other sex.
    """
    field = facts.trial.registry.sex
    if field is None:
        return
    for text in facts.titles:
        found = {sex: said for sex in _SEXES if (said := phrase(f"title-{sex}", text.text))}
        named = list(found)
        if len(named) != 1 or cue_in("sex-others", text.text) or field == named[0]:
            continue
        if field == "all" and not _only(facts, named[0]):
            continue
        said = found[named[0]]
        people = "women" if named[0] == "female" else "men"
        evidence = (at(Span(text_id=text.id, start=said.start, end=said.end)), FieldEvidence(field="sex", value=field))
        quote = text.text[said.start : said.end]
        yield Problem(evidence, {"quote": quote, "field": field, "people": people})
        return


def _only(facts: Facts, sex: str) -> bool:
    """Whether no criterion speaks of participants of the other sex."""
    other = "male" if sex == "female" else "female"
    texts = [item.criterion.text for item in facts.items]
    return not any(cue_in(f"sex-{other}", text) or cue_in("sex-others", text) for text in texts)


def _matches(text: SourceText, pattern: re.Pattern[str]) -> Iterator[tuple[Span, str]]:
    for match in pattern.finditer(text.text):
        yield Span(text_id=text.id, start=match.start(), end=match.end()), match[0]
