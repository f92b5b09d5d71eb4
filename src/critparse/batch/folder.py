"""The files of a batch: every one is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from critparse.errors import OutputError
from critparse.exports.tables.columns import BATCH_TABLES

_PARTIAL = ".partial"


def name_of(table: str, number: int) -> str:
    """The file of a table of a chunk, from the output folder."""
    return f"{table}/part-{number:06}.parquet"


def write_files(folder: Path, number: int, files: Mapping[str, bytes]) -> None:
    """Write the files of a chunk: when it returns, they are on the disk.

    Raises:
        OutputError: there is no room, or something else that the system says.
    """
    for table, content in files.items():
        path = folder / name_of(table, number)
        partial = path.with_name(path.name + _PARTIAL)
        with writing(path):
            try:
                with partial.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
                _sync(path.parent)
            except OSError:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise


def digest_of(folder: Path, name: str) -> str | None:
    """SHA-256 of a file; ``None`` when it is not there. Raises OutputError when it cannot be read."""
    with writing(folder / name):
        try:
            with (folder / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None


def prepare(folder: Path, chunks: int) -> None:
    """Make the folders of the tables; take away what a killed run has left behind the first ``chunks`` chunks.

    Raises:
        OutputError: the folder cannot be written to.
    """
    for table in BATCH_TABLES:
        with writing(folder):
            (folder / table).mkdir(parents=True, exist_ok=True)
            keep = {Path(name_of(table, number)).name for number in range(chunks)}
            for path in (folder / table).iterdir():
                ours = path.name.startswith("part-") and path.name.endswith((".parquet", _PARTIAL))
                if ours and path.name not in keep:
                    path.unlink()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system says against writing, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise OutputError(where=path, reason=(error.strerror or str(error)).lower()) from error


def _sync(folder: Path) -> None:
    """Have the names of a folder on the disk too, where the system offers that."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
