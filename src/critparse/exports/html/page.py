"""Parsed trials as a page for people: texts with what was read in them, and beside each criterion what it says.

One trial, or several with an overview; trials wait on disk until the overview, which comes first, is known.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import IO, NamedTuple

from critparse.checks import SEVERITIES
from critparse.exports import Files
from critparse.exports.capability import PARTS, Capabilities, Capability, Exported
from critparse.exports.html import findings
from critparse.exports.html.blocks import Block, Placed, blocks, placed
from critparse.exports.html.highlight import Mark, Segment, segments
from critparse.exports.html.readings import Reading, Readings, entity_marks
from critparse.exports.html.templates import closing, opening, render
from critparse.exports.html.texts import texts
from critparse.exports.passages import Passages
from critparse.exports.registry import registry_facts
from critparse.exports.streams import Spool, Streamed, plural
from critparse.exports.wording import amount
from critparse.schema import ParsedTrial, SourceText

__all__ = ["CAPABILITIES", "INDEX", "Index", "Pages", "export", "html_files"]

INDEX = "index"
"""The name of the page that leads to the others of a folder."""
_WORDS = Capability("rewritten", "in words beside the criterion")
CAPABILITIES: Capabilities = dict.fromkeys(PARTS, _WORDS) | {
    "concepts": Capability("exact", "the codes beside the criterion"),
    "unread": Capability("exact", "the words, marked in the text and listed"),
    "unstructured": Capability("exact", "the words, marked in the text and listed with the reason"),
}
"""How a page expresses the parts of a rule; nothing is left out."""
_KINDS = {"inclusion": "Inclusion criteria", "exclusion": "Exclusion criteria", "unknown": "Criteria of unknown kind"}


class Row(NamedTuple):
    """A block with its characters, and the reading of a criterion that begins with it."""

    block: Block
    segments: Sequence[Segment]
    reading: Reading | None


class Section(NamedTuple):
    """A text that holds criteria."""

    number: int
    label: str
    rows: Sequence[Row]


class Link(NamedTuple):
    """An entry of a trial's table of contents."""

    anchor: str
    title: str
    members: int


def html_files(trial: ParsedTrial, *, up: bool = False) -> Files:
    """One ``.html`` file; with ``up``, with a link to the index beside it."""
    out = io.StringIO()
    out.write(opening(f"Criteria of {_name(trial)}"))
    out.write(_article(trial, 1, up=f"{INDEX}.html" if up else ""))
    out.write(closing())
    return {".html": out.getvalue()}


def export(trial: ParsedTrial) -> Exported:
    """The page; nothing is left out."""
    return Exported(html_files(trial))


