"""Scores that mean something: of the entities with a score of 0.8, four in five are annotated just so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from critparse.learn.examples import Example
from critparse.learn.scoring import Found, flatten
from critparse.nlp.encoder.model import CONFIG, Model

_STEPS = 100
_PRIOR = 1.0  # how many observations the scores as they are are worth
_UNCHANGED = np.array([1.0, 0.0])


def calibrate(folder: Path, examples: Sequence[Example]) -> None:
    """Fit slope and shift of the scores' log-odds on annotated lines (Platt's method) and write them to the config."""
    logits, right = scored(Model(folder), examples)
    slope, shift = fit(logits, right)
    file = folder / CONFIG
    config = json.loads(file.read_text(encoding="utf-8"))
    config["calibration"] = [round(slope, 4), round(shift, 4)]
    file.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    Model.forget()


def scored(model: Model, examples: Sequence[Example]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log-odds of the scores of all entities the model finds, and whether each is annotated just so."""
    scores, right = [], []
    for example in examples:
        gold = flatten(Found(*place) for place in example.places)
        for entity in model.read(example.text).entities:
            scores.append(entity.score)
            right.append(Found(*entity[:3]) in gold)
    chances = np.clip(np.array(scores), 1e-4, 1 - 1e-4)
    return np.log(chances / (1 - chances)), np.array(right, dtype=np.float64)


def fit(logits: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and shift that make the log-odds likeliest (Newton's method, with short steps)."""
    features = np.stack([logits, np.ones_like(logits)], axis=1)
    weights = _UNCHANGED
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (right - chances) - _PRIOR * (weights - _UNCHANGED)
        curvature = (features * (chances * (1 - chances))[:, None]).T @ features + _PRIOR * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step / max(1.0, np.abs(step).max())  # short steps: a long one may overshoot for good
    return float(weights[0]), float(weights[1])


def calibration_error(scores: NDArray[np.float64], right: NDArray[np.float64], bins: int = 10) -> float:
    """The mean distance between score and share of right ones, over bins of equal width, weighted by their size."""
    where = np.minimum((scores * bins).astype(np.int64), bins - 1)
    error = 0.0
    for number in range(bins):
        inside = where == number
        if inside.any():
            error += inside.mean() * abs(scores[inside].mean() - right[inside].mean())
    return float(error)
