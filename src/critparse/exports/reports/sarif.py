"""SARIF 2.1.0, for code-scanning services and viewers.

A result's location is the input file with the record and criterion as logical locations. Offsets of evidence point into
texts of the document, not into the file; therefore these texts are embedded as artifacts nested in the file, and each
piece of evidence is a related location with its region there.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote as percent

from critparse._version import __version__
from critparse.checks import INTERNAL, Check, catalogue
from critparse.checks.fingerprint import NAME
from critparse.checks.triage import Judged
from critparse.exports.passages import Passage, Passages, readable
from critparse.exports.reports.base import Report, Summary, Writer
from critparse.exports.streams import Spool
from critparse.exports.terminal import visible
from critparse.schema import FieldEvidence, SourceText, SpanEvidence
from critparse.sources.clean import repair

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_LINK = re.compile(r"\[(?=[^\[\]]{0,1000}\]\()")
_PLACEHOLDER = re.compile(r"\{(\d{1,4})\}")
_LONG = 2000
"""Of a longer passage the region has no snippet: the text is embedded anyway."""

Object = dict[str, Any]


class Sarif(Writer):
    """Spools results and artifacts, which the format wants in two arrays of one object."""

    def __init__(self, open_stream: Callable[[], IO[str]]) -> None:
        super().__init__(open_stream)
        self._results, self._artifacts = _Array(self.spool()), _Array(self.spool())
        self._source: tuple[str, int] | None = None  # the input that is being read, and its artifact
        self._rules = {rule["id"]: number for number, rule in enumerate(rules())}

    def add(self, report: Report) -> None:
        source = self._input(report)
        texts = _Texts(report, source, self._artifacts)
        for one in (*report.shown, *report.suppressed):
            self._results.add(self._result(report, one, source, texts))

    def end(self, summary: Summary) -> None:
        run = {
            "tool": {"driver": {"name": "critparse", "version": __version__, "rules": rules()}},
            "columnKind": "unicodeCodePoints",
            "invocations": [_invocation(summary)],
            "properties": {"recordsChecked": summary.records, "recordsWithFindings": summary.with_findings},
        }
        head = json.dumps({"$schema": SCHEMA, "version": "2.1.0"})[:-1]
        self.out.write(f'{head}, "runs": [{json.dumps(run, ensure_ascii=False)[:-1]},\n"artifacts": ')
        self._artifacts.copy_to(self.out)
        self.out.write(',\n"results": ')
        self._results.copy_to(self.out)
        self.out.write("}]}\n")

    def _input(self, report: Report) -> int:
        """The artifact of the record's input; inputs come one after the other."""
        if self._source is None or self._source[0] != report.source:
            location = {"uri": _uri(report.path)} if report.path else {"description": {"text": report.source}}
            self._source = report.source, self._artifacts.add({"location": location, "roles": ["analysisTarget"]})
        return self._source[1]

    def _result(self, report: Report, one: Judged, source: int, texts: _Texts) -> Object:
        finding = one.finding
        related = [texts.location(evidence) | {"id": n} for n, evidence in enumerate(finding.evidence, 1)]
        logical = [place for location in related for place in location["logicalLocations"]]
        file = {"index": source} | ({"uri": _uri(report.path)} if report.path else {})
        physical = {"artifactLocation": file, "region": {"startLine": 1}}  # for the file as a whole
        text = f"{report.name}: {readable(finding.message)}"
        sure = {} if finding.confidence is None else {"rank": round(100 * finding.confidence, 1)}
        return sure | {
            "ruleId": finding.code,
            "ruleIndex": self._rules[finding.code],
            "level": _LEVELS[finding.severity],
            "message": _message(f"{text} {finding.suggestion}"),
            "locations": [{"physicalLocation": physical, "logicalLocations": logical}],
            "relatedLocations": related,
            "partialFingerprints": {NAME: one.fingerprint},
            "suppressions": (
                [{"kind": "external", "justification": f"suppressed by {one.suppressed_by}"}]
                if one.suppressed_by
                else []
            ),
        }