class Pages(Streamed):
    """All trials on one page; several get an overview."""

    def __init__(self, open_stream: Callable[[], IO[str]]) -> None:
        super().__init__(open_stream)
        self._rows, self._articles = self.spool(), self.spool()
        self._first: ParsedTrial | None = None  # until it is known whether there are several

    def add(self, trial: ParsedTrial) -> None:
        """Take a trial."""
        if self._first is None and not self._rows.parts:
            _article(trial, 1, up="")  # what cannot be shown fails here
            self._first = trial
            return
        self._show_first()
        self._show(trial)

    def end(self, unreadable: int = 0) -> None:
        """Write the page. ``unreadable``: how many inputs or records are missing."""
        if self._first is not None and not unreadable:
            self.out.write(html_files(self._first)[".html"])
            return
        self._show_first()
        self.out.write(opening(f"Criteria of {plural(self._rows.parts, 'trial')}"))
        _write_overview(self.out, self._rows, unreadable)
        self._articles.copy_to(self.out)
        self.out.write(closing())

    def _show_first(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            self._show(first)

    def _show(self, trial: ParsedTrial) -> None:
        number = self._rows.parts + 1
        self._articles.write(_article(trial, number, up="#overview"))
        self._rows.write(_row(trial, f"#r{number}"))  # last, so that no row leads to a trial that could not be shown


class Index(Streamed):
    """The page that leads to the pages of a folder."""

    def __init__(self, open_stream: Callable[[], IO[str]]) -> None:
        super().__init__(open_stream)
        self._rows = self.spool()

    def add(self, trial: ParsedTrial, file: str) -> None:
        """Take a trial and the name of its file in the same folder, of letters that need no escapes."""
        self._rows.write(_row(trial, file))

    def end(self, unreadable: int = 0) -> None:
        """Write the page. ``unreadable``: how many inputs or records are missing."""
        self.out.write(opening(f"Criteria of {plural(self._rows.parts, 'trial')}"))
        _write_overview(self.out, self._rows, unreadable)
        self.out.write(closing())


def _write_overview(out: IO[str], rows: Spool, unreadable: int) -> None:
    out.write(render("trials-head", unreadable=unreadable))
    rows.copy_to(out)
    out.write(render("trials-foot"))


def _row(trial: ParsedTrial, target: str) -> str:
    return render(
        "trials-row", trial=trial, name=_name(trial), target=target, amount=amount(trial), counts=_counts(trial)
    )


def _article(trial: ParsedTrial, number: int, up: str) -> str:
    passages = Passages(trial)
    items = list(placed(trial))
    read = {item.criterion.span.text_id for item in items}
    marks = findings.marks(trial.findings)
    return render(
        "trial",
        trial=trial,
        name=_name(trial),
        number=number,
        r=f"r{number}",
        up=up,
        facts=registry_facts(trial),
        amount=amount(trial),
        counts=_counts(trial),
        findings=[(finding, list(findings.columns(passages, finding))) for finding in trial.findings],
        contents=list(_contents(trial, items, f"r{number}")),
        sections=list(_sections(trial, passages, items, marks)),
        others=list(texts(trial, [text for text in trial.texts if text.id not in read], marks)),
    )


def _sections(
    trial: ParsedTrial, passages: Passages, items: Sequence[Placed], found: findings.Marks
) -> Iterator[Section]:
    readings = Readings(trial, passages)
    entities, unread = entity_marks(trial), readings.marks()
    for number, text in enumerate(trial.texts, 1):
        here = [item for item in items if item.criterion.span.text_id == text.id]
        if not here:
            continue
        notes = [note for note in trial.notes if note.span.text_id == text.id]
        marks = [mark for marked in (found, entities, unread) for mark in marked.get(text.id, ())]
        cut = list(blocks(len(text.text), here, notes))
        yield Section(number, text.label, list(_rows(text, cut, marks, readings)))


def _rows(text: SourceText, cut: Sequence[Block], marks: Sequence[Mark], readings: Readings) -> Iterator[Row]:
    """Each block with the pieces of the text that lie in it."""
    pieces = segments(text.text, marks, {block.start for block in cut})
    piece = next(pieces, None)
    for block in cut:
        inside: list[Segment] = []
        while piece is not None and (piece.start < block.end or block is cut[-1]):
            inside.append(piece)
            piece = next(pieces, None)
        item = block.item
        if block.first or any(piece.begins or piece.text.strip() for piece in inside):
            yield Row(block, inside, readings.of(item.criterion) if item and block.first else None)


def _contents(trial: ParsedTrial, items: Sequence[Placed], r: str) -> Iterator[Link]:
    """Where findings and criteria of each kind begin."""
    if trial.findings:
        yield Link(f"{r}findings", "Findings", len(trial.findings))
    labels = {text.id: text.label for text in trial.texts}
    top = (item for item in items if item.depth == 0)
    for (text_id, kind), members in groupby(top, key=lambda item: (item.criterion.span.text_id, item.criterion.kind)):
        first, *others = members
        narrative = first.criterion.id.startswith(f"{text_id}:")
        title = f"{labels[text_id]}: {_KINDS[kind].lower()}" if narrative else _KINDS[kind]
        yield Link(f"{r}c{first.number}", title, 1 + len(others))


def _counts(trial: ParsedTrial) -> dict[str, int]:
    """How many findings there are of each severity, worst first."""
    return {severity: sum(one.severity == severity for one in trial.findings) for severity in SEVERITIES}


def _name(trial: ParsedTrial) -> str:
    return trial.trial_id or trial.title or "Trial without id or title"
