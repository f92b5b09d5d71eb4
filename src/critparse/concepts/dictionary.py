"""The names that mentions are looked up in: the lexicon's and, before them, those that only linking uses."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator

from critparse.concepts.wording import wording
from critparse.lexicon import Lexicon, default_lexicon
from critparse.lexicon.folding import fold_name
from critparse.lexicon.lexicon import ANALYTE, SCORE, LexiconConcept
from critparse.lexicon.packed import codes_of
from critparse.lexicon.tables import Analyte, Score, analytes, linking_terms, scores

_SHORT = 6  # letters of a short form in capitals, which counts only so


class Dictionary:
    """Names and concepts for linking. Read-only once made."""

    def __init__(self, lexicon: Lexicon) -> None:
        """``lexicon``: the names and concepts that are added to."""
        self._lexicon = lexicon
        self._own: dict[str, LexiconConcept] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._short: dict[str, tuple[str, ...]] = {}
        self._never = {" ".join(words) for words in wording().never}
        folded: dict[str, dict[str, None]] = defaultdict(dict)
        exact: dict[str, dict[str, None]] = defaultdict(dict)
        for term in linking_terms().values():
            id_ = term.concept
            self._own[id_] = LexiconConcept(id_, term.display, term.label, codes_of(id_))
            for alias in term.aliases:
                if is_short_form(alias.text):
                    exact[fold_name(alias.text, case_sensitive=True)][id_] = None
                else:
                    folded[fold_name(alias.text)][id_] = None
        measures: tuple[Analyte | Score, ...] = (*analytes().values(), *scores().values())
        self._displays = {fold_name(m.display): (_id_of(m),) for m in measures}
        self._names = {name: tuple(ids) for name, ids in folded.items()}
        self._short = {name: tuple(ids) for name, ids in exact.items()}

    def lookup(self, name: str, *, rare: bool = False) -> tuple[str, ...]:
        """The ids of the concepts that bear exactly this name, most trusted first; none for a vague name.

        A short form in capitals that nothing but a rare disease claims counts only with ``rare``.
        """
        folded = fold_name(name)
        if self.is_vague(folded):
            return ()
        own = self._short.get(fold_name(name, case_sensitive=True), ()) + self._names.get(folded, ())
        found = own + self._lexicon.lookup(name, rare=rare or not is_short_form(name))
        return found + self._displays.get(folded, ())

    def has(self, folded: str) -> bool:
        """Whether anything bears this folded name: quicker than :meth:`lookup`."""
        return folded in self._names or folded in self._displays or self._lexicon.has(folded)

    def is_vague(self, name: str) -> bool:
        """Whether a name is too wide to be linked: "medical condition", "other diseases" without "other"."""
        folded = fold_name(name)
        return folded in self._never or folded.removesuffix("s") in self._never

    def is_reviewed(self, concept_id: str) -> bool:
        """Whether somebody has said under which names mentions mean the concept: it goes before all others."""
        return concept_id in self._own

    def concept(self, concept_id: str) -> LexiconConcept:
        """The concept of an id. Raises KeyError for one that neither the lexicon nor linking has."""
        try:
            return self._lexicon.concept(concept_id)
        except KeyError:
            return self._own[concept_id]

    def all_names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every folded name with its ids; a name may come twice."""
        yield from self._lexicon.all_names()
        yield from self._names.items()


def _id_of(measure: Analyte | Score) -> str:
    return f"{ANALYTE if isinstance(measure, Analyte) else SCORE}{measure.id}"


def is_short_form(name: str) -> bool:
    """Whether a name is a short form in capitals, which counts only so."""
    return len(name) <= _SHORT and sum(map(str.isupper, name)) > 1


@functools.cache
def default_dictionary() -> Dictionary:
    """The dictionary over critparse's own lexicon, made on first use and once a process."""
    return Dictionary(default_lexicon())
