"""Decoding a linear-chain conditional random field: the best tags, and how sure the model is of each span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critparse.nlp.encoder.tags import TagSet, TypedSpan

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Field:
    """Scores (natural logarithms) of tags following each other, of starting and of ending a text."""

    tags: TagSet
    transitions: Floats
    starts: Floats
    ends: Floats

    def best(self, emissions: Floats) -> list[TypedSpan]:
        """The spans of the likeliest tags (Viterbi). ``emissions``: (words, tags)."""
        score = self.starts + emissions[0]
        steps = np.empty(emissions.shape, dtype=np.int64)
        columns = np.arange(len(self.tags))
        for place in range(1, len(emissions)):
            paths = score[:, None] + self.transitions
            steps[place] = paths.argmax(axis=0)
            score = paths[steps[place], columns] + emissions[place]
        tag = int((score + self.ends).argmax())
        found = [tag]
        for place in range(len(emissions) - 1, 0, -1):
            tag = int(steps[place, tag])
            found.append(tag)
        return self.tags.decode(found[::-1])

    def probabilities(self, emissions: Floats, spans: Sequence[TypedSpan]) -> list[float]:
        """The probability of each span: of all tag sequences, the share (by weight) of those that contain it."""
        forward, backward, total = self._sums(emissions)
        return [float(np.exp(self._path(emissions, span, forward, backward) - total)) for span in spans]

    def _sums(self, emissions: Floats) -> tuple[Floats, Floats, float]:
        """Logarithms of the weights of everything before and after each word, and of all there is."""
        steps = np.exp(self.transitions)
        said = np.exp(emissions - emissions.max(axis=1, keepdims=True))
        scale = emissions.max(axis=1)
        forward, backward = np.empty(emissions.shape), np.empty(emissions.shape)
        weight, log = np.exp(self.starts) * said[0], scale[0]
        for place in range(len(emissions)):
            if place:
                weight, log = (weight @ steps) * said[place], log + scale[place]
            sum_ = weight.sum()
            weight, log = weight / sum_, log + np.log(sum_)
            with np.errstate(divide="ignore"):
                forward[place] = np.log(weight) + log
        weight, log = np.exp(self.ends), 0.0
        total = float(forward[-1].max() + np.log(np.exp(forward[-1] - forward[-1].max()) @ weight))
        for place in range(len(emissions) - 1, -1, -1):
            with np.errstate(divide="ignore"):
                backward[place] = np.log(weight) + log
            weight, log = steps @ (weight * said[place]), log + scale[place]
            sum_ = weight.sum()
            weight, log = weight / sum_, log + np.log(sum_)
        return forward, backward, total

    def _path(self, emissions: Floats, span: TypedSpan, forward: Floats, backward: Floats) -> float:
        tags = self.tags.encode([TypedSpan(0, span.last - span.first, span.type)], span.last - span.first + 1)
        log = forward[span.first, tags[0]]
        for offset in range(1, len(tags)):
            log += self.transitions[tags[offset - 1], tags[offset]] + emissions[span.first + offset, tags[offset]]
        return float(log + backward[span.last, tags[-1]])
