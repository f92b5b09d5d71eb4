"""Making a network easy to write in 8 bits, without changing what it says.

Some inputs of a linear layer are a hundred times as large as others; one scale for all of them, as 8-bit arithmetic has
it, leaves the small ones few steps. So each input is divided by a number of its own and its weights are multiplied by
the same: products stay, extremes are shared (Xiao et al., SmoothQuant, arXiv:2211.10438).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from critparse.learn.network import Network
from critparse.learn.training import Sample, collate

_TOWARDS_WEIGHTS = 0.75
"""How much of the inputs' extremes is moved into the weights: of 0.4 to 1.0 it kept the tag scores nearest."""
_LEAST = 1e-5


class Smoothed(nn.Module):
    """A linear layer whose inputs are scaled first."""

    def __init__(self, linear: nn.Linear, scale: Tensor) -> None:
        super().__init__()
        self.linear = linear
        self.register_buffer("inverse", 1 / scale)
        with torch.no_grad():
            linear.weight.mul_(scale)

    def forward(self, input: Tensor) -> Tensor:
        scaled: Tensor = self.linear(input * self.inverse)
        return scaled


@torch.no_grad()
def smoothed(network: Network, samples: Sequence[Sample]) -> Network:
    """A copy of the network with its encoder smoothed by what passes through it when it reads the samples."""
    made = copy.deepcopy(network)
    made.eval()
    groups = list(_groups(made))
    highest = [torch.zeros(layers[0].in_features) for _, _, layers in groups]

    def note(number: int, given: Tensor) -> None:
        highest[number] = torch.maximum(highest[number], given.abs().amax((0, 1)))

    hooks = [
        layers[0].register_forward_pre_hook(lambda _, given, number=number: note(number, given[0]))
        for number, (_, _, layers) in enumerate(groups)
    ]
    for sample in samples:
        batch = collate([sample])
        made.words(batch.pieces, None, batch.names, batch.firsts, batch.shapes)
    for hook in hooks:
        hook.remove()
    for (parent, names, layers), inputs in zip(groups, highest, strict=True):
        scale = _scale(inputs, torch.stack([layer.weight.abs().amax(0) for layer in layers]).amax(0))
        for name, layer in zip(names, layers, strict=True):
            setattr(parent, name, Smoothed(layer, scale))
    return made


def _groups(network: Network) -> Iterator[tuple[nn.Module, tuple[str, ...], tuple[nn.Linear, ...]]]:
    """The encoder's linear layers that share their inputs: where they are, their names there, and they themselves."""
    for layer in network.encoder.encoder.layer:
        attention = layer.attention.self
        yield attention, ("query", "key", "value"), (attention.query, attention.key, attention.value)
        for part in (layer.intermediate, layer.output):
            yield part, ("dense",), (part.dense,)


def _scale(inputs: Tensor, weights: Tensor) -> Tensor:
    """By what each input is divided; 1 in the geometric mean."""
    found = inputs.clamp(min=_LEAST) ** _TOWARDS_WEIGHTS / weights.clamp(min=_LEAST) ** (1 - _TOWARDS_WEIGHTS)
    return found / found.log().mean().exp()
