"""What a word right behind a name makes of it: "opioid withdrawal", "cisplatin-ineligible", "drug-induced diabetes"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from critparse.lexicon.vocabulary import Reading
from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Name
from critparse.rules.unread import is_generic_name

TREATMENTS = frozenset(("drug", "procedure", "device"))
_CAUSE = "cause"
_JOINING = word_set("or")
_TIES = word_set("cause-tie")
_BETWEEN = 2  # words between a cause and what it causes: "chemotherapy-induced peripheral neuropathy"


def compounds(tokens: Tokens, names: Iterable[Name]) -> list[Name]:
    """The names by position, without treatments that a compound only mentions.

    "Opioid withdrawal" and "cisplatin-ineligible" are a condition and an observation, without the drug's concept. In
    "steroid-induced diabetes" the drug says which diabetes: its place is the other name's ``lead``.
    """
    kept: list[Name] = []
    lead: int | None = None
    listed = list(names)
    for number, one in enumerate(listed):
        name = one if lead is None else replace(one, lead=lead)
        lead = None
        found = _behind(tokens, name)
        if found is None:
            kept.append(name)
        elif found.value != _CAUSE:
            kept.append(_whole(tokens, name, found))
        elif number + 1 < len(listed) and _causes(tokens, name, found.next, listed[number + 1]):
            if kept and _suspended(tokens, kept[-1], name):
                name = kept.pop()
            lead = None if tokens.reading(name.first, "qualifier") else name.first
        elif name.kind not in TREATMENTS and tokens.word(name.first - 2) != "non":
            kept.append(name)
    return kept


def _behind(tokens: Tokens, name: Name) -> Reading | None:
    """What stands behind a treatment, or makes a condition or habit the cause of something: "sepsis-induced shock"."""
    found = tokens.reading(name.last, "behind")
    if found is None or (found.value == _CAUSE and tokens.word(found.next) in _TIES):
        return None  # "metformin, associated with …" is no compound
    caused = name.kind in ("condition", "observation") and found.value == _CAUSE
    return found if caused or name.kind in TREATMENTS else None


def _whole(tokens: Tokens, name: Name, found: Reading) -> Name:
    words = " ".join(tokens.text[tokens.starts[name.first] : tokens.ends[found.next - 1]].split())
    return replace(name, last=found.next, kind=found.value, subject=words, concept_id="", numeric=False)


def _causes(tokens: Tokens, name: Name, end: int, following: Name) -> bool:
    """Whether a name follows the cause with nothing but a word or two between, and says more than "disease"."""
    if name.kind == "condition" and is_generic_name(tokens, following.first, following.last):
        return False
    gap = tokens.lower[end : following.first]
    return len(gap) <= _BETWEEN and all(word.isalpha() and word not in _JOINING for word in gap)


def _suspended(tokens: Tokens, before: Name, name: Name) -> bool:
    """Whether the name before waits for the same end: "steroid- or drug-induced"."""
    between = tokens.lower[before.last : name.first]
    return before.kind in TREATMENTS and len(between) == 2 and between[0] == "-" and between[1] in _JOINING
