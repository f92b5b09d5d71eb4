"""What a parsed trial can be written to, by name; modules are imported when their target is asked for.

``_TARGETS`` are the formats of ``critparse parse``: functions from a trial to :data:`Files`. ``_EXPORTS`` are the
standards of ``critparse export``: modules with ``CAPABILITIES`` (see :mod:`critparse.exports.capability`) and a
function ``export`` from a trial to :class:`Exported <critparse.exports.capability.Exported>`. Adding one of either is
adding a module and a line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from critparse.errors import UnknownTarget
from critparse.schema import ParsedTrial

if TYPE_CHECKING:
    from types import ModuleType

    from critparse.exports.capability import Capabilities, Exported

__all__ = ["Files", "capabilities", "export", "export_to", "line", "standards", "targets"]

Files = Mapping[str, str]
"""What a target makes of one trial: contents by the ending that a file's name gets (".json", ".description.ann")."""

_TARGETS = {
    "table": ("critparse.exports.table", "table_files"),
    "json": ("critparse.exports.documents", "json_files"),
    "jsonl": ("critparse.exports.documents", "jsonl_files"),
    "brat": ("critparse.exports.brat", "brat_files"),
    "csv": ("critparse.exports.tables", "csv_files"),
    "html": ("critparse.exports.html.page", "html_files"),
}
_EXPORTS = {
    "omop": "critparse.exports.omop",
    "fhir": "critparse.exports.fhir.r5",
    "fhir-r4b": "critparse.exports.fhir.r4b",
    "usdm": "critparse.exports.usdm.v4",
    "cql": "critparse.exports.cql",
    "csv": "critparse.exports.tables",
    "parquet": "critparse.exports.tables.parquet",
    "brat": "critparse.exports.brat",
    "html": "critparse.exports.html.page",
}


def targets() -> tuple[str, ...]:
    """The formats of ``critparse parse``."""
    return tuple(_TARGETS)


def export(trial: ParsedTrial, target: str) -> Files:
    """The files that a format of ``critparse parse`` makes of a trial.

    Raises:
        KeyError: there is no such target (see :func:`targets`).
    """
    module, name = _TARGETS[target]
    write: Callable[[ParsedTrial], Files] = getattr(import_module(module), name)
    return write(trial)


def standards() -> tuple[str, ...]:
    """The standards of ``critparse export``."""
    return tuple(_EXPORTS)


def export_to(trial: ParsedTrial, standard: str) -> Exported:
    """The trial in a standard: its files, and what the standard could not express.

    Raises:
        UnknownTarget: there is no such standard (see :func:`standards`).
    """
    write: Callable[[ParsedTrial], Exported] = _module(standard).export
    return write(trial)


def line(trial: ParsedTrial, exported: Exported, standard: str) -> str | None:
    """What a trial became as one line of JSON, with its end; None when it is no single JSON document.

    It is the document itself, unless the standard has another form for files of several (``in_a_line``).
    """
    if len(exported.files) != 1 or not all(ending.endswith(".json") for ending in exported.files):
        return None
    value = json.loads(next(iter(exported.files.values())))
    in_a_line: Callable[[ParsedTrial, Any], Any] | None = getattr(_module(standard), "in_a_line", None)
    return json.dumps(in_a_line(trial, value) if in_a_line else value, ensure_ascii=False) + "\n"


def capabilities(standard: str) -> Capabilities:
    """How well a standard expresses each part of a rule.

    Raises:
        UnknownTarget: there is no such standard.
    """
    found: Capabilities = _module(standard).CAPABILITIES
    return found


def _module(standard: str) -> ModuleType:
    if standard not in _EXPORTS:
        raise UnknownTarget(target=standard, known=", ".join(_EXPORTS))
    return import_module(_EXPORTS[standard])
