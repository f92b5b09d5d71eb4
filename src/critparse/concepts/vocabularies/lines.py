"""Lines of large files: streamed from any offset, of bounded length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from critparse.errors import VocabularySourceError

MAX_LINE = 1_000_000  # bytes
_BOM = b"\xef\xbb\xbf"
_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_SAMPLE = 4096


class Lines:
    """The lines of a file, as bytes with their ends; None for one of more than ``MAX_LINE`` bytes.

    ``offset`` (bytes) and ``number`` are those behind the line given last; a new reader may begin there.
    """

    def __init__(self, path: Path, offset: int = 0, number: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.number = number
        self._file = path.open("rb")
        self._file.seek(offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[bytes | None]:
        readline = self._file.readline
        while line := readline(MAX_LINE):
            self.number += 1
            self.offset += len(line)
            if len(line) < MAX_LINE or line.endswith(b"\n"):
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = readline(MAX_LINE)
                self.offset += len(line)
            yield None


def decoded(line: bytes | None) -> str:
    """A line as text without its end. Raises ValueError, with the reason, for one that cannot be."""
    if line is None:
        raise ValueError(f"it has more than {MAX_LINE} bytes")
    if b"\0" in line:
        raise ValueError("it holds a NUL byte")
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def header_of(path: Path, delimiter: str) -> tuple[list[str], int]:
    """The cells of the first line in lower case, and the offset behind it.

    Raises:
        VocabularySourceError: the file is packed, empty, or not text in UTF-8.
    """
    check_plain(path)
    with Lines(path) as lines:
        first = next(iter(lines), b"")
        if first is not None:
            first = first.removeprefix(_BOM)
        try:
            text = decoded(first)
        except ValueError as error:
            raise VocabularySourceError(where=path, reason=f"line 1: {error}") from None
        return [cell.strip().lower() for cell in text.split(delimiter)], lines.offset


def check_plain(path: Path) -> None:
    """Raises VocabularySourceError for a file that is missing, empty, packed, or no text in UTF-8."""
    try:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE)
    except FileNotFoundError:
        raise VocabularySourceError(where=path, reason="no such file") from None
    except (OSError, ValueError) as error:  # no permission, a folder; a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise VocabularySourceError(where=path, reason=reason.lower()) from error
    packed = next((kind for magic, kind in _PACKED.items() if sample.startswith(magic)), None)
    if packed:
        raise VocabularySourceError(where=path, reason=f"it is packed ({packed}); unpack it first")
    if not sample.strip():
        raise VocabularySourceError(where=path, reason="it is empty")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise VocabularySourceError(where=path, reason="it is UTF-16; save it as UTF-8")
