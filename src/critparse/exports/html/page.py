"""Parsed trials as a page for people: texts with what was read in them, and beside each criterion what it says.

One trial, or several with an overview; trials wait on disk until the overview, which comes first, is known.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from critparse.checks import SEVERITIES
from critparse.exports import Files
from critparse.exports.capability import PARTS, Capabilities, Capability, Exported
from critparse.exports.html import findings
from critparse.exports.html.blocks import placed
from critparse.exports.html.sections import contents, sections
from critparse.exports.html.templates import closing, opening, render
from critparse.exports.html.texts import texts
from critparse.exports.passages import Passages
from critparse.exports.registry import registry_facts
from critparse.exports.streams import Spool, Streamed, plural
from critparse.exports.wording import amount
from critparse.schema import ParsedTrial

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
        contents=list(contents(trial, items, f"r{number}")),
        sections=list(sections(trial, passages, items, marks)),
        others=list(texts(trial, [text for text in trial.texts if text.id not in read], marks)),
    )


def _counts(trial: ParsedTrial) -> dict[str, int]:
    """How many findings there are of each severity, worst first."""
    return {severity: sum(one.severity == severity for one in trial.findings) for severity in SEVERITIES}


def _name(trial: ParsedTrial) -> str:
    return trial.trial_id or trial.title or "Trial without id or title"
