"""``critparse export``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from critparse.cli.inputs import Input, Inputs, Outcome
from critparse.cli.messages import complain, complain_of_defect
from critparse.cli.outputs import Folder, is_folder, one_of, refuse_input
from critparse.cli.parse import InputFormat, Paths, Refresh, UseModel, UseVocabulary
from critparse.errors import CritparseError, OutputError
from critparse.exports import export_to, standards
from critparse.exports.capability import Exported
from critparse.schema import ParsedTrial

EPILOG = """Examples:

critparse export NCT01741857.json --to fhir

critparse export records/ --to usdm -o usdm/

critparse parse NCT01741857 --format json | critparse export - --to fhir -o bundle.json --list
"""
_MAX_QUOTE = 160


def _standard(value: str) -> str:
    return one_of(value, standards())


def export(  # noqa: PLR0913, PLR0917  options of a command
    to: Annotated[str, typer.Option("--to", metavar="|".join(standards()), help="The standard.", callback=_standard)],
    paths: Paths = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file, or a folder that gets the files of each record."),
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

    What the standard cannot express is counted on stderr. Exit codes: 0 done, 2 something could not be read.
    """
    inputs = Inputs(paths or (), input_format, model=model, refresh=refresh, vocab=vocab, documents=True)
    place = _Place(output, to, inputs)
    for outcome in inputs:
        if outcome.trial is None:
            continue
        exported = _exported(inputs, outcome.trial, outcome, to)
        if exported is not None:
            place.save(outcome, outcome.trial, exported.files)
            _report(exported, outcome, to, listed=listed)
    if inputs.failed:
        raise typer.Exit(2)


def _exported(inputs: Inputs, trial: ParsedTrial, outcome: Outcome, to: str) -> Exported | None:
    try:
        return export_to(trial, to)
    except CritparseError:
        raise  # it says itself what is missing, and no record can do without
    except Exception as error:  # noqa: BLE001  a fault in one record must not cost the others
        inputs.failures += 1
        complain_of_defect(_name(outcome), error)
        return None


class _Place:
    """Where the files go: standard output, one file, or a folder."""

    def __init__(self, output: str | None, to: str, inputs: Inputs) -> None:
        self._output = output
        self._to = to
        self._sources = inputs.sources
        self._count = 0
        several = output is not None and is_folder(output, inputs.sources)
        self._folder = Folder(Path(output), to, inputs.sources) if output and several else None

    def save(self, outcome: Outcome, trial: ParsedTrial, files: Mapping[str, str | bytes]) -> None:
        """Write the files of a record.

        Raises:
            OutputError: several files are to go to one place, the file is one of the inputs, or it cannot be written.
        """
        self._count += 1
        if self._folder is not None:
            self._folder.save(outcome, trial, files)
            return
        where = self._output or "standard output"
        if self._count > 1:
            raise OutputError(where=where, reason="it takes one record; several need a folder (-o FOLDER/)")
        if self._output is None:
            if len(files) > 1:
                raise OutputError(where=where, reason=f"{self._to} makes several files; give them a place with -o")
            _print(next(iter(files.values())))
            return
        path = Path(self._output)
        if len(files) > 1:
            Folder(path.parent, self._to, self._sources, stem=path.stem).save(outcome, trial, files)
            return
        _write(path, next(iter(files.values())), self._sources)


def _print(content: str | bytes) -> None:
    if isinstance(content, bytes):
        sys.stdout.buffer.write(content)
    else:
        sys.stdout.write(content)


def _write(path: Path, content: str | bytes, sources: list[Input]) -> None:
    refuse_input(path, sources)
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(where=path, reason=(error.strerror or str(error)).lower()) from error


def _report(exported: Exported, outcome: Outcome, to: str, *, listed: bool) -> None:
    """How much is not in the files, and, when asked for, what: one line each."""
    name, count = _name(outcome), len(exported.omissions)
    if listed:
        for found in exported.omissions:
            complain(f"{name} {found.criterion}: {found.part}: {found.reason}: “{_shortened(found.text)}”")
    if count == 0:
        complain(f"{name}: {to} holds everything")
    else:
        hint = "" if listed else "; --list names them"
        complain(f"{name}: {count} {'part is' if count == 1 else 'parts are'} not expressed in {to}{hint}")


def _shortened(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _MAX_QUOTE else folded[:_MAX_QUOTE].rsplit(" ", 1)[0] + " …"


def _name(outcome: Outcome) -> str:
    return (outcome.trial.trial_id if outcome.trial else None) or outcome.input.name
