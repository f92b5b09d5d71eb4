"""What writes long files piece by piece: a stream opened when there is something to write, and room for what waits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, Self


class Spool:
    """Text on disk, written once and read once."""

    def __init__(self) -> None:
        self._file = TemporaryFile("w+", encoding="utf-8", errors="backslashreplace", newline="")  # noqa: SIM115
        self.parts = 0

    def write(self, part: str) -> None:
        """Append a part."""
        self._file.write(part)
        self.parts += 1

    def copy_to(self, out: IO[str]) -> None:
        """Write everything, piece by piece."""
        self._file.seek(0)
        while piece := self._file.read(1 << 16):
            out.write(piece)

    def close(self) -> None:
        """Delete it."""
        self._file.close()


class Streamed:
    """Writes to one stream; a context manager that closes its files."""

    def __init__(self, open_stream: Callable[[], IO[str]]) -> None:
        self._open = open_stream
        self._stream: IO[str] | None = None
        self._spools: list[Spool] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open, but for standard output."""
        for file in self._spools:
            file.close()
        if self._stream is not None and self._stream is not sys.stdout:
            self._stream.close()

    def spool(self) -> Spool:
        """Room on disk for what has to wait until the end; goes away with the writer."""
        self._spools.append(spool := Spool())
        return spool

    @property
    def out(self) -> IO[str]:
        """The stream; opened when there is something to write, so that a failure leaves an old file alone."""
        self._stream = self._stream or self._open()
        return self._stream


def plural(number: int, one: str, many: str = "") -> str:
    """The number with its noun, thousands set apart: "1 finding", "1,200 findings"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
