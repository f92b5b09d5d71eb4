"""From records to documents with findings, one after the other, as the workers of a batch and of a server do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from critparse.schema import Criterion, CriterionKind, ParsedTrial, ParserInfo
from critparse.sources.clean import CleanText
from critparse.sources.record import Record

_REMEMBERED = 16  # records


class Loaded(Protocol):
    """What a worker does with each record. It may remember, as long as that changes no result."""

    def __call__(self, record: Record) -> ParsedTrial: ...

    def chunk(self) -> AbstractContextManager[None]:
        """Within it, one chunk is worked on; at its end, what was kept for it only is let go."""
        ...


class Parser(Protocol):
    """A recipe of a parser: small, to be sent to other processes; ``load`` is called once in each."""

    def load(self) -> Loaded: ...


@dataclass(frozen=True, slots=True)
class DocumentParser:
    """critparse's own: the document with its findings. ``vocab`` and ``model`` as for :func:`critparse.parse`."""

    model: bool = True
    vocab: str | None = None

    def load(self) -> LoadedParser:
        """Load lexicon, model and vocabulary.

        Raises:
            ResourceError, VocabularyError: they cannot be used.
        """
        return LoadedParser(self)


class LoadedParser:
    """Parses and checks records. Of records with the same texts, as sibling trials have, the texts are parsed once."""

    def __init__(self, options: DocumentParser) -> None:
        from critparse.checks import run
        from critparse.concepts.vocabularies import resolve
        from critparse.nlp.reading import Memory, forgetting_words, remembering
        from critparse.parser import parse_record, parse_single, parser_info

        self._parse, self._parse_single, self._check = parse_record, parse_single, run
        self._remembering, self._forgetting = remembering, forgetting_words
        self._readings = Memory()
        self._model = options.model
        self._vocabulary = resolve(options.vocab) if options.vocab else None
        self.info: ParserInfo = parser_info(model=self._model, vocabulary=self._vocabulary)
        self._trials: dict[tuple[CleanText, ...], ParsedTrial] = {}
        self.criterion("Type 2 diabetes (T2D), HbA1c ≥ 7 %", "inclusion")

    @contextmanager
    def chunk(self) -> Iterator[None]:
        with self._remembering(self._readings), self._forgetting(model=self._model):
            yield

    def __call__(self, record: Record) -> ParsedTrial:
        trial = self._parsed(record)
        return trial.model_copy(update={"findings": self._check(trial)})

    def criterion(self, text: str, kind: CriterionKind) -> Criterion:
        """A criterion by itself, as :func:`critparse.parse_criterion` has it."""
        return self._parse_single(text, kind, model=self._model, vocabulary=self._vocabulary)

    def _parsed(self, record: Record) -> ParsedTrial:
        """The document without findings. But for four fields, it comes from the texts alone."""
        found = self._trials.pop(record.texts, None)
        if found is None:
            found = self._parse(record, model=self._model, vocabulary=self._vocabulary)
        self._trials[record.texts] = found
        if len(self._trials) > _REMEMBERED:
            del self._trials[next(iter(self._trials))]
        return found.model_copy(
            update={
                "trial_id": record.trial_id,
                "title": record.title,
                "source_format": record.source_format,
                "registry": record.registry,
            }
        )
