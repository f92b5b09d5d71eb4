"""Spans as tags of words and back: begin, inside, end, single, outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

OUTSIDE = 0
_PARTS = "BIES"


class TypedSpan(NamedTuple):
    """Words ``first`` to ``last`` (both belong to it) and the type of what they name."""

    first: int
    last: int
    type: str


class TagSet:
    """The tags for a list of types: ``O``, then ``B-``, ``I-``, ``E-`` and ``S-`` of each type."""

    def __init__(self, types: Sequence[str]) -> None:
        self.types = tuple(types)
        self._number = {type_: number for number, type_ in enumerate(self.types)}

    def __len__(self) -> int:
        return 1 + len(_PARTS) * len(self.types)

    def tag(self, part: str, type_: str) -> int:
        """The number of a tag."""
        return 1 + len(_PARTS) * self._number[type_] + _PARTS.index(part)

    def may_start(self, tag: int) -> bool:
        """Whether a text may begin with this tag."""
        return tag == OUTSIDE or self._part(tag) in "BS"

    def may_end(self, tag: int) -> bool:
        """Whether a text may end with this tag."""
        return tag == OUTSIDE or self._part(tag) in "ES"

    def may_follow(self, before: int, after: int) -> bool:
        """Whether ``after`` may come right after ``before``."""
        if self.may_end(before):
            return self.may_start(after)
        return not self.may_start(after) and self._type(before) == self._type(after)

    def encode(self, spans: Iterable[TypedSpan], words: int) -> list[int]:
        """One tag a word for spans that do not overlap."""
        tags = [OUTSIDE] * words
        for first, last, type_ in spans:
            if first == last:
                tags[first] = self.tag("S", type_)
                continue
            tags[first], tags[last] = self.tag("B", type_), self.tag("E", type_)
            tags[first + 1 : last] = [self.tag("I", type_)] * (last - first - 1)
        return tags

    def decode(self, tags: Sequence[int]) -> list[TypedSpan]:
        """The spans of a sequence of tags in which each follows from the one before."""
        spans = []
        first = 0
        for place, tag in enumerate(tags):
            if tag == OUTSIDE:
                continue
            if self._part(tag) in "BS":
                first = place
            if self._part(tag) in "ES":
                spans.append(TypedSpan(first, place, self.types[self._type(tag)]))
        return spans

    @staticmethod
    def _part(tag: int) -> str:
        return _PARTS[(tag - 1) % len(_PARTS)]

    @staticmethod
    def _type(tag: int) -> int:
        return (tag - 1) // len(_PARTS)
