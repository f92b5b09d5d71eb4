"""``critparse export``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from critparse.cli.inputs import Inputs, Outcome
from critparse.cli.messages import complain
from critparse.cli.outputs import deliver, one_of
from critparse.cli.parse import InputFormat, Paths, Refresh, UseModel, UseVocabulary
from critparse.exports import standards
from critparse.exports.capability import Omission

EPILOG = """Examples:

critparse export NCT01741857.json --to fhir

critparse export NCT01741857 --to html -o page.html

critparse export records/ --to usdm -o usdm/

critparse export registry.ndjson.gz --to omop -o cohorts.ndjson

critparse export registry.zip --to parquet -o tables/

critparse parse NCT01741857 --format json | critparse export - --to fhir -o bundle.json --list

Of several records, JSON standards make a line each (or, in a folder, a file each); csv and parquet make one set of
tables over all records; html makes one page with all of them (or, in a folder, a page each, and an index).
"""
_MAX_QUOTE = 160


def _standard(value: str) -> str:
    return one_of(value, standards())


def export(  # noqa: PLR0913, PLR0917  options of a command
    to: Annotated[str, typer.Option("--to", metavar="|".join(standards()), help="The standard.", callback=_standard)],
    paths: Paths = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file, or a folder (ending in /)."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", "-v", help="Name on stderr everything that the standard cannot express.")
    ] = False,
    input_format: InputFormat = "auto",
    model: UseModel = True,
    vocab: UseVocabulary = None,
    refresh: Refresh = None,
) -> None:
    """Write trial records, or documents that critparse parse wrote as JSON, in a standard.

    What the standard cannot express is counted on stderr. Exit codes: 0 done, 2 something could not be read; the rest
    is written all the same.
    """
    from critparse.cli.gathered import place

    inputs = Inputs(paths or (), input_format, model=model, refresh=refresh, vocab=vocab, documents=True)
    told = _Omissions(to, listed=listed)
    deliver(inputs, place(output, to, inputs.sources), told.add)
    told.end()
    if inputs.failed:
        raise typer.Exit(2)


class _Omissions:
    """Says on stderr what is not in the files: how much of each record, when asked for what, and how much in all."""

    def __init__(self, to: str, *, listed: bool) -> None:
        self._to = to
        self._listed = listed
        self._counts: list[int] = []  # of the records that lack something
        self._name = ""
        self._records = 0

    def add(self, outcome: Outcome, omissions: Sequence[Omission]) -> None:
        """Tell about a record, unless everything is there."""
        if outcome.trial is None:
            return
        self._name = _name(outcome)
        self._records += 1
        if not omissions:
            return
        if self._listed:
            for found in omissions:
                complain(f"{self._name} {found.criterion}: {found.part}: {found.reason}: “{_shortened(found.text)}”")
        hint = "" if self._listed else "; --list names them"
        complain(f"{self._name}: {_parts(len(omissions))} not expressed in {self._to}{hint}")
        self._counts.append(len(omissions))

    def end(self) -> None:
        """Sum up."""
        if self._records and not self._counts:
            name = self._name if self._records == 1 else f"{self._records:,} records"
            complain(f"{name}: {self._to} holds everything")
        elif self._records > 1:
            lacking = f"{_parts(sum(self._counts))} not expressed in {self._to}, in {len(self._counts):,} of them"
            complain(f"{self._records:,} records: {lacking}")


def _parts(number: int) -> str:
    return f"{number:,} {'part is' if number == 1 else 'parts are'}"


def _shortened(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _MAX_QUOTE else folded[:_MAX_QUOTE].rsplit(" ", 1)[0] + " …"


def _name(outcome: Outcome) -> str:
    return (outcome.trial.trial_id if outcome.trial else None) or outcome.input.name
