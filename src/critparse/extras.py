"""Packages that a plain installation does not bring, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from critparse.errors import MissingExtra


def pyarrow(what: str = "Parquet") -> Any:
    """Pyarrow with its Parquet. Raises MissingExtra, which says ``what`` needs it."""
    try:
        found = import_module("pyarrow")
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtra(what=what, packages="pyarrow", extra="parquet") from error
    return found


def ray() -> Any:
    """Ray. Raises MissingExtra."""
    try:
        return import_module("ray")
    except ImportError as error:
        raise MissingExtra(what="a Ray cluster", packages="ray", extra="ray") from error
