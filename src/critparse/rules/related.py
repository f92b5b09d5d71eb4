"""What the trained model's relations tie together, in terms of statements."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from critparse.nlp.annotations import EntityAnnotation
from critparse.rules.draft import Draft, TokenRange
from critparse.rules.state import Reading

SURE = 0.5
"""From this score on a relation, or an entity at its end, is believed."""


def tied(reading: Reading, relation: str, first: int, last: int) -> list[Draft]:
    """The statements whose subject the model ties by ``relation`` to something in the tokens ``[first, last)``."""
    if reading.model is None:
        return []
    owners = [
        tokens_of(reading, reading.model.entities[link.first])
        for link in reading.model.relations
        if link.type == relation
        and link.score >= SURE
        and _overlap(tokens_of(reading, reading.model.entities[link.second]), (first, last))
    ]
    return [draft for draft in reading.drafts if any(_about(draft, owner) for owner in owners)]


def named(reading: Reading, label: str) -> Iterator[TokenRange]:
    """The tokens of the entities that the model gives this label."""
    for entity in reading.model.entities if reading.model else ():
        if entity.label == label and entity.score >= SURE:
            yield tokens_of(reading, entity)


def tokens_of(reading: Reading, entity: EntityAnnotation) -> TokenRange:
    """The tokens an entity stands in."""
    tokens = reading.tokens
    return bisect_left(tokens.ends, entity.start + 1), bisect_left(tokens.starts, entity.end)


def _about(draft: Draft, where: TokenRange) -> bool:
    return any(_overlap(subject, where) for subject in draft.subject_tokens)


def _overlap(one: TokenRange, other: TokenRange) -> bool:
    return one[0] < other[1] and other[0] < one[1]
