"""Limits by themselves: values that cannot be, and limits that lack a part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.cues import cue_in, words
from critparse.checks.facts import Facts, hull
from critparse.checks.measures import after, belongs, between_words, ends, measured, passage
from critparse.checks.places import Places
from critparse.checks.registry import Problem, check
from critparse.lexicon import Analyte
from critparse.lexicon.tables import Score
from critparse.lexicon.words import word_set
from critparse.quantities.analytes import canonical
from critparse.schema import Leaf, Range

_MARGIN = 1.5
"""So many times beyond the ends of what is plausible a value has to be; vital signs have firm ends."""
_TIMES = re.compile(r"(?:(?:x|×|times|fold|-fold)(?:\s{0,3}(?:$|[,.;)])|\s{1,3}(?:and|or|for|at|if|unless|within)\b))")
_TIMES_END = re.compile(r"$|[,.;)]|(?:and|or|for|at|if|unless|within)\b")
_TIMES_UNIT = frozenset(("{times}", "{fold}"))


@check(
    "value-implausible",
    title="A limit is far from any value that is measured in this unit",
    severity="warning",
    message="{subject} is hardly ever near {quote_value}: “{quote}” ({where}).",
    suggestion="Check the number and its unit: {subject} is usually between {low} and {high} {usual}.",
)
def value_implausible(facts: Facts) -> Iterator[Problem]:
    """A limit of a laboratory analyte, vital sign or body measure is outside of what is plausible in its unit.

    Both bounds of a range are looked at; 0 ("> 0") says nothing. Changes, differences and doses are left out.
    """
    found = Places(facts)
    for leaf, row, range_, where in measured(facts):
        if not isinstance(row, Analyte) or not belongs(facts, leaf, range_) or _is_about_change(facts, leaf, range_):
            continue
        values = [bound.value for bound in (range_.lower, range_.upper) if bound and bound.value]
        ucum = range_.unit.ucum if range_.unit else None
        if ucum is None or row.low is None or row.high is None:
            continue
        if any(_is_implausible(row, value, ucum) for value in values):
            span = passage(leaf, range_)
            found.add(
                (leaf.subject.text.lower(), facts.text_of(span).lower()),
                span,
                where,
                subject=leaf.subject.text,
                quote_value=facts.text_of(hull(range_.evidence)),
                low=f"{row.low:g}",
                high=f"{row.high:g}",
                usual=row.unit,
            )
    return found.problems()


def _is_implausible(analyte: Analyte, value: float, ucum: str) -> bool:
    stated = canonical(analyte, value, ucum)
    if stated is None or analyte.low is None or analyte.high is None:
        return False
    margin = 1.0 if analyte.kind == "vital" else _MARGIN
    return stated < analyte.low / margin or stated > analyte.high * margin


def _is_about_change(facts: Facts, leaf: Leaf, range_: Range) -> bool:
    item = facts.item_at(hull(range_.evidence))
    return item is None or cue_in("value-other", "".join(facts.sentence_at(hull(range_.evidence), item))) is not None


@check(
    "score-out-of-scale",
    title="A limit is not on the scale of its score",
    severity="warning",
    message="{subject} goes from {low} to {high}: “{quote}” ({where}).",
    suggestion="Check the number, and name the version of the score if it has another scale.",
)
def score_out_of_scale(facts: Facts) -> Iterator[Problem]:
    """A limit of a score lies beyond the ends of its scale ("ECOG 7"). Changes and sub-scores are left out."""
    found = Places(facts)
    for leaf, row, range_, where in measured(facts):
        if not isinstance(row, Score) or row.low is None or row.high is None or range_.unit is not None:
            continue
        if not belongs(facts, leaf, range_) or _is_about_change(facts, leaf, range_):
            continue
        values = [bound.value for bound in (range_.lower, range_.upper) if bound]
        if any(not row.low <= value <= row.high for value in values) and _is_score(facts, leaf, range_):
            span = passage(leaf, range_)
            key = (leaf.subject.text.lower(), facts.text_of(span).lower())
            found.add(key, span, where, subject=leaf.subject.text, low=f"{row.low:g}", high=f"{row.high:g}")
    return found.problems()


def _is_score(facts: Facts, leaf: Leaf, range_: Range) -> bool:
    """Whether subject and value surely are the score and its limit: no other score's acronym or part, no year."""
    subject = hull(leaf.subject.spans)
    text = next(text.text for text in facts.trial.texts if text.id == subject.text_id)
    own = (
        text[max(0, subject.start - 1) : subject.start] not in ("(", "-") and text[subject.end : subject.end + 1] != "-"
    )
    year = any(bound and 1900 <= bound.value <= 2100 for bound in (range_.lower, range_.upper))
    return own and not year and ends(facts, range_) and leaf.subject.text.split()[0] != "must"


