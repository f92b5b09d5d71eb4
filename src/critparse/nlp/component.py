"""What the spaCy components of critparse have in common: streams, serialisation without state, contained errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from critparse.errors import CritparseError
from critparse.nlp.annotations import ERRORS

if TYPE_CHECKING:
    from spacy.tokens import Doc


class Component:
    """A pipeline component that holds nothing but its name, so it pickles and has nothing to save.

    A subclass fills in :meth:`annotate`. An exception there marks its Doc (``errors_of``) and spares the others:
    spaCy would abort the run or drop the Doc. critparse's own errors (a missing data file) concern every Doc and pass.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def annotate(self, doc: Doc) -> None:
        """Write this component's findings into ``doc``."""
        raise NotImplementedError

    def __call__(self, doc: Doc) -> Doc:
        try:
            self.annotate(doc)
        except CritparseError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other documents go on
            failed = [*doc.user_data.get(ERRORS, ()), [self.name, f"{type(error).__name__}: {error}"]]
            doc.user_data[ERRORS] = failed
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of Docs one by one: nothing here gains from batches, whatever ``batch_size`` is."""
        for doc in stream:
            yield self(doc)

    def to_disk(self, _path: str | Path, **_: Any) -> None:
        return None

    def from_disk(self, _path: str | Path, **_: Any) -> Self:
        return self

    def to_bytes(self, **_: Any) -> bytes:
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> Self:
        return self
