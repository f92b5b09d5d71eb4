"""A trial as its page shows it: findings with their passages, texts with what was read beside them, the trees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
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
from critparse.review.store import FindingRow, Trial
from critparse.schema import ParsedTrial

_KEPT = 32
"""Documents of which what is shown is remembered: one never changes, and is looked at again after every decision."""
_WRITTEN: Remembered[tuple[Digest, int, str, bool], str] = Remembered(20_000_000)
"""The texts of trials as they were last written, so many characters of them: most of a page, and of its time."""


class Reading(NamedTuple):
    """What a page shows of a document, whatever people decided."""

    facts: dict[str, str]
    amount: Amount
    contents: Sequence[Link]
    columns: Sequence[Sequence[Column]]
    """Of each finding, its passages side by side."""
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


def texts_of(trial: Trial, read: Reading, way: Way, *, may: bool) -> str:
    """The texts of a trial with what was read beside them, as markup; ``may``: with the ways to correct it."""
    key = (trial.state.document, trial.id, way.place, may)
    written = _WRITTEN.get(key)
    if written is None:
        written = macro("texts.html", "texts")(read, f"/trials/{trial.id}", way, may)
        _WRITTEN.put(key, written, len(written))
    return written


def reading(digest: Digest, document: ParsedTrial) -> Reading:
    """What a page shows of the document of this digest."""
    return _reading(_Keyed(digest, document))


class _Keyed:
    """A document that is known by its digest."""

    def __init__(self, digest: Digest, document: ParsedTrial) -> None:
        self.digest, self.document = digest, document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@lru_cache(maxsize=_KEPT)
def _reading(keyed: _Keyed) -> Reading:
    document = keyed.document
    passages, items = Passages(document), list(placed(document))
    trees = Trees(document)
    marks = all_marks(trees, document.findings)
    read = {item.criterion.span.text_id for item in items}
    return Reading(
        facts=registry_facts(document),
        amount=amount(document),
        contents=list(contents(document, items, "")),
        columns=[list(columns(passages, finding)) for finding in document.findings],
        sections=list(sections(document, passages, items, marks)),
        trees={item.criterion.id: trees.of(item.criterion.rule) for item in items},
        others=[
            text._replace(segments=list(text.segments))
            for text in texts(document, [text for text in document.texts if text.id not in read], marks)
        ],
    )


def shown_findings(trial: Trial, reading: Reading) -> list[Shown]:
    """The findings of a trial with what people decided; the numbers are those in the text."""
    return [
        Shown(number, row, found)
        for number, (row, found) in enumerate(zip(trial.findings, reading.columns, strict=True), 1)
    ]