@check(
    "reference-missing",
    title="A limit is a multiple of nothing",
    severity="warning",
    message="The limit of {subject} does not say what it is a multiple of: “{quote}” ({where}).",
    suggestion="Name the reference, for example “times the upper limit of normal (ULN)”.",
)
def reference_missing(facts: Facts) -> Iterator[Problem]:
    """A laboratory limit is so many "times" or "x" without a reference ("bilirubin ≤ 1.5 times").

    A reference anywhere in the criterion, or in those that it stands under, is taken to be meant.
    """
    found = Places(facts)
    for leaf, row, range_, where in measured(facts):
        in_unit = range_.unit is not None and range_.unit.ucum in _TIMES_UNIT
        times = (_TIMES_END if in_unit else _TIMES).match(after(facts, range_))
        item = facts.item_at(hull(range_.evidence))
        if not times or item is None or not isinstance(row, Analyte) or row.kind != "lab":
            continue
        texts = [item.criterion.text, *(above.text for above in item.above)]
        if belongs(facts, leaf, range_) and not any(cue_in("reference", text) for text in texts):
            found.add(
                facts.text_of(passage(leaf, range_)).lower(), passage(leaf, range_), where, subject=leaf.subject.text
            )
    return found.problems()


@check(
    "comparator-missing",
    title="A number stands beside what is measured without saying whether it is a lower or an upper limit",
    severity="info",
    message="It is not said whether this is a minimum or a maximum: “{quote}” ({where}).",
    suggestion="Write “at least” or “at most”, or the sign that was meant.",
)
def comparator_missing(facts: Facts) -> Iterator[Problem]:
    """A laboratory value, vital sign or body measure has a number and a unit, but neither sign nor word between them.

    Copies of the same words make one finding. See `sign-lost` for records all of whose signs are gone.
    """
    found = Places(facts)
    for leaf, range_, where in bare_values(facts):
        found.add(facts.text_of(passage(leaf, range_)).lower(), passage(leaf, range_), where)
    return found.problems()


def bare_values(facts: Facts) -> Iterator[tuple[Leaf, Range, str]]:
    """Limits that are one number without comparator, each with the id of its criterion."""
    for leaf, row, range_, where in measured(facts):
        low, high = range_.lower, range_.upper
        if (
            not isinstance(row, Analyte)
            or range_.unit is None
            or low is None
            or high is None
            or low.value != high.value
        ):
            continue
        if range_.unit.ucum in _TIMES_UNIT or _OTHERWISE.match(after(facts, range_)):
            continue
        bare = facts.text_of(hull(range_.evidence))[:1].isdecimal() and belongs(facts, leaf, range_)
        linked = set(words(between_words(facts, leaf, range_))) <= _LINKS
        if bare and linked and ends(facts, range_) and not _is_told_before(facts, leaf, range_):
            yield leaf, range_, where


def _is_told_before(facts: Facts, leaf: Leaf, range_: Range) -> bool:
    """Whether words or signs earlier in the sentence, or above it, say what sort of limit follows."""
    span = hull(leaf.subject.spans)
    item = facts.item_at(span)
    if item is None or _is_about_change(facts, leaf, range_):
        return True
    before = facts.sentence_at(span, item)[0]
    return any(cue_in("limit-told", text) for text in (before, *(above.text for above in item.above)))


_OTHERWISE = re.compile(
    r"[)\s]{0,3}or\s+(?:less|more|above|below|over|under|greater|higher|lower|better|worse|fewer)\b|[)\s]{0,3}and\s+(?:above|over|below|under)\b"
)
_LINKS = word_set("value-link")
