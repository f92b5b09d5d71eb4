"""What goes to stderr: one line per complaint, and progress for people who watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from critparse.exports.terminal import visible

Item = TypeVar("Item")


def complain(message: str) -> None:
    """Say one line on stderr."""
    sys.stderr.write(f"critparse: {visible(message)}\n")


def progress(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, with a bar on stderr when that is a terminal, there are several, and no output runs across it."""
    if len(items) < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        return items
    return _tracked(items, what)


def _tracked(items: Sequence[Item], what: str) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, console=Console(stderr=True), transient=True)
