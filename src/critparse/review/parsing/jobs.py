"""What the processes are asked to do. Requests and answers are plain values: they go through a pipe."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from critparse.errors import CritparseError
from critparse.review.edits import Piece
from critparse.review.events import SourceKind
from critparse.schema import ParsedTrial

if TYPE_CHECKING:
    from critparse.documents import LoadedParser


class Source(NamedTuple):
    """A record as it came: ``text`` is the text itself, ``json`` an object, ``bytes`` the content of a file.

    Half of a surrogate pair is no character and becomes "?".
    """

    data: bytes
    kind: SourceKind
    format: str = "auto"

    @classmethod
    def of(cls, given: str | bytes | Mapping[str, Any], format: str = "auto") -> Source:
        """The source that a caller hands over."""
        if isinstance(given, bytes):
            return cls(given, "bytes", format)
        if isinstance(given, str):
            return cls(given.encode("utf-8", "replace"), "text", format)
        return cls(json.dumps(given, ensure_ascii=False).encode("utf-8", "replace"), "json", format)

    def value(self) -> str | bytes | Any:
        """What :func:`critparse.parse` takes."""
        match self.kind:
            case "text":
                return self.data.decode("utf-8")
            case "json":
                return json.loads(self.data)
            case "bytes":
                return self.data


class Options(NamedTuple):
    """How records are read, for the life of the server."""

    model: bool = True
    vocab: str | None = None
    max_bytes: int = 10_000_000


class Split(NamedTuple):
    """The records of a source, each as a source of its own, or the error in its place; at most ``most``."""

    source: Source
    most: int

    def run(self, options: Options) -> list[Source | CritparseError]:
        """See the class."""
        from itertools import islice

        from critparse.sources import open_items

        given, most = self.source, options.max_bytes
        _, records = open_items(given.value(), format=given.format, max_bytes=most)
        items = [content for _, content in islice(records, self.most)]
        if len(items) == 1 and not isinstance(items[0], CritparseError):
            return [given]
        return [one if isinstance(one, CritparseError) else Source.of(_plain(one), given.format) for one in items]


class Parse(NamedTuple):
    """The document of a record, with findings, as JSON."""

    source: Source

    def run(self, options: Options) -> bytes:
        """See the class."""
        from critparse.sources import read

        record = read(self.source.value(), format=self.source.format, max_bytes=options.max_bytes)
        return loaded(options)(record).model_dump_json().encode()


class Check(NamedTuple):
    """A document (JSON) with the findings that it has now."""

    document: bytes

    def run(self, options: Options) -> bytes:
        """See the class."""
        from critparse.checks import run

        trial = ParsedTrial.model_validate_json(self.document)
        return trial.model_copy(update={"findings": run(trial)}).model_dump_json().encode()


class Read(NamedTuple):
    """Criteria (JSON) that are read by themselves: the words of some pieces."""

    words: tuple[tuple[str, Piece], ...]

    def run(self, options: Options) -> list[bytes]:
        """See the class."""
        parser = loaded(options)
        return [parser.criterion(words, piece.kind).model_dump_json().encode() for words, piece in self.words]


class Export(NamedTuple):
    """A document (JSON) in a standard: files by ending, and what could not be said."""

    document: bytes
    to: str

    def run(self, options: Options) -> tuple[dict[str, str | bytes], list[tuple[str, str, str, str]]]:
        """See the class."""
        from critparse.exports import export_to

        exported = export_to(ParsedTrial.model_validate_json(self.document), self.to)
        return dict(exported.files), [tuple(one) for one in exported.omissions]  # type: ignore[misc]


Job = Split | Parse | Check | Read | Export


class Ready(NamedTuple):
    """Load everything: what comes next is quick. The answer is the parser, as documents cite it."""

    def run(self, options: Options) -> str:
        """See the class."""
        return loaded(options).info.cited


Run = Callable[[Options], Any]


@functools.cache
def loaded(options: Options) -> LoadedParser:
    """What reads records in this process; loaded when first asked for.

    Raises:
        ResourceError, VocabularyError: it cannot be.
    """
    from critparse.documents import DocumentParser

    return DocumentParser(model=options.model, vocab=options.vocab).load()


def _plain(content: str | Mapping[str, Any] | ET.Element) -> str | bytes | Mapping[str, Any]:
    return ET.tostring(content, encoding="utf-8") if isinstance(content, ET.Element) else content
