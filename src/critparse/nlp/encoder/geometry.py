"""How far apart two entities of a line are, as the relation head is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from critparse.nlp.encoder.tags import TypedSpan

DISTANCES = 12
_NEAR = 6


def pair_classes(spans: Sequence[TypedSpan]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Classes (n, n) of the distance in words (with its direction) and of the number of entities between.

    Distances up to six words have a class each; farther ones share a class for each doubling.
    """
    first = np.array([span.first for span in spans], dtype=np.int64)
    last = np.array([span.last for span in spans], dtype=np.int64)
    after = first[None, :] - last[:, None]
    before = first[:, None] - last[None, :]
    apart = np.where(after > 0, after, np.where(before > 0, before, 0))
    classes = np.where(apart <= _NEAR, apart, _NEAR + np.ceil(np.log2(np.maximum(apart, 1) / _NEAR))).astype(np.int64)
    classes = np.minimum(classes, DISTANCES)
    distance = np.where(after > 0, DISTANCES + classes, DISTANCES - classes)
    rank = np.empty(len(spans), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(spans))
    between = np.minimum(np.abs(rank[:, None] - rank[None, :]), DISTANCES - 1)
    return distance, between
