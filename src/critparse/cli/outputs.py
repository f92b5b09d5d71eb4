"""Where results go: standard output, one file, or a folder with one file (or more) per record."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import typer

from critparse.cli.inputs import PACKED, Input, Inputs, Outcome
from critparse.cli.messages import complain_of_defect
from critparse.errors import CritparseError, OutputError
from critparse.exports import export
from critparse.exports.capability import Exported, Omission
from critparse.exports.streams import Streamed
from critparse.schema import ParsedTrial
from critparse.sources.load import JSON_LINES

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME = 100
Write = Callable[[ParsedTrial], Exported]
"""Makes the files of one trial."""


class Output(Protocol):
    """Takes outcomes one by one, those without a trial, too; ``close`` ends what is still open."""

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        """Write, or keep, a trial; what the target could not express of it."""

    def close(self) -> None: ...


def choose(path: str | None, target: str, sources: Sequence[Input]) -> Output:
    """The output for ``--output PATH``: a folder if it is one, ends like one, or many inputs meet a bare name."""
    if target in ("csv", "html"):
        from critparse.cli.gathered import place as gathered

        return gathered(path, target, sources)
    if path is None:
        return Stream(target, lambda: sys.stdout)
    place = Path(path)
    if is_folder(path, sources, several=target == "brat"):
        return Folder(place, lambda trial: Exported(export(trial, target)), sources)
    if target == "brat":
        return Folder(place.parent, lambda trial: Exported(export(trial, target)), sources, stem=place.stem)
    return Stream(target, lambda: opened(place, sources))


def deliver(inputs: Inputs, result: Output, told: Callable[[Outcome, Sequence[Omission]], None] | None = None) -> None:
    """Write every record, and tell of each what could not be expressed.

    A fault over one of them is said, counts as a failure, and does not cost the others.
    """
    try:
        for outcome in inputs:
            try:
                omissions = result.add(outcome)
            except (CritparseError, OSError):
                raise  # nothing can be written any more
            except Exception as error:  # noqa: BLE001  as it says above
                inputs.failures += 1
                complain_of_defect((outcome.trial and outcome.trial.trial_id) or outcome.input.name, error)
            else:
                if told is not None:
                    told(outcome, omissions)
    finally:
        result.close()


class Stream(Streamed):
    """One stream for all records: tables below each other, one JSON document or an array of several, JSON lines."""

    def __init__(self, target: str, open_stream: Callable[[], IO[str]]) -> None:
        super().__init__(open_stream)
        self.target = target
        self.first: str | None = None  # the first JSON document, until it is known whether there are several
        self.count = 0

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        self.count += 1
        if self.target == "json":
            self._add_json(outcome.trial)
        elif outcome.trial is not None:
            self._write(outcome.trial)
        return ()

    def close(self) -> None:
        if self.target == "json":
            self._end_json()
        super().close()

    def _write(self, trial: ParsedTrial) -> None:
        if self.target == "table":
            from critparse.exports.table import render
            from critparse.exports.terminal import show

            if self.count > 1:
                self.out.write("\n")
            show(render(trial), self.out)
            return
        for ending, content in export(trial, self.target).items():
            if self.target != "brat" or ending == ".ann":  # of brat's pair, the text is what was given
                self.out.write(content)

    def _add_json(self, trial: ParsedTrial | None) -> None:
        """An array when there are several records, readable or not, so that failures do not change the shape."""
        document = export(trial, "json")[".json"].rstrip() if trial is not None else None
        if self.count == 1:
            self.first = document
            return
        if self.count == 2:
            self.out.write("[\n")
            if self.first is not None:
                self.out.write(self.first)
        if document is not None:
            self.out.write((",\n" if self.first is not None else "") + document)
            self.first = document

    def _end_json(self) -> None:
        if self.count > 1:
            self.out.write("\n]\n")
        elif self.first is not None:
            self.out.write(self.first + "\n")


class Folder:
    """A file (or more, as the target has it) per record, named after the input or, of several in one, the trial."""

    def __init__(self, folder: Path, write: Write, sources: Sequence[Input], stem: str | None = None) -> None:
        self.folder = folder
        self.write = write
        self.stem = stem
        self.inputs = {source.path.resolve() for source in sources if source.path is not None}
        self.used: set[str] = set()

    def add(self, outcome: Outcome) -> Sequence[Omission]:
        if outcome.trial is None:
            return ()
        exported = self.write(outcome.trial)
        self.save(outcome, outcome.trial, exported.files)
        return exported.omissions

    def save(self, outcome: Outcome, trial: ParsedTrial, files: Mapping[str, str | bytes]) -> str:
        """Write the files of one record; the name they have before their endings.

        Raises:
            OutputError: one is an input, or cannot be written.
        """
        name = self._name(outcome, trial)
        for ending, content in files.items():
            path = self.folder / f"{name}{ending}"
            if path.resolve() in self.inputs:
                raise OutputError(where=path, reason="it is one of the inputs")
            with writing(path):
                self.folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encoded(content))
        return name

    def close(self) -> None:
        """Nothing stays open."""

    def _name(self, outcome: Outcome, trial: ParsedTrial) -> str:
        """A name no earlier record has; never one that leads out of the folder."""
        stem = self.stem or outcome.input.stem
        if outcome.several or _may_hold_many(outcome.input):
            stem = trial.trial_id or f"{stem}-{outcome.number}"
        stem = _UNFIT.sub("_", stem)[:_MAX_NAME].strip(".") or "record"
        name, copy = stem, 1
        while name.lower() in self.used:
            copy += 1
            name = f"{stem}-{copy}"
        self.used.add(name.lower())
        return name


def is_folder(path: str, sources: Sequence[Input], *, several: bool = False) -> bool:
    """Whether ``--output PATH`` means a folder: it is one, ends like one, or several files are to go to a bare name."""
    several = several or len(sources) > 1 or any(_may_hold_many(source) for source in sources)
    place = Path(path)
    bare = not place.suffix and not place.exists()  # /dev/null is no folder
    return place.is_dir() or path.endswith(("/", "\\")) or (several and bare)


def _may_hold_many(source: Input) -> bool:
    """Whether the input is a file of JSON lines, one record each, a packed one, or a whole data set."""
    return source.many or (source.path is not None and source.path.suffix.lower() in (*JSON_LINES, *PACKED))


def opened(path: Path, sources: Sequence[Input]) -> IO[str]:
    """The file to write to, emptied.

    Raises:
        OutputError: it is one of the inputs, or cannot be written.
    """
    refuse_input(path, sources)
    with writing(path):
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system says against writing there, as an error of ours.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(where=path, reason=(error.strerror or str(error)).lower()) from error


def encoded(content: str | bytes) -> bytes:
    """What goes into a file."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def refuse_input(path: Path, sources: Sequence[Input]) -> None:
    """Nothing, unless writing to the file would overwrite an input.

    Raises:
        OutputError: it would.
    """
    if any(source.path is not None and source.path.resolve() == path.resolve() for source in sources):
        raise OutputError(where=path, reason="it is one of the inputs")


def one_of(value: str, known: Sequence[str]) -> str:
    """The value of an option with a closed set of values.

    Raises:
        typer.BadParameter: it is none of them.
    """
    if value not in known:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}")
    return value
