"""``critparse check``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from critparse.cli.inputs import Inputs, Outcome
from critparse.cli.messages import complain, complain_of_defect
from critparse.cli.outputs import one_of, opened, refuse_input
from critparse.cli.parse import InputFormat, Paths, Refresh, UseModel
from critparse.errors import CritparseError, SettingsError
from critparse.schema import ParsedTrial

if TYPE_CHECKING:
    from critparse.checks.triage import Policy, Triage
    from critparse.exports.reports import Report, Summary
    from critparse.settings import Settings

EPILOG = """Examples:

critparse check NCT01741857.json

critparse check NCT01741857 --refresh

critparse check records/ --format html -o report.html

critparse check registry.jsonl --summary

critparse check registry.jsonl --format jsonl --fail-on warning > findings.jsonl

critparse check records/ --select 'age-*' --ignore age-boundary-unclear

critparse check records/ --write-baseline known.json --fail-on never

critparse check records/ --baseline known.json --format sarif -o critparse.sarif

Settings come from critparse.toml in the working directory or the nearest folder above it.
"""

_FORMATS = ("table", "json", "jsonl", "sarif", "html", "csv")
_LEVELS = {"never": (), "error": ("error",), "warning": ("error", "warning")}


def _format(value: str) -> str:
    return one_of(value, _FORMATS)


def _level(value: str | None) -> str | None:
    return value if value is None else one_of(value, tuple(_LEVELS))


def check(  # noqa: PLR0913, PLR0917  these are options
    paths: Paths = None,
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(_FORMATS), help="How to show findings.", callback=_format)
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="The file to write [standard output].")
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Only the counts by code (as a table, or with --format json).")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="error|warning|never", help="From which severity on to exit with 1 [error].", callback=_level
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only these codes ('age-*'), in place of the file's; repeat, or use commas."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Not these codes, besides those the file ignores; likewise."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Settings, in place of critparse.toml.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Hide the findings that this file records.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Record the findings of this run as known.")
    ] = None,
    input_format: InputFormat = "auto",
    model: UseModel = True,
    refresh: Refresh = None,
) -> None:
    """Say where trial records contradict themselves, with the passages.

    Exit codes: 0 nothing at or above --fail-on, 1 something, 2 something could not be read. Findings that are
    ignored or in the baseline do not count; how many there were is always said.
    """
    if summary and format not in {"table", "json"}:
        raise typer.BadParameter(f"it is shown as table or json, not as {format}", param_hint="--summary")
    settings = _settings(config)
    triage = _triage(_policy(settings, _codes(select), _codes(ignore)), baseline, record=write_baseline is not None)
    inputs = Inputs(paths or (), input_format, model=model, refresh=refresh)
    if write_baseline is not None:
        refuse_input(write_baseline, inputs.sources)
    counts = _report(inputs, triage, format, output, summary=summary)
    if format != "table":  # which says it at its end
        for sentence in counts.omissions():
            complain(sentence)
    if write_baseline is not None:
        _record(triage, write_baseline, failed=inputs.failed)
    if inputs.failed:
        raise typer.Exit(2)
    level = _LEVELS[fail_on or settings.check.fail_on or "error"]
    if any(count.severity in level for count in counts.codes()):
        raise typer.Exit(1)


def _report(inputs: Inputs, triage: Triage, format: str, output: Path | None, *, summary: bool) -> Summary:
    """Write the report, record by record; the counts of all."""
    from critparse.exports.reports import Summary, writer

    counts = Summary()
    with writer(format, lambda: _open(output, inputs), summary=summary) as result:
        for outcome in inputs:
            if outcome.trial is None:
                continue
            try:
                report = _judge(outcome, outcome.trial, triage)
                result.add(report)
            except (CritparseError, OSError):
                raise  # nothing can be written any more
            except Exception as error:  # noqa: BLE001  a fault over one record must not cost the report on the others
                inputs.failures += 1
                complain_of_defect(outcome.trial.trial_id or outcome.input.name, error)
            else:
                counts.add(report)
        counts.unreadable, counts.stale = inputs.failures, len(triage.baseline.stale())
        if counts.records or not inputs.failed or output is None:  # nothing to say leaves an old file alone
            result.end(counts)
    return counts


def _judge(outcome: Outcome, trial: ParsedTrial, triage: Triage) -> Report:
    from critparse.exports.reports import report

    source, number = outcome.input, outcome.number
    key = trial.trial_id or trial.title or (source.stem if number == 1 else f"{source.stem}#{number}")
    return report(source.name, source.path, number, trial, triage.judge(trial, key))


def _open(output: Path | None, inputs: Inputs) -> IO[str]:
    return sys.stdout if output is None else opened(output, inputs.sources)


def _settings(config: Path | None) -> Settings:
    from critparse.settings import Settings, find, load

    path = config or find(Path.cwd())
    return load(path) if path else Settings()


def _codes(given: Sequence[str] | None) -> list[str]:
    """The codes of an option that can be repeated; each value may hold several, with commas."""
    return [code.strip() for value in given or () for code in value.split(",") if code.strip()]


def _policy(settings: Settings, select: Sequence[str], ignore: Sequence[str]) -> Policy:
    """What file and options ask for together; a code that no check has is an error in an option, said of a file.

    Raises:
        SettingsError: the file selects no check at all.
    """
    from critparse.checks import INTERNAL, catalogue
    from critparse.checks.triage import Policy
    from critparse.settings import unknown_codes

    codes = [*(check.code for check in catalogue()), INTERNAL]
    given = [*(("--select", pattern) for pattern in select), *(("--ignore", pattern) for pattern in ignore)]
    for phrase in unknown_codes(given, codes):
        raise typer.BadParameter(phrase)
    unknown = list(unknown_codes(settings.check.patterns(), codes))
    for phrase in unknown:
        complain(f"{settings.path}: {phrase}")
    wanted = settings.check
    if not select and not any(fnmatchcase(code, pattern) for code in codes for pattern in wanted.select):
        raise SettingsError(where=settings.path, reason="check.select leaves no check to be made")
    return Policy(select or wanted.select, [*wanted.ignore, *ignore], wanted.severity, wanted.per_trial_ignores)


def _triage(policy: Policy, baseline: Path | None, *, record: bool) -> Triage:
    from critparse.checks.baseline import read_baseline
    from critparse.checks.triage import Triage

    return Triage(policy, read_baseline(baseline) if baseline else None, record=record)


def _record(triage: Triage, path: Path, *, failed: bool) -> None:
    """Write the new baseline, unless it would lack what could not be read."""
    from critparse.checks.baseline import write_baseline

    if failed:
        complain(f"{path} is not written: not everything could be read")
        return
    number = write_baseline(path, triage.renewed())
    complain(f"{number} finding{'' if number == 1 else 's'} recorded in {path}")
