"""How well the model's hints about a criterion's problems agree with the labels of Chia's annotators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from critparse.learn.examples import PROBLEMS, read_chia
from critparse.nlp.encoder.model import Model

_CUTS = (0.3, 0.5)


def score_problems(corpus: Path, folds: Iterable[int], model: Model) -> dict[str, Any]:
    """For each problem: how many lines have it, average precision, and precision and recall from a score on."""
    examples = read_chia(corpus, folds)
    hints = [dict(model.read(example.text).hints) for example in examples]
    return {
        problem: _figures(
            [(found[problem], problem in example.problems) for found, example in zip(hints, examples, strict=True)]
        )
        for problem in PROBLEMS
    }


def _figures(scored: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    gold = sum(marked for _, marked in scored)
    right, total = 0, 0.0
    for rank, (_, marked) in enumerate(sorted(scored, key=lambda pair: -pair[0]), 1):
        if marked:
            right += 1
            total += right / rank
    figures: dict[str, Any] = {"gold": gold, "average_precision": round(total / gold, 3) if gold else None}
    for cut in _CUTS:
        said = [marked for score, marked in scored if score >= cut]
        figures[f"at {cut}"] = {
            "said": len(said),
            "precision": round(sum(said) / len(said), 3) if said else None,
            "recall": round(sum(said) / gold, 3) if gold else None,
        }
    return figures
