"""What the checks know of measured things: rows of the lexicon, and whether a value stands with its subject."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from critparse.checks.cues import cue_in
from critparse.checks.facts import SURE, Facts, hull
from critparse.lexicon import Analyte, default_lexicon
from critparse.lexicon.lexicon import ANALYTE, SCORE
from critparse.lexicon.tables import Score
from critparse.schema import Leaf, Range, Span

GAP = 40
"""Characters between a subject and its value at most."""
_NEAR = 60
"""Characters within which a subject and its value are quoted together."""
_VALUE_ENDS = re.compile(r"[,;)\]]|\.(?![\d.]|\s\d)|$|(?:and|or|at|on|if|unless|within|for|but|during|prior)\b")


@functools.lru_cache(maxsize=4096)
def row_of(subject: str) -> Analyte | Score | None:
    """The analyte or score that a subject names as a whole."""
    lexicon = default_lexicon()
    for mention in lexicon.match(subject):
        if mention.concept_id.startswith((ANALYTE, SCORE)) and mention.end - mention.start >= len(subject.strip()) - 1:
            row = lexicon.concept(mention.concept_id).row
            return row if isinstance(row, Analyte | Score) else None
    return None


def measured(facts: Facts) -> Iterator[tuple[Leaf, Analyte | Score, Range, str]]:
    """Absolute limits of analytes and scores, read with confidence, each with the id of its criterion."""
    for criterion_id, found in facts.leaves_of.items():
        for leaf in found:
            range_ = leaf.range
            if leaf.kind != "measurement" or leaf.confidence < SURE or range_ is None or not range_.evidence:
                continue
            row = row_of(leaf.subject.text) if leaf.subject.spans else None
            if row is not None and range_.relative_to is None:
                yield leaf, row, range_, criterion_id


def belongs(facts: Facts, leaf: Leaf, range_: Range) -> bool:
    """Whether the value follows its subject with nothing of weight in between."""
    subject, value = hull(leaf.subject.spans), hull(range_.evidence)
    if subject.text_id != value.text_id or subject.end > value.start or value.start - subject.end > GAP:
        return False
    text = facts.trial.text_of(Span(text_id=value.text_id, start=max(0, subject.start - GAP), end=value.end))
    between = between_words(facts, leaf, range_)
    if re.search(r"\w-$", text[: max(0, subject.start - max(0, subject.start - GAP))]):
        return False  # "pre-albumin"
    return not cue_in("unit-renal", text) and not cue_in("unit-other", between) and not any(map(str.isdecimal, between))


def between_words(facts: Facts, leaf: Leaf, range_: Range) -> str:
    """The words between a subject and the value that follows it."""
    subject, value = hull(leaf.subject.spans), hull(range_.evidence)
    return facts.trial.text_of(Span(text_id=value.text_id, start=subject.end, end=max(subject.end, value.start)))


def after(facts: Facts, range_: Range) -> str:
    """The words of the criterion that follow a value, in lower case."""
    value = hull(range_.evidence)
    item = facts.item_at(value)
    end = min(value.end + GAP, item.criterion.span.end) if item else value.end
    rest = facts.trial.text_of(Span(text_id=value.text_id, start=value.end, end=max(value.end, end)))
    return rest.lstrip("\\ \t\r\n").lower()


def ends(facts: Facts, range_: Range) -> bool:
    """Whether the statement ends with the value: no further limit shares a unit with it, no unit was overlooked."""
    quote, rest = facts.text_of(hull(range_.evidence)), after(facts, range_)
    if quote.endswith("+") or quote.startswith("("):
        return False  # a dipstick's grade; part of a name
    if _VALUE_ENDS.match(rest) is None:
        return False
    return not (rest.startswith(("or ", "and ", "to ")) and any(map(str.isdecimal, rest[: GAP // 2])))


def passage(leaf: Leaf, range_: Range) -> Span:
    """The subject with its value where they stand close together, else the value."""
    value = hull(range_.evidence)
    subject = hull(leaf.subject.spans) if leaf.subject.spans else value
    together = hull((subject, value)) if subject.text_id == value.text_id else value
    return together if together.end - together.start <= _NEAR + (value.end - value.start) else value
