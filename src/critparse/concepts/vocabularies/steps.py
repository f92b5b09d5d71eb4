"""What a source of a vocabulary is made of: files that are read line by line, each in one step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from critparse.concepts.vocabularies.lines import Lines, decoded
from critparse.errors import VocabularySourceError

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that cannot be used, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a source to keep, by names in lower case; empty ones: all but what no criterion names."""

    vocabularies: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    everything: bool = False
    hierarchy: bool = True

    @classmethod
    def of(
        cls,
        vocabularies: Iterable[str] = (),
        domains: Iterable[str] = (),
        *,
        everything: bool = False,
        hierarchy: bool = True,
    ) -> Filters:
        """Filters by names in any case."""
        return cls(_lower(vocabularies), _lower(domains), everything, hierarchy)

    def wants(self, vocabulary: str) -> bool:
        """Whether what comes from this vocabulary may be kept."""
        return not self.vocabularies or vocabulary.lower() in self.vocabularies


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names)


@dataclass(frozen=True, slots=True)
class Step:
    """One file. ``rows`` gives for each line read what to write, None for nothing, or the damage; ``write`` writes.

    ``start`` is the offset of the first row, on line ``line`` + 1. ``strict``: damage ends the build.
    """

    name: str
    path: Path
    rows: Callable[[Lines], Iterator[Row | Damage | None]]
    write: Callable[[sqlite3.Connection, Sequence[Row]], None]
    start: int = 0
    line: int = 0
    strict: bool = False


class Source(Protocol):
    """Where a vocabulary comes from: ``kind`` (athena, umls, rxnorm, csv), its place, and its steps in order."""

    kind: str
    where: Path
    licence: str
    filters: Filters

    def steps(self, database: sqlite3.Connection) -> Iterable[Step]:
        """The steps; what a later one needs of an earlier one it may ask the database for when its rows are read."""

    def about(self, database: sqlite3.Connection) -> Mapping[str, Any]:
        """What else to tell: ``versions``, by vocabulary; ``hierarchy``: ancestors, parents or none.

        ``missing``: what the filters name and nothing was found of.
        """


def by_line(read: Callable[[str], Row | None]) -> Callable[[Lines], Iterator[Row | Damage | None]]:
    """Rows from a function of one line; it raises ValueError for a line that is damaged."""

    def rows(lines: Lines) -> Iterator[Row | Damage | None]:
        for line in lines:
            try:
                yield read(decoded(line))
            except ValueError as error:
                yield damage(line, error)

    return rows


def damage(line: bytes | None, error: ValueError) -> Damage | None:
    """What a line that could not be read comes to: nothing if it is blank, as last lines may be."""
    return Damage(str(error)) if line is None or line.strip() else None


def file_in(folder: Path, name: str, *, required: bool = True) -> Path | None:
    """The file of that name in any case, None when it is missing and not required."""
    try:
        found = next((path for path in sorted(folder.iterdir()) if path.name.lower() == name.lower()), None)
    except NotADirectoryError:
        raise VocabularySourceError(where=folder, reason="it is no folder; unpack the download into one") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise VocabularySourceError(where=folder, reason=reason) from error
    if found is None and required:
        raise VocabularySourceError(where=folder, reason=f"there is no {name} in it")
    return found
