"""The whole way from a record to a document: read, segment, annotate, build rules, check."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from critparse._version import __version__
from critparse.concepts.document import DocumentLinker
from critparse.errors import CritparseError
from critparse.nlp.annotations import MentionAnnotation, ModelAnnotation
from critparse.rules.build import Carried, CriterionReading, read_criterion, unread_criterion, with_children
from critparse.schema import Criterion, CriterionKind, Note, ParsedTrial, ParserInfo, Span
from critparse.segment import Item, segment
from critparse.sources.clean import CleanText, plain
from critparse.sources.record import Record

if TYPE_CHECKING:
    from critparse.concepts.vocabularies import VocabularyLike

_LOG = logging.getLogger(__name__)
ELIGIBILITY = "eligibility"
_NARRATIVES = ("description", "summary")
_LETTERS = {"inclusion": "I", "exclusion": "E", "unknown": "U"}
_NO_MODEL = "none (lexicon and rules)"


class Annotated(NamedTuple):
    """The dictionary mentions in one criterion and what the model says of it, or why the pipeline failed on it.

    ``linker``: links mentions to concepts, by the abbreviations of the whole text.
    """

    mentions: Sequence[MentionAnnotation]
    model: ModelAnnotation | None = None
    failure: str | None = None
    linker: DocumentLinker = DocumentLinker()


def annotate(texts: Sequence[str], *, model: bool = True, vocabulary: VocabularyLike | None = None) -> list[Annotated]:
    """Run the pipeline over the words of a text's criteria; the text's own abbreviations are resolved.

    Raises:
        ResourceError: the model is wanted, and a file of it is missing or damaged.
    """
    from critparse.nlp.expand import expand, long_forms
    from critparse.nlp.reading import read_texts

    readings = read_texts(texts, model=model)
    definitions = [reading.definitions for reading in readings]
    mentions = expand(texts, [reading.mentions for reading in readings], definitions)
    linker = DocumentLinker(long_forms(definitions), vocabulary)
    return [
        Annotated(found, reading.model, reading.failure, linker)
        for found, reading in zip(mentions, readings, strict=True)
    ]


def parser_info(*, model: bool = True, vocabulary: VocabularyLike | None = None) -> ParserInfo:
    """What documents say of the parser that made them."""
    from critparse.nlp.model import default_model

    return ParserInfo(
        name="critparse",
        version=__version__,
        model=default_model().name if model else _NO_MODEL,
        vocabulary=vocabulary.name if vocabulary else None,
    )


Revise = Callable[[CleanText, int, int, Annotated], Annotated]
"""From a text, the first and last character of a criterion's words in it, and what was found, to what is to stand."""


def parse_record(
    record: Record,
    *,
    model: bool = True,
    vocabulary: VocabularyLike | None = None,
    revise: Revise | None = None,
) -> ParsedTrial:
    """The document of one record, without findings. Without ``model``, lexicon and rules alone read it.

    ``vocabulary``: the user's own, whose codes go before critparse's. ``revise`` changes what the pipeline found in a
    criterion before its rule is made: people's corrections.

    Raises:
        ResourceError: a file of critparse's own is missing or damaged.
    """
    criteria: list[Criterion] = []
    notes: list[Note] = []
    entity_numbers = itertools.count(1)
    for text in record.texts:
        if text.id == ELIGIBILITY or text.id in _NARRATIVES:
            found, unread = _parse_text(
                text,
                entity_numbers,
                narrative=text.id != ELIGIBILITY,
                model=model,
                vocabulary=vocabulary,
                revise=revise,
            )
            criteria.extend(found)
            notes.extend(unread)
    return ParsedTrial(
        parser=parser_info(model=model, vocabulary=vocabulary),
        trial_id=record.trial_id,
        title=record.title,
        source_format=record.source_format,
        texts=tuple(text.source() for text in record.texts),
        registry=record.registry,
        criteria=tuple(criteria),
        notes=tuple(notes),
    )


