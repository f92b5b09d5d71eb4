"""``critparse evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from critparse.errors import OutputError

app = typer.Typer(help="Measure critparse against annotated corpora.")
_EPILOG = """Example:

critparse evaluate thresholds --corpus lct.zip --fold 1 --misses 20
"""


@app.callback()
def evaluate() -> None:
    """Measure critparse against annotated corpora."""


@app.command("thresholds", epilog=_EPILOG)
def thresholds(
    corpus: Annotated[str, typer.Option(metavar="PATH", help="The LCT corpus: a zip file or a folder of brat files.")],
    fold: Annotated[
        int | None, typer.Option(min=0, max=9, help="Only trials whose sha256(NCT id) mod 10 is this.")
    ] = None,
    misses: Annotated[int, typer.Option(min=0, help="How many missed thresholds to list.")] = 0,
    predictions: Annotated[
        str | None, typer.Option(metavar="OUT.jsonl", help="Also write the limits read off each line.")
    ] = None,
) -> None:
    """Compare the numeric limits of whole-document parses with the annotated ones, line by line.

    recall: annotated comparisons all of whose bounds (side, value, inclusiveness) were read off their line; bound
    precision: of the bounds read off a line, those that are annotated.
    """
    from critparse.cli.messages import progress
    from critparse.exports.terminal import safe
    from critparse.learn.lct import read_lct
    from critparse.learn.thresholds import limits_by_line, score

    documents = read_lct(Path(corpus), fold)
    limits = {key: found for doc in progress(documents, "parsing") for key, found in limits_by_line(doc).items()}
    if predictions:
        rows = [json.dumps({"id": key, "limits": [limit.row() for limit in found]}) for key, found in limits.items()]
        try:
            Path(predictions).write_text("".join(row + "\n" for row in rows), encoding="utf-8")
        except OSError as error:
            raise OutputError(where=predictions, reason=(error.strerror or str(error)).lower()) from error
    result = score(documents, limits)
    typer.echo(json.dumps(result.summary(), indent=1))
    for miss in result.missed[:misses]:
        typer.echo(safe(f"MISSED | {miss.line_id} | {miss.words} | {list(miss.bounds)} | {miss.line}"))
    typer.echo(f"recall {result.recall:.4f}  bound precision {result.bound_precision:.4f}  ({result.total} thresholds)")
