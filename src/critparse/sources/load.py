"""From what a caller hands over to text: existence, size, encoding. Line ends are kept as they are."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from critparse.errors import BinaryInput, CritparseError, EmptyInput, InputError, InputNotFound, InputTooLarge

MAX_BYTES = 20_000_000
"""Default bound on the size of an input; texts are counted in characters, files in bytes."""
JSON_LINES = (".jsonl", ".ndjson")
"""Endings of files that hold a record a line."""

_log = logging.getLogger(__name__)
_BOMS = (  # the longer ones first: UTF-32-LE begins like UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 4096
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r")
_MAX_HIGH_SHARE = 0.3  # of bytes above 127 in a text that is to be taken for Windows-1252


def load_file(path: Path, where: str, max_bytes: int) -> str:
    """The text of a file.

    Raises:
        InputNotFound, InputError (a directory, no permission), InputTooLarge, EmptyInput, BinaryInput.
    """
    return decode(read_bytes(path, where, max_bytes), where, max_bytes)


def read_bytes(path: Path, where: str, max_bytes: int) -> bytes:
    """The bytes of a file, never more than ``max_bytes``."""
    with _opened(path, where) as file:
        data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise InputTooLarge(where=where, size=max(path.stat().st_size, len(data)), limit=max_bytes)
        return data


@contextmanager
def _opened(path: Path, where: str) -> Iterator[BinaryIO]:
    """The file, open for reading; what the system says against it becomes an error of ours."""
    try:
        if "\0" in str(path):
            raise InputNotFound(where=where)
        if path.is_dir():
            raise InputError(where=where, reason="it is a directory")
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise InputNotFound(where=where) from None
    except OSError as error:
        raise InputError(where=where, reason=(error.strerror or str(error)).lower()) from error


def lines_of(path: Path, where: str, max_bytes: int) -> Iterator[str | CritparseError]:
    """The lines of a file, read one at a time, so that only a line is bounded by ``max_bytes``.

    A line that is too long or no text comes as the error in its place. UTF-16 and UTF-32 files are read whole.

    Raises:
        as :func:`load_file`, at the call.
    """
    with _opened(path, where) as file:
        head = file.read(_SAMPLE)
    if not head:
        raise EmptyInput(where=where)
    if any(head.startswith(bom) for bom, name in _BOMS if name != "utf-8-sig") or _utf16_without_bom(head):
        return iter(load_file(path, where, max_bytes).split("\n"))
    return _lines(path, where, max_bytes)


def _lines(path: Path, where: str, max_bytes: int) -> Iterator[str | CritparseError]:
    with _opened(path, where) as file:
        yield from lines_in(file, where, max_bytes)


def lines_in(file: IO[bytes], where: str, max_bytes: int) -> Iterator[str | CritparseError]:
    """The lines of an open file, as of :func:`lines_of`."""
    number = 0
    while line := file.readline(max_bytes + 1):
        number += 1
        name, size = f"{where}, line {number}", len(line)
        while size > max_bytes and not line.endswith(b"\n") and (line := file.readline(max_bytes)):
            size += len(line)
        if size > max_bytes:
            yield InputTooLarge(where=name, size=size, limit=max_bytes)
            continue
        try:
            yield decode(line, name, max_bytes) if line.strip() else ""
        except CritparseError as error:
            yield error


def decode(data: bytes, where: str, max_bytes: int) -> str:
    """The text that the bytes hold, in UTF-8, UTF-16, UTF-32 or, failing these, Windows-1252.

    Raises:
        InputTooLarge, EmptyInput, BinaryInput.
    """
    if len(data) > max_bytes:
        raise InputTooLarge(where=where, size=len(data), limit=max_bytes)
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None) or _utf16_without_bom(data)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        text = _decode_damaged(data, error, where) if encoding is None else _binary(where)
    return checked(text, where, max_bytes)


def checked(text: str, where: str, max_bytes: int) -> str:
    """The text itself, when it is one.

    Raises:
        InputTooLarge, EmptyInput, BinaryInput.
    """
    if len(text) > max_bytes:
        raise InputTooLarge(where=where, size=len(text), limit=max_bytes)
    if "\0" in text or text.startswith("%PDF-"):
        _binary(where)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise EmptyInput(where=where)
    return text


def _utf16_without_bom(data: bytes) -> str | None:
    """UTF-16 when, of the first bytes, only those at odd or only those at even places are NUL."""
    head = data[:_SAMPLE]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(data) % 2 or max(even, odd) * 4 < len(head) // 2 or min(even, odd):
        return None
    return "utf-16-le" if odd else "utf-16-be" if even else None


def _decode_damaged(data: bytes, error: UnicodeDecodeError, where: str) -> str:
    """UTF-8 cut inside its last character, or a text in the Windows encoding."""
    if error.end == len(data) and error.start >= len(data) - 3 and "end of data" in error.reason:
        return data.decode("utf-8", errors="replace")
    high = sum(byte > 127 for byte in data)
    if high > _MAX_HIGH_SHARE * len(data) or _CONTROLS.intersection(data):
        _binary(where)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return _binary(where)
    _log.debug("%s is not UTF-8; read as Windows-1252", where)
    return text


def _binary(where: str) -> str:
    raise BinaryInput(where=where)
