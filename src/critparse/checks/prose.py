"""Title and prose of the record against its fields and its list: the ages, and how many take part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from critparse.checks.ages import AgeRange, Limit, concerns_others, eligibility_age, field_limit, relation
from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, NARRATIVES, TITLES, Facts, at
from critparse.checks.phrases import phrase
from critparse.checks.registry import Problem, check
from critparse.rules.read import read
from critparse.schema import AgeLimit, FieldEvidence, SourceText, Span

_SENTENCE = re.compile(r"[^\n.;]++(?:[.;](?!\s|$)[^\n.;]*+)*+")
_AGE_WORD = re.compile(r"\b(?:age[ds]?|years?|yrs?|months?)\b", re.IGNORECASE)
_LONGEST = 500
"""Characters of a sentence that is looked at."""
_MOST = 400
"""Sentences of a text that are looked at."""
_UNITS = ("a", "mo", "wk", "d")


@dataclass(frozen=True, slots=True)
class _Told:
    """The ages that a title or a sentence gives to those who take part."""

    ages: AgeRange
    span: Span
    where: str


@check(
    "age-prose-conflict",
    title="Title or prose give other ages than list and fields",
    severity="warning",
    message="The {where} gives the {end} age as “{quote}”; {others}.",
    suggestion="Decide which {end} age is meant and state the same one in every place.",
)
def ages(facts: Facts) -> Iterator[Problem]:
    """The ages in the title, and in sentences of summary and description that say who takes part.

    A finding when such an age differs from the field and from the list, wherever these state one.
    """
    for end in ("minimum", "maximum"):
        field = facts.trial.registry.minimum_age if end == "minimum" else facts.trial.registry.maximum_age
        listed = eligibility_age(facts, LIST)
        known = [*([field_limit(field)] if field else []), *listed.end(end)]
        everywhere = [*known, *(x for ages in listed.others if (x := ages.end(end)))]
        for told in _told(facts):
            limit = told.ages.end(end)
            if limit is None or not known or any(relation(end, limit, other) != "different" for other in everywhere):
                continue
            evidence = [at(told.span)]
            evidence += [at(other.span) for other in listed.end(end) if other.span]
            fields = [FieldEvidence(field=f"{end}_age", value=field.text)] if field else []
            details = {"where": told.where, "end": end, "quote": facts.text_of(told.span)}
            yield Problem((*evidence, *fields), details | {"others": _others(facts, end, field, listed.end(end))})
            break


def _others(facts: Facts, end: str, field: AgeLimit | None, listed: tuple[Limit, ...]) -> str:
    said = [f"the {end} age field says {field.value:g} {field.unit}"] if field else []
    said += [f"the criteria say “{facts.text_of(limit.span)}” ({limit.criterion})" for limit in listed if limit.span]
    return " and ".join(dict.fromkeys(said))


def _told(facts: Facts) -> list[_Told]:
    """What title and prose say of ages, worked out once for both ends."""
    key = (__name__, "told")
    if key not in facts.worked_out:
        facts.worked_out[key] = [told for text in facts.trial.texts for told in _told_in(facts, text)]
    found = facts.worked_out[key]
    assert isinstance(found, list)
    return found


def _told_in(facts: Facts, text: SourceText) -> Iterator[_Told]:
    if text.id not in (*TITLES, *NARRATIVES):
        return
    for number, match in enumerate(_SENTENCE.finditer(text.text)):
        if number == _MOST:
            return
        sentence = match[0]
        wanted = text.id in TITLES or cue_in("prose-enrols", sentence)
        if not wanted or len(sentence) > _LONGEST or not _AGE_WORD.search(sentence) or "\\" in sentence:
            continue
        span = Span(text_id=text.id, start=match.start(), end=match.end())
        if facts.item_at(span) is None:
            ages = _ages_of(sentence, title=text.id in TITLES)
            if ages is not None:
                where = Span(text_id=text.id, start=span.start + ages[1][0], end=span.start + ages[1][1])
                yield _Told(ages[0], where, text.label.lower())


def _ages_of(sentence: str, *, title: bool) -> tuple[AgeRange, tuple[int, int]] | None:
    """The one age limit of a sentence about everyone who takes part, with its place in the sentence."""
    reading = read(sentence, ())
    found = [draft for draft in reading.drafts if draft.kind == "age" and draft.limit is not None]
    if len(found) != 1 or found[0].limit is None or found[0].limit.ucum not in _UNITS:
        return None
    limit, unit = found[0].limit, found[0].limit.ucum
    tokens = reading.tokens
    start, end = tokens.starts[limit.first], tokens.ends[limit.last - 1]
    lower, upper = limit.lower, limit.upper
    if not limit.stated or (lower and upper and lower.value >= upper.value):
        return None
    before = "" if title else sentence[:start]  # "in adults aged …" names a subgroup elsewhere, in a title all
    other = title and (cue_in("title-age-other", sentence) or cue_in("age-elsewhere", sentence))
    if other or concerns_others(before, sentence[start:end], sentence[end:]):
        return None
    low = Limit(lower.value, unit, lower.inclusive) if lower else None
    high = Limit(upper.value, unit, upper.inclusive) if upper else None
    return AgeRange(low, high), (start, end)


_TOTAL = re.compile(
    r"\b(?:a\stotal\sof|total\ssample\s(?:size\s)?of|sample\ssize\s(?:is|will\sbe|of))\s(?:approximately\s|about\s)?"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})\s",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?:[\w,/-]{1,25}\s){0,4}")
"""Words between a number and the people it counts."""
_AROUND = 80
"""Characters around a total in which words say that it is not of all who take part."""
_NEAR = 0.1
"""Share by which a stated number may be off: protocols plan for those who drop out."""


@check(
    "enrollment-conflict",
    title="The number of participants differs between field and text",
    severity="info",
    message="The enrolment field says {field}, the {where} “{quote}”.",
    suggestion="State the same number in both places, or say what the other one counts.",
)
def enrollment(facts: Facts) -> Iterator[Problem]:
    """A total in summary or description ("a total of 40 patients") is compared with the enrolment field.

    Numbers of arms, groups, sites and earlier studies do not count; where the text has several totals, the one nearest
    to the field. Information only: the field turns into the actual number when a study ends.
    """
    field = facts.trial.registry.enrollment
    if not field:
        return
    found = []
    for text in facts.trial.texts:
        if text.id in NARRATIVES:
            for number, span in _totals(text):
                around = text.text[max(0, span.start - _AROUND) : span.end + _AROUND]
                if not cue_in("enrollment-other", around):
                    found.append((abs(number - field) / max(number, field), span, text.label.lower()))
    if found:
        off, span, where = min(found, key=lambda each: each[0])
        if off > _NEAR:
            details = {"field": str(field), "where": where, "quote": facts.text_of(span)}
            yield Problem((FieldEvidence(field="enrollment", value=str(field)), at(span)), details)


def _totals(text: SourceText) -> Iterator[tuple[int, Span]]:
    """The totals of people that a text states ("a total of 40 elderly patients"), each with its words."""
    for match in _TOTAL.finditer(text.text):
        people = phrase("counted-people", text.text[match.end() : match.end() + _AROUND])
        if people is not None and _BETWEEN.fullmatch(text.text, match.end(), match.end() + people.start):
            span = Span(text_id=text.id, start=match.start(), end=match.end() + people.end)
            yield int(match["number"].replace(",", "")), span
