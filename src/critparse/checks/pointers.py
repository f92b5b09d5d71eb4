"""What a criterion points at: lists that do not follow, criteria that do not exist, documents that cannot be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from critparse.checks.cues import cue_in
from critparse.checks.facts import LIST, Facts, at
from critparse.checks.phrases import phrase, phrases
from critparse.checks.places import Places, own_words, part, shortened
from critparse.checks.registry import Problem, check

_SENTENCE = 300
"""Characters that a line saying that there are more criteria has at most."""
_TAIL = 200
"""Characters at the end of a criterion that may announce a list."""
_LEAD_IN = re.compile(
    r"\b(?:any|one|all|some|either|two|three|\d|more|least|each|these|the)\b[^.;:]{0,60}\bfollowing(?:\s+[a-z]{1,15}){0,3}\s*:\s*$"
    r"|\b(?:any|one|all|some|two|three|\d|more|least|each)\s+of\s+the\s+following(?:\s+[a-z]{1,15})?\s*$",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"\b(?:(?P<kind>inclusion|exclusion)\s{1,3})?criteri(?:on|a|um)\s{0,3}(?:no\.?|number|nr\.?|\#|n°)?\s{0,3}\#?(?P<number>\d{1,2})(?![\d.,]*\d|\s*%|\w|\))",
    re.IGNORECASE,
)
_MARKER_NUMBER = re.compile(r"\d{1,3}")
_ELSEWHERE = re.compile(
    r"[^.;]{0,40}\b(?:main|parent|original|previous|prior|core|cohort|part|guideline|substudy|other)\b"
    r"|\s{0,3}(?:points?|years|months|weeks|days|of\s+the\s+[A-Z])",
    re.IGNORECASE,
)


@check(
    "list-missing",
    title="A list is announced that does not follow",
    severity="warning",
    message="Nothing follows the announcement of a list: “{quote}” ({where}).",
    suggestion="Add the list, or take the announcement out.",
)
def list_missing(facts: Facts) -> Iterator[Problem]:
    """A criterion ends in "any of the following" or the like, and it is the last one of its list."""
    found = Places(facts)
    for item, following in pairwise((*facts.items, None)):
        assert item is not None
        criterion = item.criterion
        text = criterion.text.rstrip()
        offset = max(0, len(text) - _TAIL)
        match = _LEAD_IN.search(text, offset)
        after = following.criterion if following else None
        same = after is not None and (after.kind, after.span.text_id) == (criterion.kind, criterion.span.text_id)
        if match is not None and not same:
            found.add("", part(item, match.start(), len(text)), criterion.id)
    return found.problems()


@check(
    "pointer-dangling",
    title="A criterion refers to another one that does not exist",
    severity="warning",
    message="There is no such criterion: “{quote}” ({where}).",
    suggestion="Correct the number, or name what is meant.",
)
def pointer_dangling(facts: Facts) -> Iterator[Problem]:
    """A reference to a criterion by its number ("see inclusion criterion 12") where the list has fewer of them."""
    highest = _highest_numbers(facts)
    found = Places(facts)
    for item in facts.items:
        if item.criterion.span.text_id != LIST:
            continue
        text, begin = own_words(item)
        for match in _POINTER.finditer(text):
            kind = (match["kind"] or "").lower()
            most = highest.get(kind, 0) if kind else max(highest.values(), default=0)
            if int(match["number"]) > most and not _ELSEWHERE.match(text, match.end()):
                found.add(match[0].lower(), part(item, begin + match.start(), begin + match.end()), item.criterion.id)
    return found.problems()


def _highest_numbers(facts: Facts) -> dict[str, int]:
    """The highest number that a criterion of each kind may be known by: by marker or by count."""
    highest: dict[str, int] = {}
    counts: dict[str, int] = {}
    for item in facts.items:
        criterion = item.criterion
        if criterion.span.text_id == LIST:
            counts[criterion.kind] = counts.get(criterion.kind, 0) + 1
            marked = max((int(number) for number in _MARKER_NUMBER.findall(criterion.marker)), default=0)
            highest[criterion.kind] = max(highest.get(criterion.kind, 0), marked, counts[criterion.kind])
    return highest


@check(
    "pointer-outside",
    title="A criterion refers to a document that readers of the registry do not have",
    severity="info",
    message="Readers of the registry cannot see what this refers to: “{quote}” ({where}).",
    suggestion="State in the record what the protocol or appendix says.",
)
def pointer_outside(facts: Facts) -> Iterator[Problem]:
    """A criterion is defined in the protocol, an appendix, a section or a table. The same words make one finding."""
    found = Places(facts)
    for item in facts.items:
        text, begin = own_words(item)
        for seen in phrases("outside", text):
            if phrase("outside-fine", text[max(0, seen.start - 80) : seen.start]):
                continue
            words = " ".join(text[seen.start : seen.end].lower().split())
            found.add(words, part(item, begin + seen.start, begin + seen.end), item.criterion.id)
    return found.problems()


@check(
    "criteria-withheld",
    title="The record says that there are criteria which it does not list",
    severity="info",
    message="More criteria are said to apply than the record lists: “{quote}”.",
    suggestion="List the criteria that matter to readers, or leave the sentence out.",
)
def criteria_withheld(facts: Facts) -> Iterator[Problem]:
    """A sentence such as "Other protocol-defined criteria may apply". All of a record make one finding."""
    texts = {text.id: text for text in facts.trial.texts}
    spans = [note.span for note in facts.trial.notes if note.reason == "narrative" and note.span.text_id == LIST]
    spans += [item.criterion.span for item in facts.items if item.criterion.span.text_id == LIST]
    said = [span for span in spans if span.end - span.start <= _SENTENCE and _says_more(texts[LIST].slice(span))]
    if said:
        said.sort(key=lambda span: span.start)
        yield Problem(tuple(at(span) for span in said), {"quote": shortened(facts.text_of(said[0]))})


def _says_more(line: str) -> bool:
    """Whether a line says that other criteria than those listed apply; a colon at its end leads in some that are."""
    found = phrase("more-criteria", line)
    return found is not None and cue_in("more", line[: found.end]) is not None and not line.rstrip().endswith(":")
