"""Annotated lines of the Chia and LCT corpora, as the model learns them and as it is measured on them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from critparse.learn.brat import Annotations, Mention, fold_of, read_annotations, read_sources
from critparse.nlp.encoder.tags import TypedSpan
from critparse.nlp.encoder.words import Word, span_of, split_words
from critparse.segment.markers import marker_at

CHIA_TYPES = (
    "Condition", "Drug", "Procedure", "Measurement", "Observation", "Person", "Device", "Value", "Temporal",
    "Qualifier", "Negation", "Visit", "Multiplier", "Reference_point", "Mood",
)  # fmt: skip
RELATIONS = (
    "Has_value", "Has_temporal", "Has_qualifier", "Has_negation", "Has_multiplier", "Has_mood", "Has_index",
    "Subsumes", "AND", "OR",
)  # fmt: skip
PROBLEMS = (
    "Non-query-able", "Parsing_Error", "Post-eligibility", "Non-representable", "Informed_consent",
    "Undefined_semantics", "Subjective_judgement", "Pregnancy_considerations", "Context_Error", "Competing_trial",
    "Grammar_Error", "Not_a_criteria",
)  # fmt: skip
CHIA, LCT_OUTER, LCT_INNER = "chia", "lct", "lct-parts"
_INNER = re.compile(r".+-Name|Eq-(?!Comparison).+")
_LINE = re.compile(r"[^\r\n]+")


class Place(NamedTuple):
    """``text[start:end]`` of a line, and the type annotated there."""

    start: int
    end: int
    type: str


class LineLink(NamedTuple):
    """A relation between two places of a line, by their numbers in :attr:`Example.places`."""

    type: str
    first: int
    second: int


@dataclass(slots=True)
class Example:
    """A line of a document. ``places``: every annotated entity without gaps, overlapping ones too.

    ``layers``: for each layer of tags the spans (of words) that do not overlap; ``problems``: annotators' labels for
    the line; ``lost``: relations of this line that no parser of single lines can find; ``related``: whether relations
    and problems were annotated at all.
    """

    document: str
    start: int
    text: str
    words: list[Word]
    places: list[Place] = field(default_factory=list)
    layers: dict[str, list[TypedSpan]] = field(default_factory=dict)
    links: list[LineLink] = field(default_factory=list)
    problems: frozenset[str] = frozenset()
    lost: int = 0
    related: bool = False

    def span(self, place: Place) -> TypedSpan:
        """The words of a place."""
        return span_of(self.words, *place)


def read_chia(corpus: Path, folds: Iterable[int]) -> list[Example]:
    """The lines of Chia's trials in some folds. Raises InputError."""
    examples = []
    wanted = set(folds)
    for source in read_sources(corpus):
        if fold_of(source.name) in wanted:
            annotations = read_annotations(source)
            lines = list(_lines(source.name, source.text, annotations.mentions, frozenset(CHIA_TYPES)))
            for example in lines:
                example.layers[CHIA] = flat(example, example.places)
                example.related = True
            _add_links(lines, annotations)
            _add_problems(lines, annotations.mentions)
            examples.extend(lines)
    return examples


def read_lct_entities(corpus: Path, folds: Iterable[int]) -> list[Example]:
    """The lines of LCT's trials in some folds, with two layers: whole entities, and the parts inside them."""
    examples = []
    wanted = set(folds)
    for source in read_sources(corpus):
        if fold_of(source.name) in wanted:
            for example in _lines(source.name, source.text, read_annotations(source).mentions, None):
                parts = [place for place in example.places if _INNER.fullmatch(place.type)]
                whole = [place for place in example.places if not _INNER.fullmatch(place.type)]
                example.layers = {LCT_OUTER: flat(example, whole), LCT_INNER: flat(example, parts)}
                examples.append(example)
    return examples


def flat(example: Example, places: Sequence[Place]) -> list[TypedSpan]:
    """The spans of places, without overlaps: the longest stays, of equally long ones the earlier."""
    kept: list[TypedSpan] = []
    for place in sorted(places, key=lambda place: (place.start - place.end, place.start)):
        span = example.span(place)
        if all(span.last < other.first or other.last < span.first for other in kept):
            kept.append(span)
    return sorted(kept)


def _lines(document: str, text: str, mentions: Sequence[Mention], types: frozenset[str] | None) -> Iterator[Example]:
    """Lines that hold words, with the mentions (of some types) that lie within them."""
    by_start = sorted((m for m in mentions if not m.broken and (types is None or m.type in types)), key=_by_place)
    for match in _LINE.finditer(text):
        end = match.end()
        start = _behind_marker(text, match.start(), end, by_start)
        words = split_words(text[start:end])
        if words:
            places = [
                Place(m.start - start, m.end - start, m.type) for m in by_start if start <= m.start < m.end <= end
            ]
            yield Example(document, start, text[start:end], words, places)


def _behind_marker(text: str, start: int, end: int, mentions: Sequence[Mention]) -> int:
    """Where a line's words begin: behind its bullet or number, which a parse keeps from the model too.

    What annotators marked is no number of a list, whatever it looks like.
    """
    marker = marker_at(text, end - len(text[start:end].lstrip()), end)
    if marker is None or marker.weak or any(start <= mention.start < marker.content for mention in mentions):
        return start
    return marker.content


def _by_place(mention: Mention) -> tuple[int, int]:
    return mention.start, -mention.end


def _add_links(lines: Sequence[Example], annotations: Annotations) -> None:
    """Relations among entities of the 15 types; those that a line cannot hold are counted as lost there."""
    where: dict[str, tuple[Example, int] | None] = {}
    home: dict[str, Example] = {}
    for mention in annotations.mentions:
        if mention.type in CHIA_TYPES:
            line = next((line for line in lines if line.start <= mention.start <= line.start + len(line.text)), None)
            if line is None:
                continue
            home[mention.id] = line
            place = Place(mention.start - line.start, mention.end - line.start, mention.type)
            found = not mention.broken and place in line.places
            where[mention.id] = (line, line.places.index(place)) if found else None
    seen: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for type_, first, second in pairs(annotations):
        if type_ not in RELATIONS or first not in where or second not in where:
            continue
        one, other = where[first], where[second]
        if one is None or other is None or one[0] is not other[0]:
            home[first].lost += 1
        elif one[1] != other[1] and (one[1], other[1]) not in seen[id(one[0])]:
            seen[id(one[0])].add((one[1], other[1]))
            one[0].links.append(LineLink(type_, one[1], other[1]))


def pairs(annotations: Annotations) -> Iterator[tuple[str, str, str]]:
    """Relations of two; a group ("a, b or c") is a chain of neighbours in the order of the text."""
    yield from annotations.links
    starts = {mention.id: mention.start for mention in annotations.mentions}
    for type_, members in annotations.groups:
        chain = sorted((member for member in members if member in starts), key=lambda member: starts[member])
        for first, second in pairwise(chain):
            yield type_, first, second


def _add_problems(lines: Sequence[Example], mentions: Sequence[Mention]) -> None:
    for line in lines:
        end = line.start + len(line.text)
        line.problems = frozenset(
            m.type for m in mentions if m.type in PROBLEMS and m.start < end and m.end > line.start
        )
