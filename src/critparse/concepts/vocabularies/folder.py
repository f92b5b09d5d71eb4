"""Where users' vocabularies are, and what they are called."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from critparse.errors import VocabularyError

FOLDER = "CRITPARSE_VOCABULARIES"
SUFFIX = ".sqlite"
PARTIAL = ".partial"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def default_folder() -> Path:
    """``CRITPARSE_VOCABULARIES``, or the folder that the platform has for users' data."""
    if given := os.environ.get(FOLDER):
        return Path(given)
    if sys.platform == "darwin":
        base = Path("~/Library/Application Support")
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share")
    return base.expanduser() / "critparse" / "vocabularies"


def path_of(name: str) -> Path:
    """The file of the vocabulary of that name, whether it is there or not. Raises VocabularyError for a bad name."""
    if not _NAME.fullmatch(name):
        raise VocabularyError(where=name, reason="a name has letters, digits, '.', '_' and '-' only, at most 64")
    return default_folder() / f"{name}{SUFFIX}"


def partial_of(path: Path) -> Path:
    """The file in which a vocabulary is built until it is complete."""
    return path.with_name(path.name + PARTIAL)


def names() -> list[str]:
    """The vocabularies that were built, by name."""
    try:
        return sorted(path.stem for path in default_folder().glob(f"*{SUFFIX}") if path.is_file())
    except OSError as error:
        raise VocabularyError(where=default_folder(), reason=(error.strerror or str(error)).lower()) from error


def remove(name: str) -> bool:
    """Delete a vocabulary and what an interrupted build has left of it; whether there was anything."""
    path = path_of(name)
    partial = partial_of(path)
    found = False
    try:
        for file in (path, partial, *(partial.with_name(partial.name + end) for end in ("-journal", "-wal", "-shm"))):
            if file.is_file():
                file.unlink()
                found = True
    except OSError as error:
        raise VocabularyError(where=name, reason=(error.strerror or str(error)).lower()) from error
    return found
