"""A trial as its page shows it: findings with their passages, texts with what was read beside them, the trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from critparse.exports.html.blocks import placed
from critparse.exports.html.findings import Column, columns
from critparse.exports.html.sections import Link, Section, contents, sections
from critparse.exports.html.texts import Text, texts
from critparse.exports.passages import Passages
from critparse.exports.registry import registry_facts
from critparse.exports.wording import Amount, amount
from critparse.review.events import Digest
from critparse.review.pages.forms import Way
from critparse.review.pages.rendering import macro
from critparse.review.pages.trees import Node, Trees, all_marks
from critparse.review.remembered import Remembered
from critparse.review.store import FindingRow, Standing
from critparse.schema import ParsedTrial

_PASSAGES = 20_000
_CRITERIA = 2_000
_CHARACTERS = 20_000_000
"""How much is remembered of what pages show of documents: one never changes, and is looked at again and again."""
_QUICK_CHARACTERS, _QUICK_FINDINGS = 200_000, 20
"""A page of so much remembered text and so many findings takes one or two milliseconds."""


class Outline(NamedTuple):
    """What a page shows of a document beside its texts, whatever people decided."""

    facts: dict[str, str]
    amount: Amount
    contents: Sequence[Link]
    columns: Sequence[Sequence[Column]]
    """Of each finding, its passages side by side."""


class Reading(NamedTuple):
    """The texts of a document and what was read of them."""

    sections: Sequence[Section]
    trees: dict[str, Node]
    """Of each criterion, its rule."""
    others: Sequence[Text]
    """The texts without criteria."""


class Shown(NamedTuple):
    """A finding on the page; ``number`` counts all findings of the document."""

    number: int
    row: FindingRow
    columns: Sequence[Column]


_outlines: Remembered[Digest, Outline] = Remembered(_PASSAGES)
_readings: Remembered[Digest, Reading] = Remembered(_CRITERIA)
_texts: Remembered[tuple[Digest, int, str, bool], str] = Remembered(_CHARACTERS)


def outline(digest: Digest, document: Callable[[], ParsedTrial]) -> Outline:
    """What a page shows of the document of this digest beside its texts."""
    return _outlines.made(digest, lambda: _outline(document()), lambda made: 1 + sum(map(len, made.columns)))


def reading(digest: Digest, document: Callable[[], ParsedTrial]) -> Reading:
    """The texts of the document of this digest, with what was read of them."""
    return _readings.made(digest, lambda: _reading(document()), lambda made: 1 + len(made.trees))


def texts_of(trial: Standing, document: Callable[[], ParsedTrial], way: Way, *, may: bool) -> str:
    """The texts of a trial with what was read beside them, as markup; ``may``: with the ways to correct it."""
    write = macro("texts.html", "texts")
    return _texts.made(
        _texts_key(trial, way, may=may),
        lambda: write(reading(trial.state.document, document), f"/trials/{trial.id}", way, may),
        len,
    )


def is_quick(trial: Standing, way: Way, *, may: bool) -> bool:
    """Whether all that takes time on the page of a trial is remembered, and not much of it."""
    known = _texts.get(_texts_key(trial, way, may=may))
    outlined = _outlines.get(trial.state.document)
    few = len(trial.findings) <= _QUICK_FINDINGS
    return outlined is not None and known is not None and len(known) <= _QUICK_CHARACTERS and few


def shown_findings(trial: Standing, outline: Outline) -> list[Shown]:
    """The findings of a trial with what people decided; the numbers are those in the text."""
    return [
        Shown(number, row, found)
        for number, (row, found) in enumerate(zip(trial.findings, outline.columns, strict=True), 1)
    ]


def _texts_key(trial: Standing, way: Way, *, may: bool) -> tuple[Digest, int, str, bool]:
    return trial.state.document, trial.id, way.place, may


def _outline(document: ParsedTrial) -> Outline:
    passages = Passages(document)
    return Outline(
        facts=registry_facts(document),
        amount=amount(document),
        contents=list(contents(document, list(placed(document)), "")),
        columns=[list(columns(passages, finding)) for finding in document.findings],
    )


def _reading(document: ParsedTrial) -> Reading:
    items = list(placed(document))
    trees = Trees(document)
    marks = all_marks(trees, document.findings)
    read = {item.criterion.span.text_id for item in items}
    return Reading(
        sections=list(sections(document, Passages(document), items, marks)),
        trees={item.criterion.id: trees.of(item.criterion.rule) for item in items},
        others=[
            text._replace(segments=list(text.segments))
            for text in texts(document, [text for text in document.texts if text.id not in read], marks)
        ],
    )
