"""Decoding a linear-chain conditional random field: the best tags, and how sure the model is of each span."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critparse.nlp.encoder.tags import TagSet, TypedSpan

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """Scores (natural logarithms) of tags following each other, of starting and of ending a text."""

    tags: TagSet
    transitions: Floats
    starts: Floats
    ends: Floats

    @functools.cached_property
    def _steps(self) -> Floats:
        return np.exp(self.transitions)

    def best(self, emissions: Floats) -> list[TypedSpan]:
        """The spans of the likeliest tags (Viterbi). ``emissions``: (words, tags)."""
        scores = np.empty(emissions.shape)
        scores[0] = self.starts + emissions[0]
        paths = np.empty(self.transitions.shape)
        for place in range(1, len(emissions)):
            np.add(scores[place - 1][:, None], self.transitions, out=paths)
            np.maximum.reduce(paths, axis=0, out=scores[place])
            scores[place] += emissions[place]
        tag = int((scores[-1] + self.ends).argmax())
        found = [tag]
        for before in scores[-2::-1]:
            tag = int((before + self.transitions[:, tag]).argmax())
            found.append(tag)
        return self.tags.decode(found[::-1])

    def probabilities(self, emissions: Floats, spans: Sequence[TypedSpan]) -> list[float]:
        """The probability of each span: of all tag sequences, the share (by weight) of those that contain it."""
        if not spans:
            return []
        forward, backward, total = self._sums(emissions)
        return [float(np.exp(self._path(emissions, span, forward, backward) - total)) for span in spans]

    def _sums(self, emissions: Floats) -> tuple[Floats, Floats, float]:
        """Logarithms of the weights of everything before and after each word, and of all there is.

        Weights are kept so that those of a word add up to 1, beside the logarithm of what they are short of.
        """
        scale = emissions.max(axis=1)
        said = np.exp(emissions - scale[:, None])
        count = len(emissions)
        forward, backward = np.empty(emissions.shape), np.empty(emissions.shape)
        before, after = np.empty(count), np.empty(count)
        weight, log = np.exp(self.starts) * said[0], float(scale[0])
        for place in range(count):
            if place:
                weight, log = (weight @ self._steps) * said[place], log + float(scale[place])
            sum_ = float(np.add.reduce(weight))
            weight, log = np.divide(weight, sum_, out=forward[place]), log + math.log(sum_)
            before[place] = log
        ends = np.exp(self.ends)
        total = log + math.log(float(weight @ ends))
        weight, log = ends, 0.0
        for place in range(count - 1, -1, -1):
            backward[place], after[place] = weight, log
            weight, log = self._steps @ (weight * said[place]), log + float(scale[place])
            sum_ = float(np.add.reduce(weight))
            weight, log = weight / sum_, log + math.log(sum_)
        with np.errstate(divide="ignore"):  # what cannot be has no weight
            return np.log(forward) + before[:, None], np.log(backward) + after[:, None], total

    def _path(self, emissions: Floats, span: TypedSpan, forward: Floats, backward: Floats) -> float:
        tags = self.tags.encode([TypedSpan(0, span.last - span.first, span.type)], span.last - span.first + 1)
        log = forward[span.first, tags[0]]
        for offset in range(1, len(tags)):
            log += self.transitions[tags[offset - 1], tags[offset]] + emissions[span.first + offset, tags[offset]]
        return float(log + backward[span.last, tags[-1]])
