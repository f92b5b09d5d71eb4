"""Records and documents by their digests: kept once, compressed, never changed. So documents can be remembered."""

from __future__ import annotations

import hashlib
import zlib

from sqlalchemy import text
from sqlalchemy.orm import Session

from critparse.errors import NotFound
from critparse.review.events import Digest
from critparse.review.remembered import Remembered
from critparse.review.store.tables import Blob
from critparse.schema import ParsedTrial

_KEEP = text("INSERT INTO blob (digest, data) VALUES (:digest, :data) ON CONFLICT DO NOTHING")
_REMEMBERED = 10_000_000
"""Bytes of documents; read, they take about ten times as much memory."""


def packed(document: ParsedTrial) -> bytes:
    """A document as it is kept."""
    return document.model_dump_json().encode()


def digest_of(data: bytes) -> Digest:
    """What bytes are known by."""
    return hashlib.sha256(data).hexdigest()


def keep(session: Session, blobs: tuple[bytes, ...]) -> None:
    """Keep some bytes, each once."""
    for data in blobs:
        session.execute(_KEEP, {"digest": digest_of(data), "data": zlib.compress(data, 6)})


def blob(session: Session, digest: Digest) -> bytes:
    """The bytes of a digest.

    Raises:
        NotFound: there are none.
    """
    found = session.get(Blob, digest)
    if found is None:
        raise NotFound(what=f"document {digest}")
    return zlib.decompress(found.data)


class Documents:
    """The documents that were used last, read. Safe for many threads; nobody may change what it hands out."""

    def __init__(self) -> None:
        self._read: Remembered[Digest, ParsedTrial] = Remembered(_REMEMBERED)

    def known(self, digest: Digest) -> ParsedTrial | None:
        """The document of a digest, if it is among them."""
        return self._read.get(digest)

    def get(self, session: Session, digest: Digest) -> ParsedTrial:
        """The document of a digest.

        Raises:
            NotFound: there is none.
        """
        known = self.known(digest)
        if known is not None:
            return known
        data = blob(session, digest)
        return self._read.put(digest, ParsedTrial.model_validate_json(data), len(data))
