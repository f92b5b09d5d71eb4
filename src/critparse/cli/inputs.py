"""From the PATH arguments to parsed trials."""

from __future__ import annotations

import glob
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from critparse.cli.documents import document, is_document
from critparse.cli.messages import complain, complain_of_defect, counted
from critparse.errors import CritparseError, InputError, MissingExtra, ResourceError
from critparse.schema import ParsedTrial
from critparse.settings import FILE as SETTINGS

if TYPE_CHECKING:
    from critparse.sources import Record
    from critparse.sources.containers import Item

Entry = TypeVar("Entry")
STDIN = "-"
PACKED = (".zip", ".gz", ".parquet")
"""Endings of files that are read as streams of whatever is in them."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to read: a file, what ``items`` gets from elsewhere, or, with neither, standard input.

    ``stem`` is for names of outputs; ``many``: it is a data set rather than a record.
    """

    name: str
    stem: str
    path: Path | None
    items: Callable[[], Iterator[Item]] | None = None
    many: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A parsed record, or nothing when it could not be read (which has been said).

    ``number``: from 1 in its input; ``several``: it is not the only one there.
    """

    input: Input
    number: int
    trial: ParsedTrial | None
    several: bool = False


class Inputs:
    """The records of all PATH arguments. After iterating, ``failures`` says how many could not be read.

    ``refresh``: whether trials given by number are always fetched (true), never (false), or when there is no new copy.
    ``vocab``: the name of a vocabulary to link to. Raises VocabularyError when it cannot be used.
    ``documents``: whether what ``critparse parse --format json`` wrote is taken as it is.
    """

    def __init__(
        self,
        paths: Sequence[str],
        format: str,
        *,
        model: bool = True,
        refresh: bool | None = None,
        vocab: str | None = None,
        documents: bool = False,
    ) -> None:
        from critparse.concepts.vocabularies import resolve

        self.format = format
        self.documents = documents
        self.model = model
        self.refresh = refresh
        self.vocabulary = resolve(vocab) if vocab else None
        self.failures = 0
        self.sources = list(self._expand(paths or self._standard_input()))

    def __iter__(self) -> Iterator[Outcome]:
        return counted(self.sources, self._outcomes, "parsing")

    @property
    def failed(self) -> bool:
        """Whether any input or record could not be read."""
        return self.failures > 0

    def _standard_input(self) -> Sequence[str]:
        if sys.stdin is None or sys.stdin.isatty():
            raise typer.BadParameter("give a file, a folder, a glob, or - for standard input", param_hint="PATH")
        return [STDIN]

    def _expand(self, paths: Sequence[str]) -> Iterator[Input]:
        for given in paths:
            if given == STDIN:
                yield Input("standard input", "stdin", None)
                continue
            try:
                yield from self._special(given) or (Input(str(path), path.stem, path) for path in files(given))
            except InputError as error:
                self._fail(error)

    def _special(self, given: str) -> list[Input]:
        """The database, the download of AACT, or the trial of the registry that the argument names, if any.

        A file of that name goes before the trial.
        """
        from critparse.sources import aact_db, aact_files, fetch

        if aact_db.is_connection(given):
            database = aact_db.Database.of(given)
            return [Input(database.name, "aact", None, database.items, many=True)]
        path = Path(given)
        if aact_files.is_dataset(path):
            return [Input(given, path.stem, path, many=True)]
        trial = fetch.trial_number(given)
        if trial is None or path.exists():
            return []
        fetcher = fetch.Fetcher.of(refresh=self.refresh is True, offline=self.refresh is False)
        return [Input(trial, trial, None, lambda: iter([(trial, fetcher.fetch(trial))]))]

    def _outcomes(self, source: Input) -> Iterator[Outcome]:
        """The records of one source; what cannot be read is said and passed over."""
        try:
            for number, (record, several) in enumerate(_ahead(self._records(source)), 1):
                yield Outcome(source, number, self._trial(record, source), several)
        except (InputError, MissingExtra) as error:
            self._fail(error)
            yield Outcome(source, 1, None)

    def _records(self, source: Input) -> Iterator[Record | ParsedTrial | CritparseError]:
        from critparse.sources import read_item

        for known, item in self._items(source):
            yield document(*item) if self.documents and is_document(item[1]) else read_item(item, known)

    def _items(self, source: Input) -> Iterator[tuple[str, Item]]:
        """What the source holds, with the format to read it in."""
        from critparse.sources import open_items
        from critparse.sources.streams import Meter, stream

        if source.items is not None:
            return ((self.format, item) for item in source.items())
        if source.path is not None and source.path.suffix.lower() in PACKED:
            return stream(str(source.path), format=self.format).open(Meter())
        content = _read_stdin() if source.path is None else source.path
        known, items = open_items(content, format=self.format, where=source.name)
        return ((known, item) for item in items)

    def _trial(self, record: Record | ParsedTrial | CritparseError, source: Input) -> ParsedTrial | None:
        from critparse.checks import run
        from critparse.parser import parse_record

        if isinstance(record, CritparseError):
            self._fail(record)
            return None
        if isinstance(record, ParsedTrial):
            return record
        try:
            trial = parse_record(record, model=self.model, vocabulary=self.vocabulary)
            return trial.model_copy(update={"findings": run(trial)})
        except ResourceError:
            raise  # no record can be read without it
        except Exception as error:  # noqa: BLE001  a fault in one record must not cost the others
            self.failures += 1
            complain_of_defect(record.trial_id or source.name, error)
            return None

    def _fail(self, error: CritparseError) -> None:
        self.failures += 1
        complain(str(error))


def _ahead(records: Iterable[Entry]) -> Iterator[tuple[Entry, bool]]:
    """The records, each with whether it is one of several; what goes wrong after the first does not cost that one."""
    rest = iter(records)
    for first in rest:
        try:
            second = next(rest)
        except StopIteration:
            yield first, False
            return
        except InputError:
            yield first, True
            raise
        yield first, True
        yield second, True
        break
    for record in rest:
        yield record, True


def files(given: str) -> list[Path]:
    """The files that a path, folder or glob stands for; a path that does not exist is left to the reader to refuse."""
    path = Path(given)
    try:
        if path.is_dir():
            found = [p for p in path.iterdir() if not p.name.startswith(".") and p.name != SETTINGS]
        elif not path.exists() and glob.has_magic(given):
            found = [Path(p) for p in glob.iglob(given, recursive=True)]  # noqa: PTH207  the pattern may be absolute
        else:
            return [path]
        files = sorted(p for p in found if p.is_file())
    except (OSError, ValueError) as error:  # no permission; a NUL in the name
        raise InputError(where=given, reason=str(error)) from error
    if not files:
        raise InputError(where=given, reason="it is a folder without files" if path.is_dir() else "no file matches")
    return files


def _read_stdin() -> bytes:
    from critparse.sources import MAX_BYTES

    return sys.stdin.buffer.read(MAX_BYTES + 1)
