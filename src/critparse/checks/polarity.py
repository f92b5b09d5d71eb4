"""Criteria that say the opposite of the heading they stand under."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.cues import words
from critparse.checks.facts import LIST, Facts, Item
from critparse.checks.phrases import opening, phrase, phrases
from critparse.checks.places import Places, own_words, part
from critparse.checks.registry import Problem, check

_PERSONS = re.compile(
    r"(?:the\s{1,20}|all\s{1,20})?(?:patients?|subjects?|participants?|women|individuals?)(?:\s{1,20}(?:who|with|that))?\s{1,20}",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;(\[]\s{0,20}")
_ADMITS = "admits"
_REACH = 600
"""Characters before a statement in which its sentence begins."""
_FIRST = 12
"""Words at the head of a criterion that say what it asks for."""


@check(
    "exclusion-negated",
    title="An exclusion criterion excludes those who do not have what should exclude",
    severity="warning",
    message="Read as written, this excludes everybody else: “{quote}” ({where}).",
    suggestion="State what excludes without the negation, or move the criterion to the inclusion criteria.",
)
def exclusion_negated(facts: Facts) -> Iterator[Problem]:
    """An exclusion criterion begins with the absence of a disease, treatment or risk ("No history of stroke").

    Together with the heading it is a double negative: those without it would be excluded. What people without it may
    well be excluded for ("No informed consent", "No response to treatment") is left out.
    """
    found = Places(facts)
    for item, text, begin in _stated(facts, "exclusion"):
        lead = _PERSONS.match(text)
        start = lead.end() if lead else 0
        head = opening("negated", text[start:]) or opening("negated", text)
        if head is None or phrase("negated-fine", " ".join(words(text)[:_FIRST])) is not None:
            continue
        found.add("", part(item, begin, begin + len(text.rstrip())), item.criterion.id)
    return found.problems()


@check(
    "exclusion-asks",
    title="An exclusion criterion asks for something of those who take part",
    severity="warning",
    message="Under the exclusion criteria this excludes those who fulfil it: “{quote}” ({where}).",
    suggestion="Move the criterion to the inclusion criteria, or say who is excluded.",
)
def exclusion_asks(facts: Facts) -> Iterator[Problem]:
    """A criterion under the exclusion heading is worded as a requirement ("Willing to use contraception")."""
    found = Places(facts)
    for item, text, begin in _stated(facts, "exclusion"):
        head = opening("requirement", text)
        if head and phrase("requirement-fine", " ".join(words(text)[:_FIRST])) is None:
            found.add("", part(item, begin, begin + len(text.rstrip())), item.criterion.id)
    return found.problems()


@check(
    "inclusion-excludes",
    title="A criterion under the inclusion heading says who is excluded",
    severity="info",
    message="This stands under the inclusion criteria, but excludes: “{quote}” ({where}).",
    suggestion="Move the criterion to the exclusion criteria.",
)
def inclusion_excludes(facts: Facts) -> Iterator[Problem]:
    """An inclusion criterion says of persons that they are excluded, or names an allergy to the study drug."""
    found = Places(facts)
    for item, text, begin in _stated(facts, "inclusion"):
        head = opening("exclusion-opening", text)
        if head:
            found.add("", part(item, begin, begin + len(text.rstrip())), item.criterion.id)
            continue
        for said in phrases("stated-exclusion", text):
            before = _SENTENCE_END.split(text[max(0, said.start - _REACH) : said.start])[-1]
            if phrase("exclusion-persons", before) and said.kind != _ADMITS:
                found.add("", part(item, begin + said.start - len(before), begin + said.end), item.criterion.id)
    return found.problems()


def _stated(facts: Facts, kind: str) -> Iterator[tuple[Item, str, int]]:
    """The outermost criteria of a kind in the list: criterion, words without marker, where these begin."""
    for item in facts.items:
        criterion = item.criterion
        if criterion.kind == kind and criterion.span.text_id == LIST and not item.above:
            text, begin = own_words(item)
            if text:
                yield item, text, begin
