"""Whether two names mean the same disease."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from enum import IntEnum

from critparse.lexicon.variants import variants
from lexicon_build.concepts import DESCRIPTOR, SUPPLEMENTARY, Concept, folded, forms
from lexicon_build.wheels import Term

_WORD = re.compile(r"[^\W_]+")
_TYPE = re.compile(r"\btype (?=[\divx]+[a-h]?\b)")
# Words that one naming has and another leaves out. "Syndrome" is none: Cushing's disease is not his syndrome.
_NAMING = "a an the of in on to by due and or disease diseases disorder disorders system"
_EMPTY = frozenset(_NAMING.split())
_ALIKE = {"infections": "infection", "infectious": "infection", "cancer": "cancer", "neoplasms": "neoplasm"}
_ALIKE |= {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_SUBTYPE = re.compile(r"(i{1,3}|iv|vi{0,3}|ix|x)([a-h])|(\d+)([a-h])")


class Agreement(IntEnum):
    """How well the names of a term and of a concept agree, from not at all to the same name."""

    NONE, A_SYNONYM, ONE_MAIN, SAME_WORDS, SAME_NAME = range(5)


@functools.cache
def words(name: str) -> frozenset[str]:
    """The words that carry the meaning, without order, number and the way a type is counted."""
    found = [
        _ALIKE.get(word, word)
        for word in _WORD.findall(_TYPE.sub("", name.lower().replace("'s", "")))
        if word not in _EMPTY
    ]
    split = [part for word in found for part in _parts(word)]
    return frozenset(word[:-1] if len(word) > 4 and re.search(r"[^isu]s$", word) else word for word in split)


def _parts(word: str) -> list[str]:
    hit = _SUBTYPE.fullmatch(word)
    return [_ALIKE.get(part, part) for part in hit.groups() if part] if hit else [word]


def wordings(names: Iterable[str]) -> set[frozenset[str]]:
    """The words of each form of each name."""
    return {words(form) for name in names for form in variants(name)} - {frozenset()}


def agreement(term: Term, concept: Concept) -> Agreement:
    """How well the names agree; names that came to the concept from an ontology do not count."""
    name, main = forms(term.name), folded(concept.main)
    if name & main:
        return Agreement.SAME_NAME
    if wordings([term.name]) & wordings(concept.main):
        return Agreement.SAME_WORDS
    if name & concept.folded(DESCRIPTOR) or main & folded(term.names) or wordings(concept.main) & wordings(term.names):
        return Agreement.ONE_MAIN
    return Agreement.A_SYNONYM if _share_a_name(term, concept) else Agreement.NONE


def _share_a_name(term: Term, concept: Concept) -> bool:
    """Whether any two names are the same, or made of the same words."""
    own = [name for name, trust in concept.names.items() if trust <= SUPPLEMENTARY]
    return bool(folded(term.names) & folded(own) or wordings(term.names) & wordings(own))
