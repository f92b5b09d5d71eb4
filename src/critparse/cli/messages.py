"""What goes to stderr: one line per complaint, and progress for people who watch."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from critparse.exports.terminal import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

DEBUG = "CRITPARSE_DEBUG"
Item = TypeVar("Item")


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
    if len(items) < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        return items
    return _tracked(items, what)


def _tracked(items: Sequence[Item], what: str) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, console=Console(stderr=True), transient=True)


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
