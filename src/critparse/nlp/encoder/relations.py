"""Relations between the entities of a text, scored pair by pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from critparse.nlp.encoder.geometry import pair_classes
from critparse.nlp.encoder.tags import TypedSpan

Floats = NDArray[np.float32]
SYMMETRIC = "OR"
"""The relation without direction."""
_MOST_ENTITIES = 120


class RelationScorer:
    """The relation head of the network in numpy. ``weights``: its arrays, by the names they were trained under."""

    def __init__(self, types: tuple[str, ...], relations: tuple[str, ...], weights: Mapping[str, Floats]) -> None:
        self.relations = relations
        self._types = {type_: number for number, type_ in enumerate(types)}
        self._weights = {name.removeprefix("relations."): array for name, array in weights.items()}

    def read(self, ends: Floats, spans: Sequence[TypedSpan]) -> Iterator[tuple[str, int, int, float]]:
        """Relation, first and second entity (by number), and score, for the pairs that are related.

        ``ends``: the words as the network projects them for this head. A relation without direction is given once,
        from the entity that comes first.
        """
        spans = spans[:_MOST_ENTITIES]  # pairs grow with the square
        if len(spans) < 2:
            return
        chances = self._chances(ends, spans)
        if SYMMETRIC in self.relations:
            number = 1 + self.relations.index(SYMMETRIC)
            chances[:, :, number] = (chances[:, :, number] + chances[:, :, number].T) / 2
        best = chances.argmax(axis=2)
        np.fill_diagonal(best, 0)
        for first, second in np.argwhere(best).tolist():
            relation = self.relations[best[first, second] - 1]
            if relation != SYMMETRIC or first < second:
                yield relation, first, second, round(float(chances[first, second, best[first, second]]), 4)

    def _chances(self, ends: Floats, spans: Sequence[TypedSpan]) -> Floats:
        weights = self._weights
        first, last = [span.first for span in spans], [span.last for span in spans]
        types = [self._types[span.type] for span in spans]
        first_word, first_last, second_word, second_last = np.split(ends, 4, axis=1)
        one = np.maximum(first_word[first] + first_last[last] + weights["first_type.weight"][types], 0)
        other = np.maximum(second_word[first] + second_last[last] + weights["second_type.weight"][types], 0)
        scores = ((one @ weights["bilinear"]) @ other.T).transpose(1, 2, 0)
        scores += (one @ weights["first_linear.weight"].T + weights["first_linear.bias"])[:, None]
        scores += (other @ weights["second_linear.weight"].T + weights["second_linear.bias"])[None]
        distance, between = pair_classes(spans)
        scores += weights["distance.weight"][distance] + weights["between.weight"][between]
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        chances: Floats = scores / scores.sum(axis=2, keepdims=True)
        return chances
