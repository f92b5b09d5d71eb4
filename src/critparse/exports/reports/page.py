"""The report for people: one HTML file that needs nothing else, for a record or thousands.

Records wait on disk until the overview, which comes first, is known. All that comes from a record is escaped by the
templates; anchors are made of numbers alone. There is no script, and the page's policy would run none.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import IO, TYPE_CHECKING, NamedTuple

from critparse._version import __version__
from critparse.checks import SEVERITIES, catalogue
from critparse.checks.triage import Judged
from critparse.exports.passages import Passage, Passages, readable
from critparse.exports.registry import registry_facts
from critparse.exports.reports.base import Report, Summary, Writer, plural
from critparse.exports.reports.highlight import Mark, Segment, segments
from critparse.exports.terminal import lines, visible
from critparse.schema import ParsedTrial, SpanEvidence

if TYPE_CHECKING:
    from jinja2 import Environment

_FEW = 3
"""So many passages stand in a column each; more are put together by where they are."""
_SIDES = ("Registry fields", "List of criteria", "Narrative")


class Shown(NamedTuple):
    """A passage in the page; ``number`` counts the evidence of its finding, and makes its anchor."""

    number: int
    passage: Passage


class Column(NamedTuple):
    """Passages below each other, under the name of their place."""

    title: str
    passages: Sequence[Shown]


class Text(NamedTuple):
    """A text of the record with its highlights."""

    label: str
    marks: int
    segments: Iterator[Segment]


class Page(Writer):
    """Overview, the records with findings, and the names of the others."""

    def __init__(self, open_stream: Callable[[], IO[str]]) -> None:
        super().__init__(open_stream)
        self._rows, self._records, self._clean = self.spool(), self.spool(), self.spool()
        self._title = ""

    def add(self, report: Report) -> None:
        self._title = report.name
        number = self._rows.parts + 1
        if not report.shown and not report.suppressed:
            self._clean.write(_render("clean", report=report))
            return
        counts = Counter(one.finding.severity for one in report.shown)
        row = _render("row", report=report, number=number, counts=counts)
        self._records.write(_render("record", **_record(report, number)))
        self._rows.write(row)  # last, so that no row leads to a record that could not be shown

    def end(self, summary: Summary) -> None:
        style = _style()
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        title = self._title if summary.records == 1 else plural(summary.records, "record")
        parts = {"rows": self._rows, "records": self._records, "clean": self._clean}
        context = {
            "title": f"critparse report: {title}",
            "style": style,
            "policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            "summary": summary,
            "titles": {check.code: check.title for check in catalogue()},
            "version": __version__,
        } | {name: spool.parts for name, spool in parts.items()}
        for name in ("head", "rows", "middle", "clean", "between", "records", "foot"):
            if name in parts:
                parts[name].copy_to(self.out)
            else:
                self.out.write(_render(name, **context))


def _record(report: Report, number: int) -> dict[str, object]:
    """What the template of a record needs."""
    passages = Passages(report.trial)
    return {
        "report": report,
        "trial": report.trial,
        "number": number,
        "facts": {name: value for name, value in registry_facts(report.trial).items() if name != "format"},
        "findings": [(one, list(_columns(passages, one))) for one in report.shown],
        "texts": list(_texts(report.trial, report.shown)),
    }


def _columns(passages: Passages, judged: Judged) -> Iterator[Column]:
    """The passages of a finding side by side: registry, list, narrative."""
    shown = [Shown(number, passages.of(evidence)) for number, evidence in enumerate(judged.finding.evidence, 1)]
    shown.sort(key=lambda one: one.passage.side)
    if len(shown) <= _FEW:
        yield from (Column(one.passage.place, [one]) for one in shown)
        return
    for side, title in enumerate(_SIDES):
        if here := [one for one in shown if one.passage.side == side]:
            yield Column(title, here)


def _texts(trial: ParsedTrial, judged: Sequence[Judged]) -> Iterator[Text]:
    """The texts of a record, those with passages first."""
    marks: defaultdict[str, list[Mark]] = defaultdict(list)
    for number, one in enumerate(judged, 1):
        for place, evidence in enumerate(one.finding.evidence, 1):
            if isinstance(evidence, SpanEvidence):
                mark = Mark(evidence.start, evidence.end, number, place, one.finding.severity)
                marks[evidence.text_id].append(mark)
    starts: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for criterion in trial.walk():
        starts[criterion.span.text_id][criterion.span.start].append(criterion.id)
    for text in sorted(trial.texts, key=lambda text: text.id not in marks):
        found = marks[text.id]
        yield Text(text.label, len(found), segments(text.text, found, starts[text.id]))


@cache
def _style() -> str:
    """The style sheet; its line ends are LF, since the page's policy knows it by its hash."""
    return (resources.files(__package__) / "templates" / "page.css").read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"line": visible, "lines": lines, "readable": readable, "plural": plural}
    environment.globals |= {"severities": tuple(SEVERITIES)}
    return environment


def _render(name: str, **context: object) -> str:
    return _environment().get_template(f"{name}.html").render(context)
