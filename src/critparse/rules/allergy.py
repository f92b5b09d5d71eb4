"""Allergies: the statement is about the allergen, "hypersensitivity to penicillin or latex" makes two."""

from __future__ import annotations

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Draft
from critparse.rules.subjects import breaks

_TOWARDS = word_set("allergy-to")
_LIST = word_set("allergen-list")
_ENDS = word_set("allergen-end")
_ALLERGENS = frozenset(("drug", "condition", "procedure", "device", "participation", "observation"))


def allergens(tokens: Tokens, drafts: list[Draft]) -> None:
    """Turn what follows "allergy to" into allergy statements; the list of drafts is changed in place."""
    for draft in [d for d in drafts if d.kind == "allergy"]:
        towards = _towards(tokens, draft)
        if towards is None:
            continue
        listed = _listed(tokens, drafts, towards)
        for allergen in listed:
            allergen.kind = "allergy"
            allergen.evidence = [*allergen.evidence, (draft.first, draft.last)]
            allergen.qualifiers = [*draft.qualifiers, *allergen.qualifiers]
        if listed:
            listed[0].first = draft.first
            drafts.remove(draft)
        else:
            _name(tokens, draft, towards)


def _towards(tokens: Tokens, draft: Draft) -> int | None:
    """The token after the "to" of "allergy to"; the cue may hold it."""
    for at in range(draft.last - 1, min(draft.last + 4, len(tokens))):
        if at >= draft.last and tokens.word(at) in _ENDS - {"and", "or"}:
            return None
        if tokens.word(at) in _TOWARDS and at + 1 < len(tokens):
            return at + 1
    return None


def _listed(tokens: Tokens, drafts: list[Draft], at: int) -> list[Draft]:
    """The statements of the list that begins at ``at``."""
    found: list[Draft] = []
    reached = at
    for draft in sorted(drafts, key=lambda d: d.first):
        if draft.first < reached or draft.kind not in _ALLERGENS or draft.limit is not None:
            continue
        gap = tokens.lower[reached : draft.first]
        if len(gap) > 4 or breaks(tokens, reached, draft.first) or (found and not _LIST.issuperset(gap)):
            break
        if not found and any(word in _ENDS for word in gap):
            break
        found.append(draft)
        reached = draft.last
    return found


def _name(tokens: Tokens, draft: Draft, at: int) -> None:
    """Take the words after "to" as the allergen when no dictionary knows it."""
    last = at
    while last < len(tokens) and last - at < 7 and tokens.word(last) not in _ENDS:
        last += 1
    if last > at:
        draft.subject = " ".join(tokens.text[tokens.starts[at] : tokens.ends[last - 1]].split())
        draft.subject_tokens = [(at, last)]
        draft.confidence = 0.7
        draft.cover(at, last)
