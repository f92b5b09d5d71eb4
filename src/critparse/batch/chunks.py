"""Records of a stream, numbered and cut into chunks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from critparse.errors import CritparseError
from critparse.sources.containers import Content, Item


class BatchItem(NamedTuple):
    """A record as it was split from its source, unread. ``ordinal``: its number in the whole input, from 0."""

    ordinal: int
    source: str
    content: Content | CritparseError
    format: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records that are worked on, written and gone on with together. Numbers begin at 0."""

    number: int
    items: tuple[BatchItem, ...]

    def digest(self) -> str:
        """SHA-256 of all that the chunk's rows depend on: places, formats and contents of the records."""
        total = hashlib.sha256()
        for item in self.items:
            for part in (item.source, item.format, _canonical(item.content)):
                data = part.encode("utf-8", "surrogatepass")
                total.update(f"{len(data)}:".encode())
                total.update(data)
        return total.hexdigest()


def cut(items: Iterable[tuple[str, Item]], size: int) -> Iterator[Chunk]:
    """Chunks of ``size`` records; the last one may have fewer."""
    numbered = (BatchItem(ordinal, *item, reader) for ordinal, (reader, item) in enumerate(items))
    number = 0
    while chunk := tuple(islice(numbered, size)):
        yield Chunk(number, chunk)
        number += 1


def _canonical(content: Content | CritparseError) -> str:
    if isinstance(content, str):
        return f"text {content}"
    if isinstance(content, Mapping):
        return f"fields {json.dumps(content, default=str)}"
    if isinstance(content, Element):
        return f"element {tostring(content, encoding='unicode')}"
    return f"error {content.code} {content}"
