"""Training the network on annotated lines: seeded, resumable, with a moving average of the weights."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from critparse.learn.examples import PROBLEMS, RELATIONS, Example
from critparse.learn.network import Network, parameter_groups
from critparse.nlp.encoder.geometry import pair_classes
from critparse.nlp.encoder.names import name_numbers, names_in
from critparse.nlp.encoder.relations import SYMMETRIC
from critparse.nlp.encoder.tags import TagSet, TypedSpan
from critparse.nlp.encoder.wordpiece import WordPiece

_LOG = logging.getLogger(__name__)
_MOST_PIECES = 320
_BUCKET_BATCHES = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    ``until``: the epoch to stop after, while the learning rate falls as if all were to come; ``batch_pieces``: pieces
    in a batch; ``average``: how much of the moving average of the weights stays at each step; ``masked``: the share
    of pieces that are hidden at each step, ``unnamed``: the share of words whose dictionary name is, both by chance;
    ``swapped``: the share of Chia's entities that are exchanged for others of their type, by chance in each epoch.
    """

    epochs: int = 5
    until: int | None = None
    seed: int = 1
    rate: float = 1.5e-4
    layer_decay: float = 0.85
    warm_up: float = 0.08
    batch_pieces: int = 800
    average: float = 0.998
    relation_weight: float = 0.5
    problem_weight: float = 0.1
    train_embeddings: bool = False
    masked: float = 0.0
    unnamed: float = 0.0
    swapped: float = 0.0


class Sample(NamedTuple):
    """An example as numbers."""

    pieces: list[int]
    names: list[int]
    firsts: list[int]
    shapes: list[int]
    tags: dict[str, list[int]]
    spans: list[tuple[int, int, int]]
    links: list[tuple[int, int, int]]
    problems: list[float]
    related: bool


def prepare(example: Example, wordpiece: WordPiece, layers: Mapping[str, TagSet], types: Mapping[str, int]) -> Sample:
    """An example as numbers; a line longer than the encoder's reach loses its end."""
    pieces, names, firsts = [wordpiece.start], [0], []
    for word, number in zip(example.words, name_numbers(example.words, names_in(example.text)), strict=True):
        found = wordpiece.pieces(word.text)
        if len(pieces) + len(found) >= _MOST_PIECES:
            break
        firsts.append(len(pieces))
        pieces.extend(found)
        names.extend((number, *(0 for _ in found[1:])))
    pieces.append(wordpiece.end)
    names.append(0)
    count = len(firsts)
    spans = [example.span(place) for place in example.places] if example.related else []
    inside = [span.last < count for span in spans]
    links = [
        (link.first, link.second, 1 + RELATIONS.index(link.type))
        for link in example.links
        if inside[link.first] and inside[link.second]
    ]
    return Sample(
        pieces=pieces,
        names=names,
        firsts=firsts,
        shapes=[word.shape for word in example.words[:count]],
        tags={
            name: layers[name].encode([span for span in found if span.last < count], count)
            for name, found in example.layers.items()
        },
        spans=[(min(span.first, count - 1), min(span.last, count - 1), types[span.type]) for span in spans],
        links=links,
        problems=[float(problem in example.problems) for problem in PROBLEMS],
        related=example.related,
    )


class Batch(NamedTuple):
    """Samples of one corpus, padded."""

    samples: Sequence[Sample]
    pieces: Tensor
    mask: Tensor
    names: Tensor
    firsts: Tensor
    shapes: Tensor
    words: Tensor


def collate(samples: Sequence[Sample]) -> Batch:
    """Pad samples to a batch."""
    pieces = torch.zeros((len(samples), max(len(s.pieces) for s in samples)), dtype=torch.long)
    firsts = torch.zeros((len(samples), max(len(s.firsts) for s in samples)), dtype=torch.long)
    mask, names = torch.zeros_like(pieces), torch.zeros_like(pieces)
    words, shapes = torch.zeros_like(firsts), torch.zeros_like(firsts)
    for row, sample in enumerate(samples):
        pieces[row, : len(sample.pieces)] = torch.tensor(sample.pieces)
        mask[row, : len(sample.pieces)] = 1
        names[row, : len(sample.pieces)] = torch.tensor(sample.names)
        firsts[row, : len(sample.firsts)] = torch.tensor(sample.firsts)
        shapes[row, : len(sample.firsts)] = torch.tensor(sample.shapes)
        words[row, : len(sample.firsts)] = 1
    return Batch(samples, pieces, mask, names, firsts, shapes, words.bool())


def disturbed(batch: Batch, plan: Plan, hidden: int) -> Batch:
    """The batch with some of its pieces replaced by the piece ``hidden`` and some names taken away, by chance."""
    inner = batch.mask.bool()
    inner[:, 0] = False  # start and end signs stay
    inner[torch.arange(len(inner)), batch.mask.sum(dim=1) - 1] = False
    masked = (torch.rand(batch.pieces.shape) < plan.masked) & inner
    unnamed = torch.rand(batch.names.shape) < plan.unnamed
    return batch._replace(pieces=batch.pieces.masked_fill(masked, hidden), names=batch.names.masked_fill(unnamed, 0))


