"""From the words of a criterion to its statements, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from critparse.nlp.annotations import MentionAnnotation, ModelAnnotation
from critparse.nlp.negation import negation_scopes
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import read_limits
from critparse.rules.allergy import allergens
from critparse.rules.compounds import compounds
from critparse.rules.draft import TokenRange
from critparse.rules.limits import age_pairs, place
from critparse.rules.marks import attach_marks, attached_marks
from critparse.rules.names import find_marks, find_names, with_model_names
from critparse.rules.plain import plain_names
from critparse.rules.polarity import negate
from critparse.rules.schedule import attach_doses, attach_frequencies, attach_windows, periods
from critparse.rules.signs import without_lost_signs
from critparse.rules.state import Reading
from critparse.rules.unread import leftovers, unread, without_generic
from critparse.rules.values import stages, values_of_scores


def read(text: str, mentions: Sequence[MentionAnnotation], model: ModelAnnotation | None = None) -> Reading:
    """The statements of one criterion.

    ``text``: its words without marker; ``mentions``: the dictionary's; ``model``: what the trained model says of them.
    """
    reading = _scan(text, mentions, model)
    _drop_names_in_units(reading)
    for limit in reading.limits:
        place(reading, limit)
    without_lost_signs(reading)
    values_of_scores(reading)
    stages(reading)
    periods(reading)
    _drop_names_in_anchors(reading)
    _drop_names_that_do_not_matter(reading)
    plain_names(reading)
    reading.sort()
    reading.drafts = without_generic(reading.tokens, reading.drafts)
    allergens(reading.tokens, reading.drafts)
    _add_unread(reading)
    _drop_leading_exception(reading)
    attach_doses(reading)
    attach_windows(reading)
    attach_frequencies(reading)
    attach_marks(reading)
    negate(reading)
    leftovers(reading.tokens, reading.drafts, [*_covered(reading), *attached_marks(reading)])
    return reading


def _scan(text: str, mentions: Sequence[MentionAnnotation], model: ModelAnnotation | None) -> Reading:
    """What stands in the words, each kind of thing by itself."""
    shields = [(m.start, m.end) for m in mentions if any(c.isdecimal() for c in text[m.start : m.end])]
    tokens = Tokens.of(text, shields)
    names = compounds(tokens, find_names(tokens, mentions))
    marks = find_marks(tokens, names)
    names = compounds(tokens, with_model_names(tokens, names, marks, model))
    negations = negation_scopes(tokens, [(name.first, name.last) for name in names])
    return Reading(tokens, names, marks, age_pairs(tokens, names, read_limits(tokens)), negations, model=model)


def _drop_names_in_units(reading: Reading) -> None:
    """ "cells", "drinks" in a unit name no subject of their own."""
    for limit in reading.limits:
        for name in reading.names:
            if limit.unit_tokens and limit.unit_tokens[0] <= name.first < limit.unit_tokens[1]:
                reading.used.add(name.first)


def _drop_names_in_anchors(reading: Reading) -> None:
    """The surgery of "within 4 weeks before surgery" says when, not what."""
    for window in reading.windows:
        for name in reading.names:
            if window.anchor and window.anchor.first <= name.first < window.anchor.last:
                reading.used.add(name.first)


def _drop_names_that_do_not_matter(reading: Reading) -> None:
    """ "Back pain with or without sciatica": what follows may be there or not."""
    for _, found in reading.tokens.readings("either-way"):
        following = next((name for name in reading.names if name.first >= found.next), None)
        if following and following.first - found.next <= 3:
            reading.used.add(following.first)


def _drop_leading_exception(reading: Reading) -> None:
    """ "Except for hair loss, all adverse events …": an exception to what only follows is kept as unread words."""
    tokens = reading.tokens
    opening = tokens.reading(0, "except")
    if not opening or tokens.word(0) == "unless" or "," not in tokens.lower:
        return
    comma = tokens.lower.index(",")
    following = [draft for draft in reading.drafts if draft.first > comma]
    if following:
        reading.drafts = following


def _covered(reading: Reading) -> list[TokenRange]:
    """The tokens of windows, doses, negations and "with or without": read, but no statements of their own."""
    covered = [(window.first, window.last) for window in reading.windows]
    covered += [(limit.first, limit.last) for limit in reading.doses]
    covered += [(scope.cue_first, scope.cue_last) for scope in reading.negations]
    return covered + [(index, found.next + 1) for index, found in reading.tokens.readings("either-way")]


def _add_unread(reading: Reading) -> None:
    """Statements for the stretches of words that no other statement, window, dose or negation covers."""
    qualifying = {i for mark in reading.marks if mark.kind == "qualifier" for i in range(mark.first, mark.last)}
    reading.drafts.extend(unread(reading.tokens, reading.drafts, _covered(reading), qualifying))
    reading.sort()
