"""``critparse parse``."""

from __future__ import annotations

from typing import Annotated

import typer

from critparse.cli.inputs import Inputs
from critparse.cli.outputs import choose, one_of
from critparse.exports import targets
from critparse.sources import formats

EPILOG = """Examples:

critparse parse NCT01741857.json

critparse parse records/ --format json -o parsed/

cat criteria.txt | critparse parse - --format jsonl

critparse parse 'trials/*.json' --format brat -o brat/
"""

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH…|-", help="Files, folders (every file in them) or globs; - is standard input."),
]
UseModel = Annotated[
    bool, typer.Option("--model/--no-model", help="Use the trained model, or lexicon and rules alone.")
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
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file, or a folder that gets one file per record."),
    ] = None,
    input_format: InputFormat = "auto",
    model: UseModel = True,
) -> None:
    """Read trial records and show or write their criteria, rules and findings.

    Exit codes: 0 done, 2 something could not be read.
    """
    inputs = Inputs(paths or (), input_format, model=model)
    result = choose(output, format, inputs.sources)
    try:
        for outcome in inputs:
            result.add(outcome)
    finally:
        result.close()
    if inputs.failed:
        raise typer.Exit(2)
