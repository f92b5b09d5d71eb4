"""Copies on disk of what was fetched. A cache that cannot be read or written is none, and said so in the log."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "CRITPARSE_CACHE"
_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """``CRITPARSE_CACHE``, or the folder that the platform has for such things."""
    if given := os.environ.get(FOLDER):
        return Path(given)
    if sys.platform == "darwin":
        base = Path("~/Library/Caches")
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return base.expanduser() / "critparse"


@dataclass(frozen=True, slots=True)
class Cache:
    """One file for each thing fetched, below ``folder``; those of different addresses are apart."""

    folder: Path = field(default_factory=default_folder)

    def get(self, url: str, name: str, *, max_age: float) -> bytes | None:
        """The copy, unless it is older than ``max_age`` seconds or there is none."""
        path = self._path(url, name)
        try:
            age = time.time() - path.stat().st_mtime
            return path.read_bytes() if age < max_age else None
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("the cache cannot be read: %s", error)
            return None

    def put(self, url: str, name: str, content: bytes) -> None:
        """Keep a copy. Whoever reads meanwhile gets the old one or the new one, whole."""
        path = self._path(url, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            _log.warning("the cache cannot be written: %s", error)

    def _path(self, url: str, name: str) -> Path:
        address = hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:12]
        return self.folder / "trials" / address / f"{name}.json"
