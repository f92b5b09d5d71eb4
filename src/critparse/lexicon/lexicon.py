"""The lexicon: what critparse knows by name, found in text and described by concept."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from critparse.lexicon import tables
from critparse.lexicon.folding import fold_name
from critparse.lexicon.matcher import Matcher
from critparse.lexicon.packed import Codes, Names, PackedConcepts, PackedCrossrefs, codes_of, packed_names
from critparse.lexicon.resources import data_lines
from critparse.lexicon.variants import variants

ANALYTE, SCORE, SUBJECT = "ANALYTE:", "SCORE:", "SUBJECT:"
_MIN_PLURAL = 3
_MASK = "MASK:"  # the id of phrases that are no mention and hide the names inside them
_SUBJECT_LABELS = {"condition": "Condition", "drug": "Drug", "procedure": "Procedure", "device": "Device"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name found in a text: ``text[start:end]``, what it is, and its best concept.

    ``label``: Condition, Drug, Procedure, Device, Measurement (analytes and scores) or Observation.
    """

    start: int
    end: int
    label: str
    concept_id: str
    name: str


@dataclass(frozen=True, slots=True)
class LexiconConcept:
    """One concept: ``codes`` are (system, code), best first; ``row`` is its table row if it is measured or counted."""

    id: str
    name: str
    label: str
    codes: Codes = ()
    trees: tuple[str, ...] = ()
    row: tables.Analyte | tables.Score | tables.Subject | None = None


class Lexicon:
    """The dictionary of analytes, scores, subjects, conditions, drugs, procedures and devices.

    Read-only and safe to share between threads. Not picklable: call :func:`default_lexicon` in each process.
    """

    def __init__(self, packed: PackedConcepts, authored: dict[str, LexiconConcept], names: Names, own: Names) -> None:
        """``names`` are those of the packed concepts, ``own`` the authored ones, which go before them.

        Names of the id ``MASK:`` are no mentions; they hide the shorter names inside them.
        """
        self._packed = packed
        self._concepts = authored
        self._names = names
        self._own = own

    def match(self, text: str) -> list[Mention]:
        """The mentions in ``text`` by position, leftmost-longest and without overlaps; offsets are code points."""
        matcher, ids = self._search
        mentions = []
        for start, end, key in matcher.find(text):
            if ids[key] != _MASK:
                concept = self.concept(ids[key])
                mentions.append(Mention(start, end, concept.label, concept.id, concept.name))
        return mentions

    def concept(self, concept_id: str) -> LexiconConcept:
        """The concept of an id that a mention or a name carries. Raises KeyError for any other id."""
        known = self._concepts.get(concept_id)
        if known is None:
            known = self._concepts[concept_id] = LexiconConcept(*self._packed[concept_id])
        return known

    def crossrefs(self, concept_id: str) -> Codes:
        """(system, code) of the same meaning in other systems; empty when none is known."""
        return self._crossrefs[concept_id]

    def lookup(self, name: str, *, rare: bool = True) -> tuple[str, ...]:
        """The ids of all concepts that bear exactly this name, best first; empty when none does.

        The name in its case goes before the same name in any case, authored names before those of the vocabularies.
        With ``rare``, names that :meth:`match` leaves alone in running text count. A plural s is tolerated, as there.
        """
        exact, lower = fold_name(name, case_sensitive=True), fold_name(name)
        found = self._ids(exact, lower, rare)
        if not found and len(lower) > _MIN_PLURAL and lower.endswith("s") and lower[-2].isalpha() and lower[-2] != "s":
            found = self._ids(exact[:-1], lower[:-1], rare)
        return found

    def has(self, folded: str) -> bool:
        """Whether :meth:`lookup` may know this folded name; case-sensitive names apart."""
        tables = (self._own.folded, self._names.folded, self._names.linked_folded)
        return any(folded in table or folded.removesuffix("s") in table for table in tables)

    def all_names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """(name, ids) of every folded name that :meth:`lookup` knows, once each; case-sensitive ones are left out."""
        own, searched, linked = self._own.folded, self._names.folded, self._names.linked_folded
        for name, ids in own.items():
            if ids != _MASK:
                yield name, _distinct(ids, searched.get(name, ""), linked.get(name, ""))
        tuples: dict[str, tuple[str, ...]] = {}  # most concepts have several names: one tuple for all of them
        for name, ids in itertools.chain(searched.items(), linked.items()):
            if name not in own:
                if ids not in tuples:
                    tuples[ids] = tuple(ids.split("|"))
                yield name, tuples[ids]

    def _ids(self, exact: str, lower: str, rare: bool) -> tuple[str, ...]:
        own, names = self._own, self._names
        if own.folded.get(lower) == _MASK:
            return ()
        cased, folded = [own.exact, names.exact], [own.folded, names.folded]
        if rare:
            cased.append(names.linked_exact)
            folded.append(names.linked_folded)
        return _distinct(*(table.get(exact, "") for table in cased), *(table.get(lower, "") for table in folded))

    @functools.cached_property
    def _search(self) -> tuple[Matcher, list[str]]:
        """The matcher and the ids of its keys: the dearest part, made when the first text is matched."""
        folded, exact = (
            {name: ids.partition("|")[0] for name, ids in packed.items()} | own
            for packed, own in ((self._names.folded, self._own.folded), (self._names.exact, self._own.exact))
        )
        ids = sorted({*folded.values(), *exact.values()}, key=lambda id_: (_rank(id_), id_))
        keys = {id_: key for key, id_ in enumerate(ids)}
        searched = ({name: keys[id_] for name, id_ in table.items()} for table in (folded, exact))
        return Matcher(*searched), ids

    @functools.cached_property
    def _crossrefs(self) -> PackedCrossrefs:
        return PackedCrossrefs()


