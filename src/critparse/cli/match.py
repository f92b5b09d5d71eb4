"""``critparse match``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from critparse.cli.outputs import one_of

if TYPE_CHECKING:
    from critparse.match import Match

EPILOG = """Examples:

critparse parse NCT01741857 --format json -o trial.json

critparse match trial.json --patients bundles/ --date 2024-06-01

critparse match trial.json --patients patient.json --assume-complete condition --assume-complete drug

critparse match trials.jsonl --patients export.ndjson --format jsonl > answers.jsonl

critparse match trial.json --patients cdm.duckdb --assume-complete condition --format jsonl -o answers.jsonl

A criterion is met when a fact says so, not met when a fact contradicts it, unknown else: that nothing is recorded never
makes it "not met", unless --assume-complete says so. Of an exclusion criterion, "met" means that it excludes.
"""
_FORMATS = ("table", "json", "jsonl")
_DOMAINS = ("condition", "drug", "procedure", "device", "allergy")


def _format(value: str) -> str:
    return one_of(value, _FORMATS)


def _domains(values: list[str] | None) -> list[str]:
    return [one_of(value, _DOMAINS) for value in values or ()]


def match(
    parsed: Annotated[
        Path, typer.Argument(metavar="PARSED", help="What critparse parse --format json (or jsonl) wrote.")
    ],
    patients: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="FHIR: a Bundle (.json), resources (.ndjson), a folder of such files. OMOP: a CDM in a DuckDB file.",
        ),
    ],
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The day of entry: ages and time windows are seen from it [today].",
            show_default=False,
        ),
    ] = None,
    assume_complete: Annotated[
        list[str] | None,
        typer.Option(
            metavar="|".join(_DOMAINS),
            help="Take the record of these to be complete: what is not in it is not there; may be repeated.",
            callback=_domains,
        ),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(_FORMATS), help="How to show.", callback=_format)
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write [standard output].")
    ] = None,
) -> None:  # fmt: skip
    """Hold patients against a parsed trial: each criterion met, not met or unknown, with the facts that say so.

    Exit codes: 0 done, 2 something could not be read.
    """
    from critparse.cli.messages import complain
    from critparse.cli.outputs import opened
    from critparse.errors import InputError
    from critparse.exports.documents import read_documents
    from critparse.match import match as match_patient
    from critparse.match import read_patients

    trials = read_documents(parsed)
    record = read_patients(patients)
    for domain in assume_complete or ():
        if why := record.never_complete.get(domain):  # type: ignore[call-overload]
            raise InputError(where=patients, reason=f"--assume-complete {domain} cannot be: {why}")
    for problem in record.problems:
        complain(problem)
    on = (date or datetime.now().astimezone()).date()
    complete: Any = assume_complete or ()
    coded = (record.coded(trial) for trial in trials)
    found = (match_patient(trial, one, on=on, complete=complete) for trial in coded for one in record.patients)
    out = sys.stdout if output is None else opened(output, ())
    try:
        _write(found, format, out)
    finally:
        if output is not None:
            out.close()
    if record.problems:
        raise typer.Exit(2)


def _write(found: Iterator[Match], format: str, out: IO[str]) -> None:
    if format == "table":
        _show(found, out)
    elif format == "json":
        _write_array(found, out)
    else:
        for one in found:
            out.write(json.dumps(_plain(one), ensure_ascii=False) + "\n")


def _write_array(found: Iterator[Match], out: IO[str]) -> None:
    """One JSON array, written as the answers come."""
    opening = "[\n"
    for one in found:
        out.write(opening + indent(json.dumps(_plain(one), ensure_ascii=False, indent=2), "  "))
        opening = ",\n"
    out.write("[]\n" if opening == "[\n" else "\n]\n")


def _plain(found: Match) -> dict[str, Any]:
    """A match as docs/match.md describes it."""
    from critparse.match.trial import evidence

    return {
        "trial_id": found.trial.trial_id,
        "patient": found.patient.id,
        "date": str(found.on),
        "eligible": found.eligible.words,
        "criteria": [
            {
                "id": one.criterion.id,
                "kind": one.criterion.kind,
                "answer": one.answer.truth.words,
                "evidence": evidence(one.answer.facts),
                "why": list(one.answer.why),
            }
            for one in found.criteria
        ],
    }


def _show(found: Iterator[Match], out: IO[str]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from critparse.exports.terminal import show, visible
    from critparse.match.trial import deciding, evidence

    styles = {"met": "green", "not met": "red", "unknown": "yellow"}
    for one in found:
        shown = deciding(one.criteria)
        answers = Counter(criterion.answer.truth.words for criterion in shown)
        counts = ", ".join(f"{answers[answer]} {answer}" for answer in styles if answers[answer])
        trial = one.trial.trial_id or "the trial"
        title = f"{one.patient.id} in {trial} on {one.on}: eligible: {one.eligible.words} ({counts})"
        out.write(f"{visible(title)}\n")
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("criterion", "answer", "evidence"):
            table.add_column(column, overflow="fold", no_wrap=column != "evidence")
        for each in shown:
            answer = each.answer.truth.words
            facts = [f"{fact['text']} ({fact['source']}{_dated(fact)})" for fact in evidence(each.answer.facts)]
            words = "; ".join((*facts, *each.answer.why))
            name = f"{each.criterion.id} {each.criterion.kind}"
            table.add_row(Text(visible(name)), Text(answer, style=styles[answer]), Text(visible(words)))
        show(table, out)
        if left := len(one.criteria) - len(shown):
            out.write(f"{left} of the narrative, which decide nothing, are in --format json\n\n")


def _dated(fact: dict[str, str]) -> str:
    return f", {fact['date']}" if "date" in fact else ""
