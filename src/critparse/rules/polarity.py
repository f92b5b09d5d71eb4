"""Negation and its kin: what a statement denies."""

from __future__ import annotations

from critparse.rules import subjects
from critparse.rules.draft import Draft
from critparse.rules.state import Reading

_REACH = 5  # tokens between "unable to" and what one is unable to do


def negate(reading: Reading) -> None:
    """Mark the statements in the scope of a negation as denied."""
    _unable(reading)
    for scope in reading.negations:
        for draft in reading.drafts:
            head = draft.subject_tokens[0][0] if draft.subject_tokens else draft.first
            if scope.first <= head < scope.last:
                draft.present = False
                draft.negation = scope.cue_first
                draft.evidence.append((scope.cue_first, scope.cue_last))


def _unable(reading: Reading) -> None:
    """ "Unable to give informed consent", "refusal of contraception", "nonsmoker": the opposite of the subject."""
    for index, found in reading.tokens.readings("negative-form"):
        for draft in reading.drafts:
            if draft.first <= index and found.next <= draft.last:
                draft.present = False
    for index, found in reading.tokens.readings("unable"):
        asked = next((d for d in reading.drafts if index < d.first and _is_asked_for(d)), None)
        if asked and asked.first - found.next <= _REACH and not subjects.breaks(reading.tokens, index, asked.first):
            asked.present = False
            asked.evidence.append((index, found.next))


def _is_asked_for(draft: Draft) -> bool:
    return draft.kind in ("consent", "ability") or draft.subject == "contraception"
