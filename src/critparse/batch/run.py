"""A batch from its input to its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from critparse import extras
from critparse.batch.chunks import Chunk, cut
from critparse.batch.folder import write_files
from critparse.batch.limits import Limits
from critparse.batch.local import Engine
from critparse.batch.manifest import Entry, Manifest, entry_of
from critparse.batch.process import Result
from critparse.documents import DocumentParser
from critparse.errors import BatchChanged
from critparse.sources.streams import Meter, Stream, all_items

CHUNK_SIZE = 500
"""Records in a chunk: about 6,500 criteria, a minute of work."""


class Watcher:
    """Is told how a batch goes on; this one takes no notice."""

    def begun(self, ordinal: int) -> None:
        """Work on a record has begun."""

    def kept(self, records: int) -> None:
        """So many records were written by an earlier run, and are passed over."""

    def done(self, result: Result, total: float | None) -> None:
        """A chunk is written; the whole input has about ``total`` records."""

    def tick(self) -> None:
        """Nothing has happened for a second."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the rows of a batch depend on besides its input; only a run with the same can go on with another."""

    parser: DocumentParser = field(default_factory=DocumentParser)
    limits: Limits = field(default_factory=Limits)
    chunk_size: int = CHUNK_SIZE
    format: str = "auto"

    def header(self, streams: Sequence[Stream]) -> dict[str, Any]:
        """The first line of the manifest.

        Raises:
            MissingExtra: pyarrow is not installed. VocabularyError, ResourceError: what the parser needs is not there.
        """
        from critparse.concepts.vocabularies import resolve
        from critparse.parser import parser_info

        vocabulary = resolve(self.parser.vocab) if self.parser.vocab else None
        info = parser_info(model=self.parser.model, vocabulary=vocabulary)
        meta = repr(sorted(getattr(vocabulary, "meta", {}).items()))
        return {
            "critparse": info.version,
            "model": info.model,
            "vocabulary": info.vocabulary,
            "vocabulary_digest": hashlib.sha256(meta.encode()).hexdigest() if vocabulary else None,
            "pyarrow": extras.pyarrow("critparse batch").__version__,
            "chunk_size": self.chunk_size,
            "seconds_per_record": self.limits.seconds,
            "megabytes_per_worker": self.limits.megabytes,
            "input_format": self.format,
            "inputs": [stream.name for stream in streams],
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in the folder. ``kept``: records of an earlier run among ``records``."""

    folder: Path
    records: int
    kept: int
    rows: dict[str, int]
    errors: dict[str, int]


def run(
    streams: Sequence[Stream],
    folder: Path,
    engine: Engine,
    *,
    watcher: Watcher = Watcher(),  # noqa: B008  it has no state
    configuration: Configuration = Configuration(),
    restart: bool = False,
) -> Summary:
    """Parse all records into the tables of ``folder``; go on where an earlier run stopped, unless ``restart``.

    Raises:
        BatchChanged: an earlier run had another configuration, or other records.
        BatchBusy: another run is writing there.
        OutputError: nothing can be written.
        InputError: an input as a whole cannot be read.
        WorkersFailed: workers die without a record to blame.
    """
    header = configuration.header(streams)
    meter = Meter()
    with Manifest(folder, header, restart=restart) as manifest:
        kept = manifest.records
        batch = _Batch(manifest, watcher.kept)
        chunks = cut(all_items(streams, meter), configuration.chunk_size)
        for result in engine.run(batch.unfinished(chunks), watcher.begun):
            if result is None:
                watcher.tick()
            else:
                batch.add(result)
                watcher.done(result, meter.total)
        manifest.finish()
        return Summary(folder, manifest.records, kept, manifest.rows, manifest.errors)


class _Batch:
    """Results, which come in any order, are written as they come, and entered into the manifest in their order."""

    def __init__(self, manifest: Manifest, kept: Callable[[int], None]) -> None:
        self._manifest, self._kept = manifest, kept
        self._digests: dict[int, str] = {}
        self._waiting: dict[int, Entry] = {}

    def unfinished(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks that no earlier run has written; of those that one has, the records have to be the same.

        Raises:
            BatchChanged: they are not.
        """
        written = tuple(self._manifest.entries)
        if written:
            self._kept(sum(entry.records for entry in written))
        number = -1
        for number, chunk in enumerate(chunks):
            digest = chunk.digest()
            if number >= len(written):
                self._digests[number] = digest
                yield chunk
            elif digest != written[number].input:
                first = chunk.items[0]
                reason = f"the input is another from record {first.ordinal} on ({first.source})"
                raise BatchChanged(where=self._manifest.folder, reason=reason)
        if number + 1 < len(written):
            reason = f"the input has fewer records than were written ({self._manifest.records})"
            raise BatchChanged(where=self._manifest.folder, reason=reason)

    def add(self, result: Result) -> None:
        """Write a result. Raises OutputError."""
        write_files(self._manifest.folder, result.number, result.files)
        digests = {table: hashlib.sha256(content).hexdigest() for table, content in result.files.items()}
        counts = {"records": result.records, "rows": result.rows, "errors": result.errors}
        self._waiting[result.number] = entry_of(result.number, self._digests.pop(result.number), digests, counts)
        while (entry := self._waiting.pop(len(self._manifest.entries), None)) is not None:
            self._manifest.add(entry)
