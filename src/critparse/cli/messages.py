"""What goes to stderr: one line per complaint, and progress for people who watch."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from critparse.exports.terminal import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

DEBUG = "CRITPARSE_DEBUG"
Item = TypeVar("Item")
Source = TypeVar("Source")


def complain(message: str) -> None:
    """Say one line on stderr."""
    sys.stderr.write(f"critparse: {visible(message)}\n")


def complain_of_defect(where: str, error: Exception) -> None:
    """Say in one line that critparse itself failed, and how to see more; or show it."""
    complain(f"{where} failed with an internal error: {type(error).__name__}: {error} ({DEBUG}=1 shows the traceback)")
    show_traceback()


def show_traceback() -> None:
    """The traceback of the exception being handled, for those who asked for it."""
    if os.environ.get(DEBUG, "") not in ("", "0"):
        traceback.print_exc()


def progress(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, with a bar on stderr when that is a terminal, there are several, and no output runs across it."""
    return _tracked(items, what) if len(items) > 1 and _is_watched() else items


def _tracked(items: Sequence[Item], what: str) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, console=Console(stderr=True), transient=True)


def counted(sources: Sequence[Source], records: Callable[[Source], Iterator[Item]], what: str) -> Iterator[Item]:
    """The records of all sources, with their number on stderr where ``progress`` would draw a bar."""
    found = (record for source in sources for record in records(source))
    return _counting(sources, records, what) if _is_watched() else found


def _counting(sources: Sequence[Source], records: Callable[[Source], Iterator[Item]], what: str) -> Iterator[Item]:
    """How many records a source holds is not known before its end: records are counted, the bar shows sources."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = (BarColumn(), MofNCompleteColumn(), TextColumn("inputs")) if len(sources) > 1 else ()
    count = TextColumn("{task.fields[records]:,} records")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), count, *bar, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task, seen = display.add_task(what, total=len(sources), records=0), 0
        for source in sources:
            for record in records(source):
                yield record
                seen += 1
                display.update(task, records=seen)
            display.advance(task)


def _is_watched() -> bool:
    """Whether someone sees stderr, and no output runs across it."""
    return sys.stderr.isatty() and not sys.stdout.isatty()


class Stages:
    """Bars on stderr for the stages of a long run, one below the other; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[loss]}"),
                console=Console(stderr=True),
            )
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def report(self, stage: str, step: int, steps: int, loss: float) -> None:
        """Show that a stage has come to ``step`` of ``steps``."""
        if self._bars is None:
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=steps, loss="")
        self._bars.update(self._tasks[stage], completed=step, loss=f"loss {loss:.3f}" if loss else "")
