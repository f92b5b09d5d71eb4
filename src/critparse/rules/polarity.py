"""Negation and its kin: what a statement denies."""

from __future__ import annotations

from critparse.lexicon.words import word_set
from critparse.nlp.negation import NegationScope
from critparse.rules import subjects
from critparse.rules.draft import Draft, Mark
from critparse.rules.marks import is_test, takes_value
from critparse.rules.state import Reading

_LOOKED_FOR = word_set("looked-for")
_REACH = 5  # tokens between "unable to" and what one is unable to do


def negate(reading: Reading) -> None:
    """Mark the statements in the scope of a negation as denied; two negations of one statement cancel out."""
    _negative_forms(reading)
    _unable(reading)
    for number, scope in enumerate(reading.negations):
        if any(_tells_of(mark, scope) for mark in reading.marks):
            continue
        result = _result(reading, scope)
        doubled = reading.tokens.word(scope.cue_first - 1) in ("not", "never")  # "not free of infection"
        for draft in reading.drafts:
            head = draft.head
            inside = any(first <= scope.cue_first < last for first, last in draft.subject_tokens)
            before = reading.negations[number - 1] if inside and number else None
            if inside:  # "non-cardiac pain" is a pain; "no non-cardiac pain" is none
                if before and before.last >= scope.cue_first - 1:
                    _deny(draft, before)
            elif scope.first <= head < scope.last and not (result and _is_result(draft, result)):
                _deny(draft, scope)
                draft.present = doubled or draft.denied
                draft.negation = None if doubled else scope.cue_first
    _not_found(reading)


def _tells_of(mark: Mark, scope: NegationScope) -> bool:
    """Whether a "not" is the mark's own: "lack of response to infliximab", "has not recovered from surgery"."""
    if mark.kind == "response":
        return mark.first < scope.cue_last and scope.cue_first < mark.last
    return mark.kind == "qualifier" and mark.first <= scope.cue_first and scope.cue_last <= mark.last


def _result(reading: Reading, scope: NegationScope) -> Mark | None:
    """The result that the cue is: "negative" of "HBsAg is negative"."""
    for mark in reading.marks:
        if mark.kind == "measure-value" and mark.first < scope.cue_last and scope.cue_first < mark.last:
            return mark
    return None


def _is_result(draft: Draft, mark: Mark) -> bool:
    """ "HBsAg negative" gives a result; it denies none."""
    if takes_value(draft, mark.value):
        draft.qualitative = mark.value
        draft.evidence.append((mark.first, mark.last))
    return draft.qualitative is not None


def _not_found(reading: Reading) -> None:
    """ "Negative PCR for influenza": what a test with a negative result looked for was not there."""
    for test in [draft for draft in reading.drafts if draft.qualitative == "negative"]:
        reached = test.last
        for draft in (draft for draft in reading.drafts if draft.first >= test.last and draft.subject_tokens):
            gap = reading.tokens.lower[reached : draft.subject_tokens[0][0]]
            opened = (gap[:1] == ["for"] or (not gap and is_test(test))) if reached == test.last else bool(gap)
            if not opened or not _LOOKED_FOR.issuperset(gap) or draft.kind not in ("condition", "drug"):
                break
            draft.present, draft.negation = draft.denied, test.first
            draft.evidence.extend(test.evidence)
            reached = draft.last


def _deny(draft: Draft, scope: NegationScope) -> None:
    draft.present = draft.denied
    draft.negation = scope.cue_first
    draft.evidence.append((scope.cue_first, scope.cue_last))


def _negative_forms(reading: Reading) -> None:
    """ "Nonsmoker", "contraindication to MRI": words that are the opposite of the subject."""
    for index, found in reading.tokens.readings("negative-form"):
        for draft in reading.drafts:
            if draft.first <= index and found.next <= draft.last:
                draft.present, draft.denied = False, True


def _unable(reading: Reading) -> None:
    """ "Unable to give informed consent", "refusal of contraception"."""
    for index, found in reading.tokens.readings("unable"):
        asked = next((d for d in reading.drafts if index < d.first and _is_asked_for(d)), None)
        if asked and asked.first - found.next <= _REACH and not subjects.breaks(reading.tokens, index, asked.first):
            asked.present = False
            asked.evidence.append((index, found.next))


def _is_asked_for(draft: Draft) -> bool:
    return draft.kind in ("consent", "ability") or draft.subject == "contraception"