def batches(corpora: Sequence[Sequence[Sample]], size: int, order: random.Random) -> list[list[Sample]]:
    """All samples in batches of one corpus and of similar length, in random order."""
    found: list[list[Sample]] = []
    for corpus in corpora:
        shuffled = list(corpus)
        order.shuffle(shuffled)
        bucket = max(1, _BUCKET_BATCHES * size // 30)
        for first in range(0, len(shuffled), bucket):
            rows: list[Sample] = []
            for sample in sorted(shuffled[first : first + bucket], key=lambda s: len(s.pieces)):
                if rows and (len(rows) + 1) * len(sample.pieces) > size:
                    found.append(rows)
                    rows = []
                rows.append(sample)
            found.append(rows)
    order.shuffle(found)
    return found


def loss_of(network: Network, batch: Batch, plan: Plan) -> Tensor:
    """The loss of a batch, a word's share: entities, relations and problems together."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        words, line = network.words(batch.pieces, batch.mask, batch.names, batch.firsts, batch.shapes)
    count = batch.words.sum()
    words = words.float()
    loss = torch.zeros(())
    for name in batch.samples[0].tags:
        tags = torch.zeros_like(batch.firsts)
        for row, sample in enumerate(batch.samples):
            tags[row, : len(sample.firsts)] = torch.tensor(sample.tags[name])
        loss = loss + network.fields[name].loss(network.emissions[name](words), tags, batch.words) / count
    if batch.samples[0].related:
        loss = loss + plan.relation_weight * _relation_loss(network, words, batch.samples) / count
        problems = torch.tensor([sample.problems for sample in batch.samples])
        said = network.problems(line.float())
        loss = loss + plan.problem_weight * nn.functional.binary_cross_entropy_with_logits(said, problems)
    return loss


def _relation_loss(network: Network, words: Tensor, samples: Sequence[Sample]) -> Tensor:
    ends = network.ends(words)
    loss = torch.zeros(())
    for row, sample in enumerate(samples):
        if len(sample.spans) < 2:
            continue
        distance, between = pair_classes([TypedSpan(a, b, "") for a, b, _ in sample.spans])
        scores = network.relations(
            ends[row], torch.tensor(sample.spans), torch.from_numpy(distance), torch.from_numpy(between)
        )
        gold = torch.zeros(scores.shape[:2], dtype=torch.long)
        for first, second, relation in sample.links:
            gold[first, second] = relation
            if RELATIONS[relation - 1] == SYMMETRIC:
                gold[second, first] = relation
        every = ~torch.eye(len(sample.spans), dtype=torch.bool)
        loss = loss + nn.functional.cross_entropy(scores[every], gold[every], reduction="sum")
    return loss


class Average:
    """A moving average of a network's weights."""

    def __init__(self, network: nn.Module, stays: float) -> None:
        self.stays = stays
        self.steps = 0
        self.weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take a step towards the network's weights, longer ones in the beginning."""
        self.steps += 1
        stays = min(self.stays, self.steps / (self.steps + 10))
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                self.weights[name].lerp_(tensor, 1 - stays)


class Progress(NamedTuple):
    """Where training is: ``step`` of ``steps``, the running mean of the loss; ``epoch`` when one has just ended."""

    step: int
    steps: int
    loss: float
    epoch: int | None


Corpora = Callable[[random.Random], Sequence[Sequence[Sample]]]
"""The samples of an epoch, by corpus."""


def train(
    network: Network,
    corpora: Corpora,
    plan: Plan,
    average: Average,
    hidden: int,
    checkpoint: Path | None = None,
) -> Iterator[Progress]:
    """Train in place. ``hidden``: the piece that stands for hidden ones.

    With a ``checkpoint`` (a file) that exists, goes on after the last whole epoch in it.
    """
    torch.manual_seed(plan.seed)
    order = random.Random(plan.seed)  # noqa: S311  no secret
    groups = parameter_groups(network, plan.rate, plan.layer_decay, train_embeddings=plan.train_embeddings)
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    epochs = [batches(corpora(order), plan.batch_pieces, order) for _ in range(plan.epochs)]
    steps = sum(map(len, epochs))
    warm = max(1, int(plan.warm_up * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / max(1, steps - warm)))
    )
    parameters = [parameter for group in groups for parameter in group["params"]]
    state = _Resume(network, optimizer, schedule, average)
    done = state.load(checkpoint)
    step, mean = sum(map(len, epochs[:done])), math.nan
    for epoch, rows in enumerate(epochs[done : plan.until], done + 1):
        network.train()
        for number, samples in enumerate(rows, 1):
            loss = loss_of(network, disturbed(collate(samples), plan, hidden), plan)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            average.update(network)
            step += 1
            mean = loss.item() if math.isnan(mean) else 0.98 * mean + 0.02 * loss.item()
            if number < len(rows):
                yield Progress(step, steps, mean, None)
        state.save(checkpoint, epoch)
        yield Progress(step, steps, mean, epoch)


class _Resume:
    """Everything that a later run needs to go on as if it had never stopped."""

    def __init__(self, network: Network, optimizer: Any, schedule: Any, average: Average) -> None:
        self.parts = (network, optimizer, schedule)
        self.average = average

    def save(self, checkpoint: Path | None, epoch: int) -> None:
        if checkpoint is None:
            return
        state = {
            "epoch": epoch,
            "parts": [part.state_dict() for part in self.parts],
            "average": (self.average.weights, self.average.steps),
            "random": torch.get_rng_state(),
        }
        partial = checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(checkpoint)

    def load(self, checkpoint: Path | None) -> int:
        if checkpoint is None or not checkpoint.exists():
            return 0
        state = torch.load(checkpoint, weights_only=True)
        for part, saved in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(saved)
        self.average.weights, self.average.steps = state["average"]
        torch.set_rng_state(state["random"])
        return int(state["epoch"])
