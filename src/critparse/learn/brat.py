"""brat corpora: documents in a folder or a zip file, the folds they belong to, their mentions and relations."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from critparse.errors import InputError, InputNotFound, MalformedInput

FOLDS = 10
_ID_LENGTH = len("NCT00000000")


class Source(NamedTuple):
    """One document as it lies there. ``name`` begins with the trial's NCT id."""

    name: str
    text: str
    annotations: str


class Mention(NamedTuple):
    """A text-bound annotation: ``text[start:end]``; ``broken`` when it has gaps."""

    id: str
    type: str
    start: int
    end: int
    broken: bool
    text: str


class Link(NamedTuple):
    """A relation between two mentions, from the first to the second."""

    type: str
    first: str
    second: str


class Event(NamedTuple):
    """An event: its trigger's id, and (role without its number, id) of its arguments."""

    id: str
    type: str
    trigger: str
    arguments: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Annotations:
    """What a brat file says.

    ``groups``: relations among any number of mentions ("* OR T1 T2 T3"); ``attributes``: name, id, and value if any.
    """

    mentions: list[Mention] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    attributes: list[tuple[str, str, str | None]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    groups: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def fold_of(name: str) -> int:
    """The fold of a trial, from its NCT id."""
    return int(hashlib.sha256(name[:_ID_LENGTH].encode()).hexdigest(), 16) % FOLDS


def read_sources(corpus: Path) -> Iterator[Source]:
    """The documents of a corpus (a zip file, or a folder of folders of brat files), by name, line ends as they are.

    Raises:
        InputError: the corpus is not there, or not what it should be.
    """
    if not corpus.exists():
        raise InputNotFound(where=corpus)
    found = _from_zip(corpus) if corpus.is_file() else _from_folder(corpus)
    empty = True
    for source in found:
        empty = False
        yield source
    if empty:
        raise InputError(where=corpus, reason="it holds no NCT*.ann files with their texts")


def _from_folder(corpus: Path) -> Iterator[Source]:
    for path in sorted(corpus.glob("**/NCT*.ann")):
        text = path.with_suffix(".txt").read_bytes().decode("utf-8")
        yield Source(path.stem, text, path.read_bytes().decode("utf-8"))


def _from_zip(corpus: Path) -> Iterator[Source]:
    if not zipfile.is_zipfile(corpus):
        raise InputError(where=corpus, reason="it is neither a folder nor a zip file")
    with zipfile.ZipFile(corpus) as archive:
        for name in sorted(archive.namelist()):
            path = PurePosixPath(name)
            if path.match("NCT*.ann"):
                text = archive.read(str(path.with_suffix(".txt"))).decode("utf-8")
                yield Source(path.stem, text, archive.read(name).decode("utf-8"))


def read_annotations(source: Source) -> Annotations:
    """Mentions and relations of a document. Raises MalformedInput."""
    found = Annotations()
    for number, line in enumerate(source.annotations.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line:
            try:
                _add(found, line.split("\t"))
            except (ValueError, IndexError) as error:
                raise MalformedInput(
                    where=f"{source.name}.ann", format="brat", reason=f"line {number}: {error}"
                ) from error
    return found


def _add(found: Annotations, cells: list[str]) -> None:
    identifier = cells[0]
    if identifier.startswith("T"):
        type_, places = cells[1].split(" ", 1)
        numbers = [int(number) for number in re.split(r"[ ;]", places)]
        found.mentions.append(Mention(identifier, type_, numbers[0], numbers[-1], len(numbers) > 2, cells[2]))
    elif identifier.startswith("E"):
        (type_, trigger), *arguments = (part.split(":") for part in cells[1].split())
        roles = tuple((re.sub(r"\d+$", "", role), target) for role, target in arguments)
        found.events.append(Event(identifier, type_, trigger, roles))
    elif identifier.startswith("A"):
        name, target, *value = cells[1].split()
        found.attributes.append((name, target, value[0] if value else None))
    elif identifier.startswith("R"):
        type_, first, second = cells[1].split()
        found.links.append(Link(type_, first.split(":")[1], second.split(":")[1]))
    elif identifier == "*":
        type_, *members = cells[1].split()
        found.groups.append((type_, tuple(members)))