def parse_single(
    text: str, kind: CriterionKind, *, model: bool = True, vocabulary: VocabularyLike | None = None
) -> Criterion:
    """One criterion given by itself: its words are taken whole, whatever bullets or headings they hold."""
    source = plain("criterion", "Criterion", text)
    stripped = text.strip()
    start = text.find(stripped) if stripped else 0
    item = Item(kind=kind, start=start, content=start, end=start + len(stripped), section=None, children=())
    annotations = iter(annotate([stripped], model=model, vocabulary=vocabulary))
    reader = _TextReader(source, annotations, itertools.count(1))
    return reader.criterion(item, f"{_LETTERS[kind]}1", None)[0]


def _parse_text(
    text: CleanText,
    entity_numbers: Iterator[int],
    *,
    narrative: bool,
    model: bool,
    vocabulary: VocabularyLike | None,
    revise: Revise | None = None,
) -> tuple[list[Criterion], list[Note]]:
    segmentation = segment(text.text, narrative=narrative)
    items = list(_walk(segmentation.items))
    contents = [text.text[item.content : item.end] for item in items]
    annotated = annotate(contents, model=model, vocabulary=vocabulary)
    if revise is not None:
        pairs = zip(items, annotated, strict=True)
        annotated = [revise(text, item.content, item.end, found) for item, found in pairs]
    reader = _TextReader(text, iter(annotated), entity_numbers)
    numbers = {kind: itertools.count(1) for kind in _LETTERS}
    prefix = f"{text.id}:" if narrative else ""
    criteria = []
    for item in segmentation.items:
        identifier = f"{prefix}{_LETTERS[item.kind]}{next(numbers[item.kind])}"
        criteria.append(reader.criterion(item, identifier, None)[0])
    notes = [Note(span=text.span(start, end), reason=reason) for start, end, reason in segmentation.notes]
    return criteria, notes


def _walk(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _walk(item.children)


class _TextReader:
    """Turns the items of one text into criteria; takes annotations in the order of :func:`_walk`."""

    def __init__(self, text: CleanText, annotations: Iterator[Annotated], entity_numbers: Iterator[int]) -> None:
        self.text = text
        self.annotations = annotations
        self.entity_numbers = entity_numbers

    def criterion(self, item: Item, identifier: str, carried: Carried | None) -> tuple[Criterion, str]:
        """The criterion of an item with its children, and the conjunction its own words end with."""
        reading = self._read(item, carried)
        passed = reading.carried if carried is None else carried + reading.carried
        children = [
            self.criterion(child, f"{identifier}.{number}", passed) for number, child in enumerate(item.children, 1)
        ]
        span = self.text.span(item.start, item.end)
        criterion = Criterion(
            id=identifier,
            kind=item.kind,
            span=span,
            text=self.text.raw[span.start : span.end],
            marker=self.text.text[item.start : item.content].strip(),
            section=item.section,
            entities=reading.entities,
            relations=reading.relations,
            hints=reading.hints,
            rule=with_children(reading, [(child.rule, word) for child, word in children], item.kind),
            children=tuple(child for child, _ in children),
        )
        return criterion, reading.trailing

    def _read(self, item: Item, carried: Carried | None) -> CriterionReading:
        found = next(self.annotations)

        def place(start: int, end: int) -> Span:
            return self.text.span(item.content + start, item.content + end)

        words = self.text.text[item.content : item.end]
        if found.failure:
            return unread_criterion(words, place, f"internal error: {found.failure}")
        try:
            return read_criterion(
                words,
                found.mentions,
                place,
                raw=self.text.raw,
                kind=item.kind,
                carried=carried,
                leads=bool(item.children),
                entity_numbers=self.entity_numbers,
                model=found.model,
                linker=found.linker,
            )
        except CritparseError:
            raise
        except Exception as error:  # noqa: BLE001  one criterion that trips us up must not cost the record
            _LOG.exception("a criterion of the text %r could not be read", self.text.id)
            return unread_criterion(words, place, f"internal error: {type(error).__name__}")
