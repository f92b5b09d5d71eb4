"""The lexicon: what critparse knows by name, found in text and described by concept."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from critparse.errors import ResourceError
from critparse.lexicon import tables
from critparse.lexicon.folding import fold_name
from critparse.lexicon.matcher import Matcher
from critparse.lexicon.resources import data_lines, data_text
from critparse.lexicon.variants import variants

ANALYTE, SCORE, SUBJECT = "ANALYTE:", "SCORE:", "SUBJECT:"
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
    codes: tuple[tuple[str, str], ...] = ()
    trees: tuple[str, ...] = ()
    row: tables.Analyte | tables.Score | tables.Subject | None = None


class Lexicon:
    """The dictionary of analytes, scores, subjects, conditions, drugs, procedures and devices.

    Built once; read-only and safe to share between threads afterwards. Not picklable: call
    :func:`default_lexicon` in each process.
    """

    def __init__(self, concepts: dict[str, LexiconConcept], folded: dict[str, str], exact: dict[str, str]) -> None:
        """``folded`` and ``exact`` map folded names to concept ids (``exact``: names that keep their case).

        Names of the id ``MASK:`` are no mentions; they hide the shorter names inside them.
        """
        self._concepts = concepts
        self._folded, self._exact = folded, exact
        self._ids = sorted(set(folded.values()) | set(exact.values()), key=lambda id_: (_rank(id_), id_))
        keys = {id_: key for key, id_ in enumerate(self._ids)}
        self._matcher = Matcher(
            {name: keys[id_] for name, id_ in folded.items()}, {name: keys[id_] for name, id_ in exact.items()}
        )

    def match(self, text: str) -> list[Mention]:
        """The mentions in ``text`` by position, leftmost-longest and without overlaps; offsets are code points."""
        mentions = []
        for start, end, key in self._matcher.find(text):
            if self._ids[key] != _MASK:
                concept = self._concepts[self._ids[key]]
                mentions.append(Mention(start, end, concept.label, concept.id, concept.name))
        return mentions

    def lookup(self, name: str) -> tuple[str, ...]:
        """The ids of the concepts that bear exactly this name, the case-sensitive one first."""
        found = (self._exact.get(fold_name(name, case_sensitive=True)), self._folded.get(fold_name(name)))
        return tuple(dict.fromkeys(id_ for id_ in found if id_ and id_ != _MASK))

    def all_names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every folded name with the ids of its concepts."""
        return ((name, (id_,)) for name, id_ in self._folded.items() if id_ != _MASK)

    def concept(self, concept_id: str) -> LexiconConcept:
        """The concept of an id that a mention carries. Raises KeyError for any other id."""
        return self._concepts[concept_id]


@functools.cache
def default_lexicon() -> Lexicon:
    """The lexicon that comes with critparse, built on first use and once a process.

    Raises ResourceError when a data file is missing or damaged.
    """
    concepts = {concept.id: concept for concept in _packed_concepts()}
    folded, exact = _packed_names(concepts)
    for concept, aliases in _authored():
        known = concepts.get(concept.id)
        concepts[concept.id] = concept if known is None else _merge(concept, known)
        _add_names(concept.id, aliases, folded, exact)
    folded |= {fold_name(phrase): _MASK for _, phrase in data_lines("masks.txt")}
    return Lexicon(concepts, folded, exact)


def _rank(concept_id: str) -> int:
    """Of two concepts on the same span the smaller rank wins: what can be measured before what can be had."""
    return 0 if concept_id.startswith((ANALYTE, SCORE)) else 1 if concept_id.startswith(SUBJECT) else 2


def _merge(authored: LexiconConcept, packed: LexiconConcept) -> LexiconConcept:
    return LexiconConcept(authored.id, authored.name, authored.label, packed.codes or authored.codes, packed.trees)


def _authored() -> Iterable[tuple[LexiconConcept, tuple[tables.Alias, ...]]]:
    """The authored tables, weakest first: a later row takes a name from an earlier one."""
    for term in (*tables.drug_classes().values(), *tables.trial_terms().values()):
        yield LexiconConcept(term.concept, term.display, term.label, _codes(term.concept)), term.aliases
    for subject in tables.subjects().values():
        label = _SUBJECT_LABELS.get(subject.kind, "Observation")
        yield LexiconConcept(SUBJECT + subject.id, subject.display, label, row=subject), subject.aliases
    for score in tables.scores().values():
        yield LexiconConcept(SCORE + score.id, score.display, "Measurement", row=score), score.aliases
    for analyte in tables.analytes().values():
        codes = (("LOINC", analyte.loinc),) if analyte.loinc else ()
        concept = LexiconConcept(ANALYTE + analyte.id, analyte.display, "Measurement", codes, row=analyte)
        yield concept, analyte.aliases


def _codes(concept_id: str) -> tuple[tuple[str, str], ...]:
    system, _, code = concept_id.partition(":")
    return () if system == "TERM" else ((system, concept_id if system == "DOID" else code),)


def _add_names(
    concept_id: str, aliases: tuple[tables.Alias, ...], folded: dict[str, str], exact: dict[str, str]
) -> None:
    for alias in aliases:
        if alias.case_sensitive:
            exact[fold_name(alias.text, case_sensitive=True)] = concept_id
            continue
        # An acronym has no other forms than its own: "HADS" is no plural of "had".
        for form in (alias.text,) if alias.text.isupper() else variants(alias.text):
            folded[fold_name(form)] = concept_id


def _packed_concepts() -> Iterable[LexiconConcept]:
    """The concepts converted from public vocabularies: id, name, label, trees, drugbank."""
    for number, line in enumerate(data_text("concepts.tsv.gz").rstrip("\n").split("\n"), start=1):
        cells = line.split("\t")
        if len(cells) != 5:
            raise ResourceError(file="concepts.tsv.gz", reason=f"line {number} has {len(cells)} cells, not 5")
        id_, name, label, trees, drugbank = cells
        codes = _codes(id_)
        if drugbank and not id_.startswith("DRUGBANK:"):
            codes += (("DRUGBANK", drugbank),)
        yield LexiconConcept(id_, name, label, codes, tuple(trees.split("|")) if trees else ())


def _packed_names(concepts: dict[str, LexiconConcept]) -> tuple[dict[str, str], dict[str, str]]:
    """The names of the packed concepts, less the stop list: (case-folded, case-sensitive)."""
    stopped = {line.strip() for _, line in data_lines("stopwords_lexicon.txt")}
    folded: dict[str, str] = {}
    exact: dict[str, str] = {}
    for number, line in enumerate(data_text("names.tsv.gz").rstrip("\n").split("\n"), start=1):
        cells = line.split("\t")
        if len(cells) != 3 or cells[1].partition("|")[0] not in concepts:
            raise ResourceError(file="names.tsv.gz", reason=f"line {number} is damaged")
        name, ids, flag = cells
        if name not in stopped:
            (exact if flag else folded)[name] = ids.partition("|")[0]
    return folded, exact
