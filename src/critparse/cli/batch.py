"""``critparse batch``."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from critparse.cli.inputs import files
from critparse.cli.messages import complain
from critparse.cli.parse import InputFormat, UseModel, UseVocabulary
from critparse.errors import OutputError

if TYPE_CHECKING:
    from critparse.batch.local import Engine
    from critparse.batch.run import Configuration
    from critparse.cli.batch_report import Report
    from critparse.sources.streams import Stream

EPILOG = """Examples:

critparse batch records.jsonl.gz tables/ --workers 8

critparse batch AllPublicXML.zip tables/                     every record in a zip file

critparse batch 20260901_pipe-delimited-export.zip tables/   AACT as it is downloaded

critparse batch postgresql://user@host/aact tables/          AACT as a database

critparse batch trials.parquet more/ tables/ --restart       two inputs; begin anew

critparse batch records.jsonl.gz tables/ --ray ray://head:10001 --log-json 2> batch.log

Run the same command again after an interruption: it goes on where it was.
"""
_INTERRUPTED = 130


def batch(  # noqa: PLR0913, PLR0917  options of a command
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="IN… OUT",
            help="Inputs: files (JSON lines, Parquet, tables …; .gz too), folders and zip files with all in them, "
            "AACT as downloaded or as postgresql://user@host/aact, globs, - for JSON lines from standard input. Last, "
            "the folder for the tables.",
        ),
    ],
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, metavar="N", help="Processes; as many as CPUs when not given."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Work on a Ray cluster: its address, auto, or local."),
    ] = None,
    chunk_size: Annotated[
        int, typer.Option("--chunk-size", min=1, metavar="N", help="Records in one file of each table.")
    ] = 500,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="The most time for one record.")
    ] = 60.0,
    memory: Annotated[
        int, typer.Option("--memory", min=800, metavar="MB", help="The most memory for one worker.")
    ] = 2000,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew: what is in OUT is thrown away.")] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Write progress and logs to stderr as JSON lines.")
    ] = False,
    input_format: InputFormat = "auto",
    model: UseModel = True,
    vocab: UseVocabulary = None,
) -> None:
    """Parse and check any number of trial records into Parquet tables: trials, criteria, rules, findings, errors.

    Whatever was interrupted is gone on with by the same command, and ends with the same bytes. A record that cannot be
    read, takes too long or too much memory has a row in errors. Exit codes: 0 done (errors or not), 2 an input or the
    output as a whole cannot be used, 130 interrupted.
    """
    from critparse.batch.limits import Limits
    from critparse.batch.run import Configuration, run
    from critparse.cli.batch_report import reporting
    from critparse.documents import DocumentParser

    *inputs, out = paths
    if not inputs:
        raise typer.BadParameter("give at least one input and the folder for the tables", param_hint="IN… OUT")
    streams = _streams(inputs, Path(out), input_format)
    parser = DocumentParser(model=model, vocab=vocab)
    configuration = Configuration(parser, Limits(timeout, memory), chunk_size, input_format)
    engine = _engine(configuration, workers, ray)
    with _terminable(), reporting(as_json=log_json) as report:
        try:
            summary = run(streams, Path(out), engine, watcher=report, configuration=configuration, restart=restart)
            report.end(summary)
        except KeyboardInterrupt:
            _interrupted(report, out)


def _streams(inputs: Sequence[str], out: Path, format: str) -> list[Stream]:
    from critparse.sources.streams import STDIN, stream

    given = [name for path in inputs for name in _expanded(path)]
    for name in given:
        if name != STDIN and Path(name).exists() and out.resolve().is_relative_to(Path(name).resolve()):
            raise OutputError(where=out, reason=f"it is, or lies in, the input {name}")
    return [stream(name, format=format) for name in given]


def _expanded(path: str) -> Iterator[str]:
    """A glob as its files; everything else as it is."""
    from critparse.sources import aact_db

    is_glob = any(sign in path for sign in "*?[") and not aact_db.is_connection(path) and not Path(path).exists()
    yield from (str(file) for file in files(path)) if is_glob else (path,)


def _engine(configuration: Configuration, workers: int | None, ray: str | None) -> Engine:
    from critparse.batch.cluster import RayCluster
    from critparse.batch.local import LocalPool

    if ray is not None:
        return RayCluster(configuration.parser, configuration.limits, ray, workers)
    return LocalPool(configuration.parser, configuration.limits, workers or os.cpu_count() or 1)


def _interrupted(report: Report, out: str) -> NoReturn:
    report.stop()
    complain(f"interrupted after {report.written:,} records, which are in {out}; run the same command again to go on")
    raise typer.Exit(_INTERRUPTED)


@contextmanager
def _terminable() -> Iterator[None]:
    """Whoever ends us by SIGTERM, as schedulers do, gets the same orderly end as by Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
