"""What goes to stderr: one line per complaint, and progress for people who watch."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from critparse.exports.terminal import visible

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
