"""``critparse parse``."""

from __future__ import annotations

from typing import Annotated

import typer

from critparse.cli.inputs import Inputs
from critparse.cli.outputs import choose, deliver, one_of
from critparse.exports import targets
from critparse.sources import formats

EPILOG = """Examples:

critparse parse NCT01741857.json

critparse parse NCT01741857 NCT04280705

critparse parse records/ --format json -o parsed/

cat criteria.txt | critparse parse - --format jsonl

critparse parse NCT01741857 --format json --vocab athena

critparse parse 'trials/*.json' --format brat -o brat/

critparse parse NCT01741857 --format html -o page.html
"""

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH…|-",
        help="Files (also .gz and .zip), folders (every file in them) or globs; numbers of ClinicalTrials.gov, to be "
        "fetched (a file of that name goes first); AACT as downloaded, or as postgresql://user@host/aact; - is "
        "standard input.",
    ),
]
Refresh = Annotated[
    bool | None,
    typer.Option(
        "--refresh/--offline",
        help="Fetch anew what is given by number, or use no network; else a copy of the last seven days is used.",
        show_default=False,
    ),
]
UseModel = Annotated[
    bool, typer.Option("--model/--no-model", help="Use the trained model, or lexicon and rules alone.")
]
UseVocabulary = Annotated[
    str | None,
    typer.Option(
        "--vocab",
        metavar="NAME",
        help="A vocabulary of your own (critparse vocab build), its file, or scispacy:umls …: its codes go first.",
    ),
]
RecordOutput = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="PATH", help="A file, or a folder that gets one file per record."),
]
InputFormat = Annotated[
    str,
    typer.Option("--input-format", metavar="|".join(("auto", *formats())), help="How the input is to be read."),
]


def _target(value: str) -> str:
    return one_of(value, targets())


def parse(
    paths: Paths = None,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(targets()), help="What to write.", callback=_target)
    ] = "table",
    output: RecordOutput = None,
    input_format: InputFormat = "auto",
    model: UseModel = True,
    vocab: UseVocabulary = None,
    refresh: Refresh = None,
) -> None:
    """Read trial records and show or write their criteria, rules and findings.

    Exit codes: 0 done, 2 something could not be read.
    """
    inputs = Inputs(paths or (), input_format, model=model, refresh=refresh, vocab=vocab)
    result = choose(output, format, inputs.sources)
    deliver(inputs, result)
    if inputs.failed:
        raise typer.Exit(2)