@functools.cache
def default_lexicon() -> Lexicon:
    """The lexicon that comes with critparse, built on first use and once a process.

    Raises ResourceError when a data file is missing or damaged.
    """
    packed = PackedConcepts()
    authored: dict[str, LexiconConcept] = {}
    own = Names({}, {}, {}, {})
    for concept, aliases in _authored():
        authored[concept.id] = _merge(concept, packed) if concept.id in packed else concept
        _add_names(concept.id, aliases, own)
    own.folded.update((fold_name(phrase), _MASK) for _, phrase in data_lines("masks.txt"))
    return Lexicon(packed, authored, packed_names(packed), own)


def _distinct(*lists: str) -> tuple[str, ...]:
    """The ids of several "|"-separated lists, each once."""
    return tuple(dict.fromkeys(id_ for ids in lists if ids for id_ in ids.split("|")))


def _rank(concept_id: str) -> int:
    """Of two concepts on the same span the smaller rank wins: what can be measured before what can be had."""
    return 0 if concept_id.startswith((ANALYTE, SCORE)) else 1 if concept_id.startswith(SUBJECT) else 2


def _merge(authored: LexiconConcept, packed: PackedConcepts) -> LexiconConcept:
    known = packed[authored.id]
    return LexiconConcept(authored.id, authored.name, authored.label, known.codes or authored.codes, known.trees)


def _authored() -> Iterable[tuple[LexiconConcept, tuple[tables.Alias, ...]]]:
    """The authored tables, weakest first: a later row takes a name from an earlier one."""
    for term in (*tables.drug_classes().values(), *tables.trial_terms().values()):
        yield LexiconConcept(term.concept, term.display, term.label, codes_of(term.concept)), term.aliases
    for subject in tables.subjects().values():
        label = _SUBJECT_LABELS.get(subject.kind, "Observation")
        yield LexiconConcept(SUBJECT + subject.id, subject.display, label, row=subject), subject.aliases
    for score in tables.scores().values():
        yield LexiconConcept(SCORE + score.id, score.display, "Measurement", score.codes, row=score), score.aliases
    for analyte in tables.analytes().values():
        codes = (("LOINC", analyte.loinc),) if analyte.loinc else ()
        concept = LexiconConcept(ANALYTE + analyte.id, analyte.display, "Measurement", codes, row=analyte)
        yield concept, analyte.aliases


def _add_names(concept_id: str, aliases: tuple[tables.Alias, ...], names: Names) -> None:
    for alias in aliases:
        if alias.case_sensitive:
            names.exact[fold_name(alias.text, case_sensitive=True)] = concept_id
            continue
        # An acronym has no other forms than its own: "HADS" is no plural of "had".
        for form in (alias.text,) if alias.text.isupper() else variants(alias.text):
            names.folded[fold_name(form)] = concept_id
