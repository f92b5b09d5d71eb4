"""From a trained network to the files that critparse reads: ONNX with 8-bit weights, the small heads, the config."""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from critparse.learn.network import Network
from critparse.nlp.encoder.model import CONFIG, HEADS, VOCABULARY, WEIGHTS
from critparse.nlp.encoder.tags import TagSet

_OPSET = 17


class _Graph(nn.Module):
    """The network as one text at a time sees it: no padding, no mask; tag scores, projections and problems out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pieces: Tensor, names: Tensor, firsts: Tensor, shapes: Tensor) -> tuple[Tensor, ...]:
        words, line = self.network.words(pieces, None, names, firsts, shapes)
        emissions = [head(words)[0] for head in self.network.emissions.values()]
        return (*emissions, self.network.ends(words)[0], self.network.problems(line)[0])


def export(
    network: Network, layers: Mapping[str, TagSet], config: Mapping[str, Any], vocabulary: Sequence[str], folder: Path
) -> None:
    """Write the model's files into a folder. ``config``: what the ``Model`` that reads them needs besides."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary) / "plain.onnx"
        _to_onnx(network, list(layers), plain)
        _quantise(plain, folder / WEIGHTS)
    arrays = {}
    for name in layers:
        for part, scores in zip(("transitions", "starts", "ends"), network.fields[name].scores(), strict=True):
            arrays[f"{name}.{part}"] = scores.detach().numpy().astype(np.float32)
    for name, tensor in network.relations.state_dict().items():
        arrays[f"relations.{name}"] = tensor.numpy().astype(np.float32)
    np.savez_compressed(folder / HEADS, **arrays)
    (folder / VOCABULARY).write_text("".join(f"{piece}\n" for piece in vocabulary), encoding="utf-8")
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, HEADS, VOCABULARY)}
    whole = {**config, "layers": {name: tags.types for name, tags in layers.items()}, "sha256": files}
    (folder / CONFIG).write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def _to_onnx(network: Network, layers: Sequence[str], file: Path) -> None:
    graph = _Graph(network).eval()
    none = torch.zeros((1, 8), dtype=torch.long)
    example = (none + 1, none, torch.arange(1, 7)[None], none[:, :6])
    with warnings.catch_warnings():
        # The exporter by tracing: the graph has no control flow, and the newer one needs a further package.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)  # of reversed slices, which stay as they are
        torch.onnx.export(
            graph,
            example,
            str(file),
            dynamo=False,
            opset_version=_OPSET,
            input_names=["pieces", "names", "firsts", "shapes"],
            output_names=[*layers, "ends", "problems"],
            dynamic_axes={
                "pieces": {1: "pieces"},
                "names": {1: "pieces"},
                "firsts": {1: "words"},
                "shapes": {1: "words"},
                **{name: {0: "words"} for name in (*layers, "ends")},
            },
        )


def _quantise(plain: Path, file: Path) -> None:
    """Weights of 7 bits in 8, with a scale for each column; ranges of activations are taken from each text at run time.

    The eighth bit would make sums of products overflow on processors without instructions for them, and it reads no
    better on those that have them.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        plain,
        file,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
    )
