"""Allergies: the statement is about the allergen, "hypersensitivity to penicillin or latex" makes two."""

from __future__ import annotations

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Draft, TokenRange
from critparse.rules.subjects import breaks

_TOWARDS = word_set("allergy-to")
_LIST = word_set("allergen-list")
_ENDS = word_set("allergen-end")
_OR = word_set("or")
_LISTING = _OR | {","}
_SYNONYMS = word_set("joining") | {"known"}
_ALLERGY = word_set("allergy")
_NAMED_BEFORE = frozenset(("drug", "device"))
_ALLERGENS = frozenset(("drug", "condition", "procedure", "device", "participation", "observation"))


def allergens(tokens: Tokens, drafts: list[Draft]) -> None:
    """Turn what follows "allergy to", or stands before "allergy", into allergy statements; ``drafts`` is changed."""
    _join_synonyms(tokens, drafts)
    for draft in [d for d in drafts if d.kind == "allergy"]:
        listed = _before(tokens, drafts, draft.first)
        towards = None if listed else _towards(tokens, draft)
        if towards is not None:
            listed = _listed(tokens, drafts, towards)
        for allergen in listed:
            _make_allergen(allergen, draft, (draft.first, draft.last))
        if listed:
            listed[0].cover(draft.first, draft.last)
            drafts.remove(draft)
        elif towards is not None:
            _name(tokens, draft, towards)
    for draft in drafts:  # "aspirin or latex allergy", where a dictionary knows "latex allergy"
        if draft.kind == "condition" and tokens.word(draft.last - 1) in _ALLERGY:
            for allergen in _before(tokens, drafts, draft.first, joined=True):
                _make_allergen(allergen, draft, (draft.last - 1, draft.last))


def _join_synonyms(tokens: Tokens, drafts: list[Draft]) -> None:
    """ "Known allergy or hypersensitivity to penicillin" is one statement."""
    for draft in [d for d in drafts if d.kind == "allergy"]:
        following = next((d for d in drafts if d.first >= draft.last), None)
        if following is not None and following.kind == "allergy" and not _before(tokens, drafts, draft.first):
            gap = tokens.lower[draft.last : following.first]
            if 0 < len(gap) <= 3 and _SYNONYMS.issuperset(gap):
                following.cover(draft.first, draft.last)
                following.qualifiers = [*draft.qualifiers, *following.qualifiers]
                drafts.remove(draft)


def _make_allergen(allergen: Draft, draft: Draft, evidence: TokenRange) -> None:
    """Make a statement one about an allergy, which ``draft`` names."""
    allergen.kind = "allergy"
    allergen.evidence = [*allergen.evidence, evidence]
    allergen.qualifiers = [*draft.qualifiers, *allergen.qualifiers]


def _before(tokens: Tokens, drafts: list[Draft], reached: int, *, joined: bool = False) -> list[Draft]:
    """The drug or device right before "allergy", nearest first, and those joined to it: "aspirin or sulfa allergy".

    ``joined``: whether the nearest one must be joined as well.
    """
    found: list[Draft] = []
    for allergen in sorted(drafts, key=lambda d: -d.last):
        if allergen.last > reached:
            continue
        gap = tokens.lower[allergen.last : reached]
        apart = len(gap) != 1 or gap[0] not in (_LISTING if found else _OR) if found or joined else bool(gap)
        if apart or allergen.kind not in _NAMED_BEFORE or allergen.limit is not None:
            break
        found.append(allergen)
        reached = allergen.first
    return found


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