class _Array:
    """A JSON array that waits on disk until it is wanted."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def add(self, value: Object) -> int:
        """Append a value; its index."""
        self._spool.write(("" if self._spool.parts == 0 else ",\n") + json.dumps(value, ensure_ascii=False))
        return self._spool.parts - 1

    def copy_to(self, out: IO[str]) -> None:
        """Write the array."""
        out.write("[\n")
        self._spool.copy_to(out)
        out.write("\n]")


class _Texts:
    """The texts of a record as artifacts; one enters the file when the first evidence points into it."""

    def __init__(self, report: Report, source: int, artifacts: _Array) -> None:
        self._report = report
        self._source = source
        self._artifacts = artifacts
        self._texts = {text.id: text for text in report.trial.texts}
        self._entered: dict[str, tuple[int, list[int]]] = {}  # artifact, and where each line of the text ends
        self._passages = Passages(report.trial)

    def location(self, evidence: FieldEvidence | SpanEvidence) -> Object:
        """A piece of evidence as a related location."""
        passage = self._passages.of(evidence)
        location: Object = {
            "message": _message(f"{passage.where}: “{passage.quote.words}”"),
            "logicalLocations": [self._logical(passage)],
        }
        if isinstance(evidence, SpanEvidence):
            artifact, ends = self._artifact(self._texts[evidence.text_id])
            location["physicalLocation"] = {
                "artifactLocation": {"index": artifact, "uri": self._path(evidence.text_id)},
                "region": _region(self._texts[evidence.text_id].text, ends, evidence),
            }
        return location

    def _logical(self, passage: Passage) -> Object:
        if passage.field is not None:
            return self._named("registry", passage.field, kind="property")
        assert isinstance(passage.evidence, SpanEvidence)
        if passage.criterion is None:
            return self._named(passage.evidence.text_id, kind="text")
        return self._named(passage.evidence.text_id, passage.criterion.id, kind="element")

    def _named(self, *path: str, kind: str) -> Object:
        full = "/".join(visible(name) for name in (self._report.name, *path))
        return {"name": visible(path[-1]), "fullyQualifiedName": full, "kind": kind}

    def _artifact(self, text: SourceText) -> tuple[int, list[int]]:
        if text.id not in self._entered:
            number = self._artifacts.add(
                {
                    "location": {"uri": self._path(text.id)},
                    "parentIndex": self._source,
                    "description": _message(f"{text.label} of {self._report.name}"),
                    "mimeType": "text/plain",
                    "contents": {"text": repair(text.text)},
                }
            )
            self._entered[text.id] = number, [place for place, char in enumerate(text.text) if char == "\n"]
        return self._entered[text.id]

    def _path(self, text_id: str) -> str:
        """Where the text would be if the input were a folder."""
        trial_id = self._report.trial.trial_id
        parts = [f"record-{self._report.number}"] if self._report.number > 1 or not trial_id else []
        return "".join(f"/{percent(repair(part), safe='')}" for part in (*parts, trial_id or "", text_id) if part)


def rules() -> list[Object]:
    """The catalogue of checks as reporting descriptors."""
    return [*(_rule(check) for check in catalogue()), _INTERNAL]


def _rule(check: Check) -> Object:
    return {
        "id": check.code,
        "shortDescription": {"text": _sentence(check.title)},
        "fullDescription": {"text": _sentence(" ".join(check.about.split()) or check.title)},
        "help": {"text": f"Message: {check.message}\nSuggestion: {check.suggestion}"},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": [check.family], "version": check.version},
    }


_INTERNAL: Object = {
    "id": INTERNAL,
    "shortDescription": {"text": "A check could not be made."},
    "fullDescription": {"text": "A check failed on a record. This is a fault of critparse, not of the record."},
    "help": {"text": "Please report the record to the developers of critparse."},
    "defaultConfiguration": {"level": "note"},
}


def _invocation(summary: Summary) -> Object:
    invocation: Object = {"executionSuccessful": not summary.unreadable}
    notices = [("note", omission) for omission in summary.omissions()]
    if summary.unreadable:
        notices.append(("error", f"could not be read: {summary.unreadable}; standard error says what, and why"))
    if notices:
        invocation["toolExecutionNotifications"] = [
            {"level": level, "message": {"text": _sentence(notice)}} for level, notice in notices
        ]
    return invocation


def _region(text: str, ends: list[int], evidence: SpanEvidence) -> Object:
    """The passage by offset and by line and column (both from 1); the end column is behind the last character."""
    start_line, start_column = _position(ends, evidence.start)
    end_line, end_column = _position(ends, evidence.end)
    region: Object = {
        "charOffset": evidence.start,
        "charLength": evidence.end - evidence.start,
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    if evidence.end - evidence.start <= _LONG:
        region["snippet"] = {"text": repair(text[evidence.start : evidence.end])}
    return region


def _position(ends: list[int], offset: int) -> tuple[int, int]:
    line = bisect_left(ends, offset)
    return line + 1, offset - (ends[line - 1] if line else -1)


def _uri(path: Path) -> str:
    """A relative path stays relative, so that services find the file in its repository."""
    return path.as_uri() if path.is_absolute() else percent(path.as_posix())


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _message(words: str) -> Object:
    """A plain-text message in which nothing of the record is taken for a link or a placeholder."""
    return {"text": _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\[", visible(words)))}
