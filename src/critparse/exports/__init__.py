"""Targets that a parsed trial can be written to, by name.

A target is a function from a trial to :data:`Files`. Adding one is adding a module and a line in ``_TARGETS``; modules
are imported when their target is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from critparse.schema import ParsedTrial

__all__ = ["Files", "export", "targets"]

Files = Mapping[str, str]
"""What a target makes of one trial: contents by the ending that a file's name gets (".json", ".description.ann")."""

_TARGETS = {
    "table": ("critparse.exports.table", "table_files"),
    "json": ("critparse.exports.documents", "json_files"),
    "jsonl": ("critparse.exports.documents", "jsonl_files"),
    "brat": ("critparse.exports.brat", "brat_files"),
}


def targets() -> tuple[str, ...]:
    """The names of all targets."""
    return tuple(_TARGETS)


def export(trial: ParsedTrial, target: str) -> Files:
    """The files that ``target`` makes of a trial.

    Raises:
        KeyError: there is no such target (see :func:`targets`).
    """
    module, name = _TARGETS[target]
    write: Callable[[ParsedTrial], Files] = getattr(import_module(module), name)
    return write(trial)
