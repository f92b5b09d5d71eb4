"""``critparse check``."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from critparse.cli.inputs import Inputs, Outcome
from critparse.cli.outputs import one_of
from critparse.cli.parse import InputFormat, Paths, Refresh, UseModel
from critparse.schema import FieldEvidence, Finding, ParsedTrial

EPILOG = """Examples:

critparse check NCT01741857.json

critparse check NCT01741857 --refresh

critparse check records/ --format json > findings.json

critparse check registry.jsonl --fail-on warning
"""

_FORMATS = ("table", "json")
_LEVELS = {"never": (), "error": ("error",), "warning": ("error", "warning")}


def _format(value: str) -> str:
    return one_of(value, _FORMATS)


def _level(value: str) -> str:
    return one_of(value, tuple(_LEVELS))


def check(
    paths: Paths = None,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(_FORMATS), help="How to show findings.", callback=_format)
    ] = "table",
    fail_on: Annotated[
        str, typer.Option(metavar="error|warning|never", help="From which severity on to exit with 1.", callback=_level)
    ] = "error",
    input_format: InputFormat = "auto",
    model: UseModel = True,
    refresh: Refresh = None,
) -> None:
    """Say where trial records contradict themselves, with the passages.

    Exit codes: 0 nothing at or above --fail-on, 1 something, 2 something could not be read.
    """
    inputs = Inputs(paths or (), input_format, model=model, refresh=refresh)
    found = False
    rows: list[dict[str, Any]] = []
    for number, outcome in enumerate(inputs):
        if outcome.trial is None:
            continue
        found = found or any(finding.severity in _LEVELS[fail_on] for finding in outcome.trial.findings)
        if format == "json":
            rows.append(_row(outcome, outcome.trial))
        else:
            _show(outcome.trial, first=number == 0)
    if format == "json":
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    if inputs.failed or found:
        raise typer.Exit(2 if inputs.failed else 1)


def _show(trial: ParsedTrial, *, first: bool) -> None:
    from critparse.exports.table import render_findings
    from critparse.exports.terminal import show

    if not first:
        sys.stdout.write("\n")
    show(render_findings(trial), sys.stdout)


def _row(outcome: Outcome, trial: ParsedTrial) -> dict[str, Any]:
    """One record of the JSON output: where it came from, and its findings as in the document, passages quoted."""
    return {
        "source": outcome.input.name,
        "trial_id": trial.trial_id,
        "title": trial.title,
        "findings": [finding.model_dump() | {"quotes": _quotes(trial, finding)} for finding in trial.findings],
    }


def _quotes(trial: ParsedTrial, finding: Finding) -> list[str]:
    """The words of each piece of evidence, in its order."""
    texts = {text.id: text.text for text in trial.texts}
    return [
        evidence.value
        if isinstance(evidence, FieldEvidence)
        else texts[evidence.text_id][evidence.start : evidence.end]
        for evidence in finding.evidence
    ]
