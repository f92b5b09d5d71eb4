"""A set of ids that takes a bit an id: millions of concepts in a few megabytes."""

from __future__ import annotations

from collections.abc import Iterable

MAX_ID = 2**31 - 1  # OMOP's ids are 32-bit integers
_BITS = 16
_MASK = (1 << _BITS) - 1


class IdSet:
    """A set of integers from 0 to ``MAX_ID``; ids come in dense blocks, so a page is made where one is set."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._pages: dict[int, bytearray] = {}
        for id_ in ids:
            self.add(id_)

    def add(self, id_: int) -> None:
        """Put an id into the set."""
        page = self._pages.get(id_ >> _BITS)
        if page is None:
            page = self._pages[id_ >> _BITS] = bytearray(1 << (_BITS - 3))
        page[(id_ & _MASK) >> 3] |= 1 << (id_ & 7)

    def __contains__(self, id_: int) -> bool:
        page = self._pages.get(id_ >> _BITS)
        return page is not None and page[(id_ & _MASK) >> 3] >> (id_ & 7) & 1 == 1
