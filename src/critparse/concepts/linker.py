"""The linker: from the words of a mention to the codes of the concept it names.

In this order, and the first that answers wins: a biomarker that is nothing else, what the document itself defines,
reviewed short forms, the name as it stands, the name in another form of the same meaning, the name with an abbreviation
in brackets, the name after qualifiers or a stage are taken off, a slip of the pen, the whole name of another kind of
thing, short forms written out. Whatever is less than that is a candidate, not a code.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from critparse.concepts import abbreviations, forms
from critparse.concepts.candidates import Candidate, Similar, parts
from critparse.concepts.codes import codes_of
from critparse.concepts.dictionary import Dictionary, default_dictionary, is_short_form
from critparse.concepts.markers import biomarker_in
from critparse.concepts.wording import wording
from critparse.lexicon.folding import fold_name
from critparse.schema import Concept, Linked

ACCEPTED = 0.6
"""The least score of a code; a concept that is less sure is a candidate."""
MAX_CANDIDATES = 5
_EXACT, _NORMALIZED, _CORE, _BRACKET, _CONTEXT = 1.0, 0.96, 0.93, 0.96, 0.9
_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*|[^\w\s]")
_CACHE = 32768
_MISFILING = 0.9
_SHORTEST_FORM = 2
_CORRECTED = 0.82
_SHORTEST_SLIP = 6  # letters of a mention in which slips are looked for
# Share of letters that differ: score. Of 72 slips read in annotated mentions, 45 of 47 with a share up to 0.13 were
# right, 13 of 15 up to 0.2, 3 of 10 beyond (docs/evaluation.md).
_SLIP = ((0.13, 0.94), (0.2, 0.82), (1.0, 0.35))
_POSSIBLE = 0.55  # of a meaning that nothing around the short form calls for
_RARE = 0.45  # of a short form that only rare diseases claim
_CODELESS = "SUBJECT:"
_MEASURED = ("ANALYTE:", "SCORE:")
_MARKED = (None, "Condition", "Measurement", "Observation", "Procedure")
# What a mention of a label may be, best first; a concept of any other label is another thing.
_FITTING = {
    "Condition": ("Condition", "Observation"),
    "Drug": ("Drug", "Procedure", "Device"),
    "Procedure": ("Procedure", "Device", "Measurement", "Drug"),
    "Device": ("Device", "Procedure", "Drug"),
    "Measurement": ("Measurement", "Procedure", "Observation", "Condition"),
    "Observation": ("Observation", "Condition", "Measurement", "Procedure"),
}
# What annotators also file under a label, when the whole mention is the name: "total hip arthroplasty" as a Condition.
_MISFILED = {"Condition": ("Procedure", "Device"), "Procedure": ("Condition",)}


class _Found(NamedTuple):
    concept_id: str
    method: str
    score: float


class Linker:
    """Links mentions to the concepts of a dictionary. Read-only once made, but for caches; one per process."""

    def __init__(self, dictionary: Dictionary | None = None) -> None:
        """``dictionary``: whose names and concepts; critparse's own when there is none."""
        self._dictionary = dictionary or default_dictionary()
        self._void = wording().void
        self._resolve = functools.lru_cache(maxsize=_CACHE)(self._resolved)
        self._candidates = functools.lru_cache(maxsize=_CACHE // 4)(self._listed)

    @functools.cached_property
    def similar(self) -> Similar:
        """The index of similar names, built on first use (half a second)."""
        return Similar(self._dictionary)

    def link(
        self,
        text: str,
        *,
        label: str | None = None,
        context: str = "",
        definitions: Mapping[str, str] | None = None,
        candidates: bool = True,
    ) -> Linked:
        """The codes of the concept that ``text`` names, or candidates when that is not sure.

        Args:
            text: the mention as it stands in the text, qualifiers included; more than 200 characters name nothing.
            label: what the mention is (Condition, Drug, Procedure, Device, Measurement, Observation), if known.
            context: the words around it: they tell the meanings of short forms apart.
            definitions: short forms that the document defines, with their long forms.
            candidates: whether to look for candidates when there is no code.
        """
        marker = self._biomarker(text, label, context)
        if marker:
            return Linked(text=text, label=label, concepts=marker)
        found = self._find(text, label, context, definitions or {})
        if found is not None and found.score >= ACCEPTED:
            return Linked(text=text, label=label, concepts=codes_of(*found))
        listed = self._candidates(text, label) if candidates else ()
        return Linked(text=text, label=label, candidates=listed)

    def _biomarker(self, text: str, label: str | None, context: str) -> tuple[Concept, ...]:
        """The gene or protein of a mention that is nothing else: "KRAS G12C mutation", or "ALK" before "rearranged".

        What is measured goes first where it has a code of its own: HER2 status, PSA.
        """
        cleaned = forms.clean(text)
        hit = biomarker_in(cleaned, context) if label in _MARKED else None
        if hit is None:
            return ()
        exact = self._exact(cleaned, label)
        if self._is_coded_measure(exact) or (exact and label == "Condition"):
            return ()  # PSA; "factor V Leiden", "G6PD deficiency": a disease that is called so
        score = _EXACT if hit.method == "exact" else _CONTEXT
        return tuple(
            Concept(system=system, code=code, display=hit.display, score=score, method=hit.method)
            for system, code in hit.codes
        )

    def _is_coded_measure(self, found: _Found | None) -> bool:
        if found is None or not found.concept_id.startswith(_MEASURED):
            return False
        return bool(self._dictionary.concept(found.concept_id).codes)

    def _find(self, text: str, label: str | None, context: str, definitions: Mapping[str, str]) -> _Found | None:
        cleaned = forms.clean(text)
        if definitions:
            long_form = forms.substituted(cleaned, definitions.get)
            if long_form != cleaned:
                found = self._resolve(long_form, label) or self._resolve(long_form, None)
                if found is not None:
                    return found._replace(method="abbreviation")
        known = abbreviations.meaning_of(cleaned, label, context)
        if known is not None:
            meaning, score = known
            found = self._resolve(meaning.expansion, meaning.label)
            if found is not None:
                return _Found(found.concept_id, "abbreviation", min(score, found.score))
        return self._resolve(cleaned, label) or self._abbreviated(cleaned, label, context)

    def _abbreviated(self, text: str, label: str | None, context: str) -> _Found | None:
        """What a mention names once the short forms in it are written out: "severe AS", "type II DM"."""

        def reviewed(word: str) -> str | None:
            known = abbreviations.meaning_of(word, label, context)
            return known[0].expansion if known else None

        for meaning in (reviewed, self._long_name):
            written = forms.substituted(text, meaning)
            found = self._resolve(written, label) if written != text else None
            if found is not None:
                return _Found(found.concept_id, "abbreviation", min(abbreviations.USUAL, found.score))
        return None

    def _long_name(self, word: str) -> str | None:
        """The name of the concept that a short form in capitals stands for in the dictionary."""
        if not is_short_form(word):
            return None
        ids = self._dictionary.lookup(word)
        return self._dictionary.concept(ids[0]).name if ids else None

    def _resolved(self, text: str, label: str | None) -> _Found | None:
        """What a cleaned mention names, whatever stands around it."""
        if len(text) < 2 or not any(char.isalpha() for char in text) or self._dictionary.is_vague(text):
            return None
        steps: tuple[Callable[[str, str | None], _Found | None], ...] = (
            self._exact, self._normalized, self._bracketed, self._core,
            self._unstaged, self._misspelled, self._corrected,
        )  # fmt: skip
        return next(filter(None, (step(text, label) for step in steps)), None) or self._misfiled(text, label)

    def _misfiled(self, text: str, label: str | None) -> _Found | None:
        """A whole name of another label that mentions of this one are at times given."""
        for other in _MISFILED.get(label or "", ()):
            found = self._exact(text, other) or self._normalized(text, other) or self._bracketed(text, other)
            if found is not None:
                return found._replace(score=round(found.score * _MISFILING, 3))
        return None

    def _named(self, name: str, label: str | None) -> str | None:
        """The concept that bears exactly this name and fits the label best.

        Names that somebody has reviewed for linking go first; of short forms, which mean many things, only the label
        decides.
        """
        short = is_short_form(name)
        fitting = _FITTING.get(label) if label else None
        best: tuple[tuple[bool, int], str] | None = None
        for concept_id in self._dictionary.lookup(name):
            if concept_id.startswith(_CODELESS) or concept_id in self._void:
                continue
            reviewed = self._dictionary.is_reviewed(concept_id)
            place = 0
            if fitting is not None:
                has = self._dictionary.concept(concept_id).label
                if has not in fitting:
                    continue
                place = fitting.index(has)
            rank = (reviewed if fitting is None else False) if short else not reviewed, place
            best = (rank, concept_id) if best is None or rank < best[0] else best
        return best[1] if best else None

    def _fits(self, concept_id: str, label: str | None) -> bool:
        return label not in _FITTING or self._dictionary.concept(concept_id).label in _FITTING[label]

    def _exact(self, text: str, label: str | None) -> _Found | None:
        concept_id = self._named(text, label)
        return _Found(concept_id, "exact", _EXACT) if concept_id else None

    def _normalized(self, text: str, label: str | None) -> _Found | None:
        if len(text.split()) > forms.MAX_WORDS or self._dictionary.is_vague(text):
            return None
        for form in forms.forms(text):
            known = len(form) > _SHORTEST_FORM and self._dictionary.has(form)
            concept_id = self._named(form, label) if known else None
            if concept_id:
                return _Found(concept_id, "normalized", _NORMALIZED)
        return None

    def _bracketed(self, text: str, label: str | None) -> _Found | None:
        """ "body mass index (BMI)": the long form; when it is unknown, a short form of those initials."""
        pair = forms.bracketed(text)
        if pair is None:
            return None
        name, inside = pair
        found = self._resolve(name, label)
        if found is not None:
            return found._replace(score=min(found.score, _BRACKET))
        initials = "".join(word[0] for word in forms.words_of(name) if word[0].isalnum())
        if inside.isupper() and inside.lower()[:2] == initials[:2]:
            return self._exact(inside, label)
        return None

    def _core(self, text: str, label: str | None) -> _Found | None:
        """The longest name of which nothing but qualifiers is left over."""
        windows = list(self._windows(text, label))
        for lookup in (self._exact, self._normalized):
            for piece in windows if lookup == self._exact else windows[:6]:
                found = lookup(piece, label)
                if found is not None and (label or piece in self._windows(text, self._label(found))):
                    return _Found(found.concept_id, "core", _CORE)
        return None

    def _label(self, found: _Found) -> str:
        return self._dictionary.concept(found.concept_id).label

    @staticmethod
    def _windows(text: str, label: str | None) -> Iterator[str]:
        """The pieces of a mention around which only qualifiers stand, longest first."""
        words = list(_WORD.finditer(text))
        if not 1 < len(words) <= forms.MAX_WORDS:
            return
        folded = [fold_name(word.group()) for word in words]
        known = wording()
        plain = [word not in "-–,:;." for word in folded]

        def rest(first: int, last: int) -> tuple[str, ...]:
            return tuple(folded[at] for at in range(first, last) if plain[at])

        size = len(words)
        opens = [first for first in range(size) if plain[first] and known.before(label, rest(0, first))]
        closes = [last for last in range(1, size + 1) if plain[last - 1] and known.behind(label, rest(last, size))]
        pairs = ((first, last) for first, last in itertools.product(opens, closes) if 0 < last - first < size)
        for first, last in sorted(pairs, key=lambda pair: (pair[0] - pair[1], pair[0])):
            piece = text[words[first].start() : words[last - 1].end()]
            if len(piece) > 1:
                yield piece

    def _unstaged(self, text: str, label: str | None) -> _Found | None:
        """The name behind a class, stage or grade."""
        name = forms.unstaged(text)
        found = self._resolve(name, label) if name != text else None
        return found._replace(method="core", score=min(found.score, _CORE)) if found else None

    def _misspelled(self, text: str, label: str | None) -> _Found | None:
        """The name that the mention, or what is left of it without qualifiers, is a slip of."""
        if not self.similar.has_unknown(text):
            return None
        pieces = itertools.chain((text,), self._windows(text, label) if label else ())
        for piece in itertools.islice(pieces, 4):
            if len(piece) < _SHORTEST_SLIP:
                continue
            slips = sorted((share, name, ids) for name, ids, share, _ in self.similar.slips(piece))
            for share, name, _ in slips:
                concept_id = self._named(name, label)
                if concept_id:
                    if share == 0:
                        return _Found(concept_id, "normalized", _NORMALIZED)
                    score = next(score for bound, score in _SLIP if share <= bound)
                    rivals = {self._named(other, label) for s, other, _ in slips if s <= share} - {None, concept_id}
                    return _Found(concept_id, "spelling", 0.4 if rivals else score)
        return None

    def _corrected(self, text: str, label: str | None) -> _Found | None:
        """The name that the mention is once its one unknown word is put right."""
        right = self.similar.corrected(text) if len(text) >= _SHORTEST_SLIP else None
        if right is None:
            return None
        found = self._exact(right, label) or self._normalized(right, label) or self._core(right, label)
        return _Found(found.concept_id, "spelling", _CORRECTED) if found else None

    def _listed(self, text: str, label: str | None) -> tuple[Concept, ...]:
        """What an unlinked mention may mean, best first, each concept once by its first code."""
        cleaned = forms.clean(text)
        words = [(word.group(), word.start(), word.end()) for word in _WORD.finditer(cleaned)][: forms.MAX_WORDS]
        doubtful = self._resolve(cleaned, label)
        listed = [] if doubtful is None else [Candidate(doubtful.score, doubtful.concept_id, doubtful.method, cleaned)]
        rare = self._dictionary.lookup(cleaned, rare=True) if doubtful is None else ()
        listed += (Candidate(_RARE, concept_id, "exact", cleaned) for concept_id in rare)
        for meaning in abbreviations.meanings().get(cleaned, ()):
            found = self._resolve(meaning.expansion, meaning.label)
            if found is not None:
                listed.append(Candidate(_POSSIBLE, found.concept_id, "abbreviation", cleaned))
        listed += parts(words, cleaned, lambda piece: self._named(piece, label))
        listed += self.similar.alike(cleaned, MAX_CANDIDATES * 2)
        listed = [candidate for candidate in listed if self._fits(candidate.concept_id, label)]
        chosen: dict[str, Concept] = {}
        for candidate in sorted(listed, key=lambda c: (-c.score, c.name)):
            codes = codes_of(candidate.concept_id, candidate.method, candidate.score)
            if codes and len(chosen) < MAX_CANDIDATES:
                chosen.setdefault(candidate.concept_id, codes[0])
        return tuple(chosen.values())


@functools.cache
def default_linker() -> Linker:
    """The linker over critparse's own dictionary, made on first use and once a process."""
    return Linker()
