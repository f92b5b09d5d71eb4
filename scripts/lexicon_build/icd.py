"""Codes of ICD-10-CM for diseases: what a code is called decides, pointers of the ontologies only help."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from lexicon_build.agreement import wordings
from lexicon_build.concepts import DESCRIPTOR
from lexicon_build.diseases import Equals

# A heading's way to say that no more is known, and what stands in brackets, is no part of the disease's name.
_VAGUE = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\bunspecified "
    r"|,? \b(?:unspecified(?: (?:organism|type|site|part))?|NOS|not elsewhere classified)\b",
    re.IGNORECASE,
)
_RESIDUAL = re.compile(r"\bother\b|\belsewhere\b|\bwithout\b|\bcomplicating\b|\bdue to\b", re.IGNORECASE)
_MIN_SHARED = 0.5
# Words that may stand in only one of two names of the same disease.
_HARMLESS = frozenset(["gland", "part", "idiopathic", "nonspecific", "generalized", "anatomical"])


def plain(description: str) -> str:
    """A description as a disease is called: "Malignant neoplasm of breast, unspecified" is "breast cancer"."""
    name = " ".join(_VAGUE.sub(" ", description).split())
    hit = re.fullmatch(r"Malignant neoplasm of (?:the )?(\w+(?: \w+)?)", name)
    return f"{hit.group(1)} cancer" if hit else name


class Classification:
    """The codes of ICD-10-CM by what they are called."""

    def __init__(self, descriptions: Mapping[str, str]) -> None:
        self._words = {code: wordings([plain(text)]) for code, text in descriptions.items()}
        self._residual = {code for code, text in descriptions.items() if _RESIDUAL.search(text)}
        self._codes: dict[frozenset[str], set[str]] = defaultdict(set)
        for code, found in self._words.items():
            for words in found:
                self._codes[words].add(code)

    def called(self, names: Iterable[str]) -> str | None:
        """The code that is called so; of a category and its unspecified subcategory the category."""
        codes = set().union(*(self._codes.get(words, ()) for words in wordings(names)))
        top = min(codes, key=lambda code: (len(code), code), default=None)
        return top if top and all(code.startswith(top) for code in codes) else None

    def near(self, code: str, names: Iterable[str]) -> bool:
        """Whether the code exists, is no residual class, and half of its words are those of one of the names.

        Where one name only adds words to the other, it is the name of something narrower.
        """
        if code in self._residual:
            return False
        pairs = [(ours, theirs) for ours in self._words.get(code, ()) for theirs in wordings(names)]
        if any((a < b or b < a) and not (a ^ b) <= _HARMLESS for a, b in pairs):
            return False
        return any(len(a & b) >= _MIN_SHARED * len(a | b) for a, b in pairs)


def icd_codes(diseases: list[Equals], descriptions: Mapping[str, str]) -> dict[str, str]:
    """ICD-10-CM codes by concept id; a code that two concepts would have is that one's which bears its name."""
    classification = Classification(descriptions)
    pointed = Counter(code for equals in diseases for code in pointers(equals))
    by_name: dict[str, str] = {}
    by_pointer: dict[str, str] = {}
    for equals in diseases:
        concept = equals.concept
        main = [*concept.main, concept.name, *(term.name for term in (equals.doid, equals.mondo) if term)]
        named = [name for name, trust in concept.names.items() if trust <= DESCRIPTOR]
        code = classification.called(main) or classification.called([*main, *named])
        if code:
            by_name[concept.id] = code
            continue
        near = [code for code in pointers(equals) if pointed[code] == 1 and classification.near(code, [*main, *named])]
        if len(near) == 1:
            by_pointer[concept.id] = near[0]
    owners = Counter(by_name.values())
    found = {id_: code for id_, code in by_name.items() if owners[code] == 1}
    return found | {id_: code for id_, code in by_pointer.items() if code not in owners}


def pointers(equals: Equals) -> set[str]:
    """The codes that the ontologies have for a disease."""
    return set().union(*(term.codes["ICD10CM"] for term in (equals.doid, equals.mondo) if term))
