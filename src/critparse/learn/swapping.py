"""Annotated lines with other entities in the same places, so that a network learns the places and not only the names.

"History of myocardial infarction" becomes "History of gout": whatever people annotated around it still holds.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from critparse.learn.examples import CHIA, Example, Place, flat
from critparse.nlp.encoder.words import split_words

TYPES = ("Condition", "Drug", "Procedure", "Measurement", "Device")
"""Types whose names are many and whose places are alike; what others say hangs together with the words around them."""


class _Exchange(NamedTuple):
    """``text[start:end]`` and what is to stand there."""

    start: int
    end: int
    new: str


class Swapper:
    """Exchanges entities for others of the same type that some examples have, each wording as likely as another."""

    def __init__(self, examples: Iterable[Example]) -> None:
        wordings: dict[str, set[str]] = {type_: set() for type_ in TYPES}
        for example in examples:
            for place in example.places:
                if place.type in wordings:
                    wordings[place.type].add(example.text[place.start : place.end])
        self._wordings = {type_: sorted(found) for type_, found in wordings.items() if found}

    def swapped(self, example: Example, share: float, order: random.Random) -> Example:
        """The example with this share of its entities exchanged, those without others inside or across them."""
        chosen = [place for place in example.places if place.type in self._wordings and order.random() < share]
        exchanges = sorted(
            _Exchange(place.start, place.end, order.choice(self._wordings[place.type]))
            for place in chosen
            if _whole(place, example.places)
        )
        if not exchanges:
            return example
        text = _exchanged(example.text, exchanges)
        places = [
            Place(_moved(place.start, exchanges), _moved(place.end, exchanges), place.type) for place in example.places
        ]
        made = replace(example, text=text, words=split_words(text), places=places)
        made.layers = {CHIA: flat(made, places)}
        return made


def _whole(place: Place, places: Sequence[Place]) -> bool:
    """Whether every other place lies outside this one, or has more than the whole of it."""
    others = [other for other in places if other is not place and other.start < place.end and place.start < other.end]
    return all(other.start <= place.start and place.end <= other.end and other[:2] != place[:2] for other in others)


def _exchanged(text: str, exchanges: Sequence[_Exchange]) -> str:
    parts, at = [], 0
    for start, end, new in exchanges:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _moved(position: int, exchanges: Sequence[_Exchange]) -> int:
    """Where a position that is not inside an exchange is afterwards."""
    return position + sum(len(new) - (end - start) for start, end, new in exchanges if end <= position)
