"""How a batch goes on, on stderr: a bar on a terminal, else a line now and then, or JSON lines."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from critparse.batch.run import Watcher
from critparse.cli.messages import complain
from critparse.exports.terminal import visible

if TYPE_CHECKING:
    from rich.progress import Progress

    from critparse.batch.process import Result
    from critparse.batch.run import Summary

_SECONDS_BETWEEN_LINES = 30.0


class Report(Watcher):
    """Counts, rate and time left. This one says nothing until the end."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._kept = 0
        self._records = 0
        self._criteria = 0
        self._errors = 0
        self._memory = 0
        self._total: float | None = None
        self._at_hand: set[int] = set()

    @property
    def written(self) -> int:
        """Records that are in the output."""
        return self._kept + self._records

    @property
    def seen(self) -> int:
        """Records that are in the output or have been begun."""
        return self.written + len(self._at_hand)

    def begun(self, ordinal: int) -> None:
        self._at_hand.add(ordinal)
        self.show()

    def kept(self, records: int) -> None:
        self._kept = records
        self._began = time.monotonic()

    def done(self, result: Result, total: float | None) -> None:
        self._records += result.records
        self._criteria += result.rows["criteria"]
        self._errors += result.rows["errors"]
        self._total = total
        self._memory = max(self._memory, result.memory)
        self._at_hand -= set(result.ordinals)
        self.show()

    def tick(self) -> None:
        self.show()

    def show(self) -> None:
        """Show how far it is, if there is somewhere to and it is time."""

    def stop(self) -> None:
        """Leave the screen as it was."""

    def end(self, summary: Summary) -> None:
        """Say what there is."""
        self.stop()
        for line in self.summary_lines(summary):
            sys.stderr.write(f"{visible(line)}\n")

    def state(self) -> dict[str, Any]:
        """Where it is: ``seconds_left`` is null while it cannot be known."""
        elapsed = max(time.monotonic() - self._began, 1e-3)
        rate = (self._records + len(self._at_hand)) / elapsed
        left = (self._total - self.seen) / rate if self._total is not None and rate > 0 else None
        return {
            "records": self.seen,
            "written": self.written,
            "errors": self._errors,
            "records_per_second": round(rate, 2),
            "criteria_per_second": round(self._criteria / elapsed, 1),
            "worker_megabytes": self._memory,
            "seconds_left": None if left is None else round(max(left, 0.0)),
        }

    def sentence(self) -> str:
        """:meth:`state` for people."""
        state = self.state()
        left = state["seconds_left"]
        parts = [f"{state['records']:,} records", f"{state['records_per_second']:,.1f}/s"]
        parts.append(f"{state['errors']:,} errors")
        if left is not None:
            parts.append(f"{_duration(left)} left")
        return ", ".join(parts)

    def summary_lines(self, summary: Summary) -> Iterator[str]:
        """The summary, line by line."""
        rows = summary.rows
        elapsed = max(time.monotonic() - self._began, 1e-3)
        earlier = f", {summary.kept:,} of them by an earlier run" if summary.kept else ""
        yield f"{summary.records:,} records{earlier}: {rows['trials']:,} parsed, {rows['errors']:,} errors"
        yield f"{rows['criteria']:,} criteria, {rows['rules']:,} statements, {rows['findings']:,} findings"
        for code, count in summary.errors.items():
            yield f"  {code}: {count:,} (docs/batch.md; the table errors has the records)"
        if self._records:
            yield (
                f"{_duration(elapsed)}: {self._records / elapsed:,.1f} records and {self._criteria / elapsed:,.1f} "
                f"criteria a second, at most {self._memory} MB a worker"
            )
        yield f"the tables are in {summary.folder}"


class Lines(Report):
    """A line every half minute."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def show(self) -> None:
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self.say()

    def say(self) -> None:
        """The line."""
        complain(self.sentence())


class JsonLines(Lines):
    """A JSON object on a line for progress and for each entry of the log, with the record it is about."""

    def done(self, result: Result, total: float | None) -> None:
        for entry in result.logs:
            self.write(entry)
        super().done(result, total)
        chunk = {"chunk": result.number, "rows": dict(result.rows), "worker_megabytes": result.memory}
        self.write(_now("chunk", chunk))

    def say(self) -> None:
        self.write(_now("progress", self.state()))

    def end(self, summary: Summary) -> None:
        state = {"records": summary.records, "kept": summary.kept, "rows": summary.rows, "errors": summary.errors}
        self.write(_now("done", state | {"folder": str(summary.folder)}))

    def write(self, entry: Mapping[str, Any]) -> None:
        """Write a line."""
        sys.stderr.write(json.dumps(entry) + "\n")
        sys.stderr.flush()


class Bar(Report):
    """A line that is drawn anew, on a terminal."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"))
        self._display: Progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._display.add_task("loading", total=None)
        self._display.start()

    def show(self) -> None:
        self._display.update(self._task, description=self.sentence(), completed=self.seen, total=self._total)

    def stop(self) -> None:
        self._display.stop()


class _Handler(logging.Handler):
    """Entries of this process, among those of the workers."""

    def __init__(self, report: JsonLines) -> None:
        super().__init__(logging.INFO)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        from critparse.batch.logs import entry

        self._report.write(entry(record))


@contextmanager
def reporting(*, as_json: bool) -> Iterator[Report]:
    """The report that suits: JSON where asked for, a bar on a terminal, else lines."""
    if not as_json:
        report = Bar() if sys.stderr.isatty() else Lines()
        try:
            yield report
        finally:
            report.stop()
        return
    lines = JsonLines()
    logger, handler = logging.getLogger("critparse"), _Handler(lines)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _now(event: str, state: Mapping[str, Any]) -> dict[str, Any]:
    return {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **state}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
