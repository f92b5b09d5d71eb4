"""``critparse import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from critparse.cli.outputs import one_of
from critparse.cli.parse import RecordOutput
from critparse.exports import targets

if TYPE_CHECKING:
    from critparse.sources import Record

app = typer.Typer(help="Read back what people corrected.")
_EPILOG = """Examples:

critparse parse NCT01741857.json --format brat -o brat/

critparse import brat brat/ --format json -o corrected/

critparse import brat brat/NCT01741857.ann --records NCT01741857.json

X.ann stands beside X.txt; X.description.ann and X.summary.ann belong to the same record. What annotators left as it was
stays as critparse read it; what they changed is taken as certain, and the rules follow it.
"""


def _target(value: str) -> str:
    return one_of(value, targets())


@app.callback()
def import_() -> None:
    """Read back what people corrected."""


@app.command("brat", epilog=_EPILOG)
def brat(
    path: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.ann", help="Annotations, each beside its .txt file.")],
    records: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="The annotated records (file, folder, glob): numbers, titles and registry fields come back too.",
        ),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(targets()), help="What to write.", callback=_target)
    ] = "table",
    output: RecordOutput = None,
) -> None:
    """Turn corrected brat annotations into entities and rules again.

    Exit codes: 0 done, 2 something could not be read or taken over; the rest is written.
    """
    from critparse.annotations import documents, read_document
    from critparse.checks import run
    from critparse.cli.inputs import Input, Outcome
    from critparse.cli.messages import complain
    from critparse.cli.outputs import choose
    from critparse.errors import InputError

    found = documents(path)
    sources = [Input(one.stem, one.stem, next(iter(one.files.values()))) for one in found]
    known = _records(records)
    result = choose(output, format, sources)
    failed = False
    try:
        for document, source in zip(found, sources, strict=True):
            trial = None
            try:
                imported = read_document(document, known)
                trial = imported.trial.model_copy(update={"findings": run(imported.trial)})
                for line in imported.left_out:
                    complain(line)
                failed = failed or bool(imported.left_out)
            except InputError as error:
                complain(str(error))
                failed = True
            result.add(Outcome(source, 1, trial))
    finally:
        result.close()
    if failed:
        raise typer.Exit(2)


def _records(given: str | None) -> list[Record]:
    """The records of a path; those that cannot be read are said and passed over."""
    from critparse.cli.inputs import files
    from critparse.cli.messages import complain
    from critparse.errors import CritparseError
    from critparse.sources import read_many

    found: list[Record] = []
    for path in files(given) if given is not None else ():
        for record in read_many(path, where=str(path)):
            if isinstance(record, CritparseError):
                complain(str(record))
            else:
                found.append(record)
    return found
