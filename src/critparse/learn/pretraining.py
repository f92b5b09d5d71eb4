"""Continued masked-language training of the encoder on unlabelled eligibility text."""

from __future__ import annotations

import gzip
import json
import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from critparse.learn.brat import fold_of, read_sources
from critparse.nlp.encoder.wordpiece import WordPiece
from critparse.nlp.encoder.words import split_words

_LOG = logging.getLogger(__name__)
_PIECES_A_ROW = 126
_MASKED, _KEPT, _CHANGED = 0.15, 0.1, 0.1
_IGNORED = -100
_FIRST_WORD = 1000  # in BERT's vocabulary: what comes before are signs and unused places


def unlabelled_lines(registry: Path | None, corpora: Sequence[Path], folds: Iterable[int]) -> Iterator[str]:
    """Lines of eligibility text from registry records and corpora, without the trials of other folds."""
    wanted = set(folds)
    for corpus in corpora:
        for source in read_sources(corpus):
            if fold_of(source.name) in wanted:
                yield from source.text.splitlines()
    if registry is not None:
        with gzip.open(registry, "rt", encoding="utf-8") as stream:
            for line in stream:
                record = json.loads(line)
                if fold_of(record["id"]) in wanted and isinstance(record["criteria"], str):
                    yield from record["criteria"].replace("~", "\n").splitlines()


def rows_of_pieces(lines: Iterable[str], wordpiece: WordPiece) -> list[list[int]]:
    """The lines, each once, put one after the other into rows of about equal length."""
    rows: list[list[int]] = []
    row: list[int] = []
    for line in dict.fromkeys(line.strip() for line in lines):
        for word in split_words(line):
            pieces = wordpiece.pieces(word.text)
            if len(row) + len(pieces) > _PIECES_A_ROW:
                rows.append(row)
                row = []
            row.extend(pieces)
        row.append(wordpiece.end)
    return [*rows, row]


class MaskedLanguageHead(nn.Module):
    """Guesses pieces from the encoder's vectors; shares its weights with the encoder's embeddings."""

    def __init__(self, embeddings: nn.Embedding) -> None:
        super().__init__()
        width = embeddings.embedding_dim
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.embeddings = [embeddings]  # in a list: not a parameter of this module a second time
        self.bias = nn.Parameter(torch.zeros(embeddings.num_embeddings))

    def forward(self, vectors: Tensor) -> Tensor:
        return nn.functional.linear(self.transform(vectors), self.embeddings[0].weight, self.bias)


def mask(rows: Tensor, special: Tensor, mask_piece: int, vocabulary: int) -> tuple[Tensor, Tensor]:
    """The rows with some pieces hidden, and the hidden pieces (ignored elsewhere)."""
    chosen = (torch.rand(rows.shape) < _MASKED) & ~special
    labels = torch.where(chosen, rows, _IGNORED)
    fate = torch.rand(rows.shape)
    hidden = torch.where(chosen & (fate >= _KEPT + _CHANGED), mask_piece, rows)
    changed = chosen & (fate < _CHANGED)
    return torch.where(changed, torch.randint_like(rows, min(_FIRST_WORD, vocabulary - 1), vocabulary), hidden), labels


def pretrain(  # noqa: PLR0913
    encoder: Any,
    rows: Sequence[Sequence[int]],
    wordpiece: WordPiece,
    mask_piece: int,
    *,
    epochs: int,
    rate: float,
    seed: int,
    rows_a_batch: int = 12,
) -> Iterator[tuple[int, int, float]]:
    """Train ``encoder`` in place; yields step, steps in all, and a running mean of the loss."""
    torch.manual_seed(seed)
    order = random.Random(seed)  # noqa: S311  no secret
    embeddings = encoder.embeddings.word_embeddings
    head = MaskedLanguageHead(embeddings)
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    steps = epochs * (len(rows) // rows_a_batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=rate, total_steps=steps + 1, pct_start=0.06, anneal_strategy="linear", cycle_momentum=False
    )
    encoder.train()
    step, mean = 0, 0.0
    for _ in range(epochs):
        shuffled = list(rows)
        order.shuffle(shuffled)
        for first in range(0, len(shuffled) - rows_a_batch + 1, rows_a_batch):
            loss = _step(encoder, head, shuffled[first : first + rows_a_batch], wordpiece, mask_piece)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            step += 1
            mean = loss.item() if step == 1 else 0.98 * mean + 0.02 * loss.item()
            yield step, steps, mean


def _step(encoder: Any, head: nn.Module, batch: Sequence[Sequence[int]], wordpiece: WordPiece, hide: int) -> Tensor:
    longest = max(map(len, batch)) + 2
    rows = torch.zeros((len(batch), longest), dtype=torch.long)
    for place, row in enumerate(batch):
        rows[place, : len(row) + 2] = torch.tensor([wordpiece.start, *row, wordpiece.end])
    special = (rows == 0) | (rows == wordpiece.start) | (rows == wordpiece.end)
    masked, labels = mask(rows, special, hide, head.bias.shape[0])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        vectors = encoder(input_ids=masked, attention_mask=(rows != 0).long()).last_hidden_state
        logits = head(vectors[labels != _IGNORED])
    return nn.functional.cross_entropy(logits.float(), labels[labels != _IGNORED])
