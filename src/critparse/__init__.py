"""critparse: clinical-trial eligibility criteria, from free text to structured, checked rules.

The whole public API::

    trial = critparse.parse(source)                       # ParsedTrial, findings included
    criterion = critparse.parse_criterion("HbA1c ≥ 7.0 %")  # Criterion
    findings = critparse.check(source)                    # tuple of Finding
    linked = critparse.link("T2DM")                       # Linked: the codes of a mention
    drugs = critparse.members(linked.concepts[0])         # of a class of drugs
    bundle = critparse.export(trial, "fhir").files[".json"]  # and .omissions: what the standard cannot say
    study = critparse.fetch("NCT01741857")                # a source, from ClinicalTrials.gov
    nlp = critparse.load()                                # the spaCy pipeline by itself

and the models of :mod:`critparse.schema`. Importing this package is cheap; spaCy and the lexicon are loaded on first
use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from critparse import schema
from critparse._version import __version__
from critparse.errors import CritparseError
from critparse.schema import Concept, Criterion, CriterionKind, Finding, Linked, ParsedTrial

if TYPE_CHECKING:
    from spacy import Language

    from critparse.concepts.vocabularies import VocabularyLike
    from critparse.exports.capability import Exported

__all__ = [
    "Criterion",
    "CritparseError",
    "Finding",
    "ParsedTrial",
    "__version__",
    "check",
    "export",
    "fetch",
    "link",
    "load",
    "members",
    "parse",
    "parse_criterion",
    "parse_many",
    "schema",
]

Source = str | bytes | Path | Mapping[str, Any]


def parse(source: Source, *, format: str = "auto", model: bool = True, vocab: str | None = None) -> ParsedTrial:
    """Parse one trial record and check it.

    Args:
        source: a ``str`` is the text itself (eligibility text, a page, JSON), a ``pathlib.Path`` a file; ``bytes``
            and mappings may be any known format.
        format: the format's name where it is known; ``"auto"`` lets critparse recognise it.
        model: whether to use the trained model; without it, lexicon and rules alone read the text.
        vocab: a vocabulary made with ``critparse vocab build``, by name or path, or ``"scispacy:umls"`` and its like:
            its codes go before critparse's own.

    Raises:
        InputError: one of its kinds, see :mod:`critparse.errors`.
        ResourceError: a file of critparse's own, such as the model's weights, is missing or damaged.
        VocabularyError: the vocabulary is not there or cannot be used.
    """
    from critparse.parser import parse_record
    from critparse.sources import read

    return _checked(parse_record(read(source, format=format), model=model, vocabulary=_vocabulary(vocab)))


def parse_many(
    source: Source, *, format: str = "auto", model: bool = True, vocab: str | None = None
) -> Iterator[ParsedTrial | CritparseError]:
    """Parse every record of a source that may hold several; a record that cannot be read comes as the error.

    Raises:
        InputError: the source as a whole cannot be read.
        ResourceError: a file of critparse's own is missing or damaged.
    """
    from critparse.parser import parse_record
    from critparse.sources import read_many

    vocabulary = _vocabulary(vocab)
    for record in read_many(source, format=format):
        if isinstance(record, CritparseError):
            yield record
        else:
            yield _checked(parse_record(record, model=model, vocabulary=vocabulary))


def parse_criterion(
    text: str, *, kind: CriterionKind = "unknown", model: bool = True, vocab: str | None = None
) -> Criterion:
    """Parse the words of a single criterion; its spans point into ``text`` (text id ``"criterion"``)."""
    from critparse.parser import parse_single

    return parse_single(text, kind, model=model, vocabulary=_vocabulary(vocab))


def check(source: Source | ParsedTrial, *, format: str = "auto", model: bool = True) -> tuple[Finding, ...]:
    """The findings about a record, or about a document that was parsed before; arguments as for :func:`parse`."""
    trial = source if isinstance(source, ParsedTrial) else parse(source, format=format, model=model)
    return trial.findings if trial is not source else _checked(trial).findings


def export(trial: ParsedTrial, to: str) -> Exported:
    """A trial in a standard (``"fhir"``, ``"usdm"`` …; docs/exports.md has them all).

    ``files`` are contents by the ending of a file's name; ``omissions`` say what the standard could not express.

    Raises:
        UnknownTarget: there is no such standard.
    """
    from critparse.exports import export_to

    return export_to(trial, to)


def fetch(trial_id: str, *, refresh: bool = False, offline: bool = False) -> dict[str, Any]:
    """Fetch a study from ClinicalTrials.gov by its number: a source for :func:`parse` and :func:`check`.

    A copy is kept on disk and taken for a week; ``refresh`` asks the registry all the same, ``offline`` never does.
    More can be set with :class:`critparse.sources.fetch.Fetcher`.

    Raises:
        InputError: ``trial_id`` is no number of ClinicalTrials.gov.
        FetchError: one of its kinds: no such trial, no connection, no answer in time, offline and not in the cache.
    """
    from critparse.sources.fetch import Fetcher

    return Fetcher.of(refresh=refresh, offline=offline).fetch(trial_id)


def link(text: str, *, label: str | None = None, context: str = "", vocab: str | None = None) -> Linked:
    """Link a mention to the codes of the concept it names, or to candidates when that is not sure.

    Args:
        text: the mention as it stands in the text, such as ``"severe hepatic impairment"``.
        label: what it is (Condition, Drug, Procedure, Device, Measurement, Observation), if known.
        context: the words around it; they tell the meanings of short forms apart.
        vocab: a vocabulary of the user's, as for :func:`parse`.
    """
    from critparse.concepts import link as link_mention

    return link_mention(text, label=label, context=context, vocabulary=_vocabulary(vocab))


def members(concept: Concept) -> tuple[Concept, ...]:
    """The drugs of a class of drugs, by name, each by its first code; () for what is no class.

    ``critparse.members(critparse.link("statins").concepts[0])`` begins with atorvastatin.
    """
    from critparse.concepts import members_of

    return members_of(concept)


def load(**options: Any) -> Language:
    """Build critparse's spaCy pipeline, a fresh ``Language``: tokenizer, dictionary, abbreviations, negation, model.

    Args:
        options: passed to :func:`critparse.nlp.pipeline.load`.
    """
    from critparse.nlp.pipeline import load as load_pipeline

    return load_pipeline(**options)


def _vocabulary(given: str | None) -> VocabularyLike | None:
    if given is None:
        return None
    from critparse.concepts.vocabularies import resolve

    return resolve(given)


def _checked(trial: ParsedTrial) -> ParsedTrial:
    from critparse.checks import run

    return trial.model_copy(update={"findings": run(trial)})
