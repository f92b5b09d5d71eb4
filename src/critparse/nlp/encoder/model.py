"""The trained model: entities, relations and hints of a text, from the files in ``models/``.

Every text is run by itself: the weights are quantised with ranges taken from the input at hand, so a batch would let a
text's neighbours change what is read in it.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from critparse.errors import ResourceError
from critparse.nlp.annotations import EntityAnnotation, ModelAnnotation, RelationAnnotation
from critparse.nlp.encoder.crf import Field
from critparse.nlp.encoder.names import Named, name_numbers, names_in
from critparse.nlp.encoder.relations import RelationScorer
from critparse.nlp.encoder.tags import TagSet, TypedSpan
from critparse.nlp.encoder.wordpiece import WordPiece
from critparse.nlp.encoder.words import Word, span_of, split_words

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CONFIG, WEIGHTS, HEADS, VOCABULARY = "config.json", "encoder.onnx", "heads.npz", "vocab.txt"
_NEEDED = frozenset(
    ("name", "version", "entities", "types", "layers", "relations", "problems", "calibration", "sha256")
)
_MOST_WORDS = 160
_MOST_PIECES = 500
_SENTENCE_ENDS = frozenset(".;:")


class Output(NamedTuple):
    """What the network says of a chunk: scores of tags (words, tags) for each layer, projections, hints."""

    emissions: dict[str, NDArray[np.float32]]
    ends: NDArray[np.float32]
    problems: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """The model in one folder. Raises ResourceError where a file of it is missing or damaged."""

    folder: Path

    @property
    def name(self) -> str:
        """The model's name and version, as documents cite it."""
        config = self._parts().config
        return f"{config['name']} {config['version']}"

    def read(self, text: str, names: Sequence[Named] | None = None) -> ModelAnnotation:
        """Entities, relations and hints of a text. ``names``: what the dictionary found in it, if it was asked."""
        parts = self._parts()
        entities: list[EntityAnnotation] = []
        relations: list[RelationAnnotation] = []
        hints: dict[str, float] = {}
        for words, numbers in _chunks(text, names):
            output = self.output(words, numbers)
            spans, scores = parts.decode(output)
            offset = len(entities)
            entities.extend(
                EntityAnnotation(words[span.first].start, words[span.last].end, span.type, score)
                for span, score in zip(spans, scores, strict=True)
            )
            relations.extend(
                RelationAnnotation(type_, offset + first, offset + second, score)
                for type_, first, second, score in parts.relations.read(output.ends, spans)
            )
            for problem, score in zip(parts.problems, _sigmoid(output.problems.astype(np.float64)), strict=True):
                hints[problem] = max(hints.get(problem, 0.0), round(float(score), 4))
        return ModelAnnotation(tuple(entities), tuple(relations), tuple(hints.items()))

    def layers(self, text: str, layers: Sequence[str]) -> list[EntityAnnotation]:
        """What other layers of the model name in a text (layers of tags trained beside that of :meth:`read`)."""
        fields = self._parts().fields
        found: list[EntityAnnotation] = []
        for words, numbers in _chunks(text):
            emissions = self.output(words, numbers).emissions
            for name in layers:
                found.extend(
                    EntityAnnotation(words[span.first].start, words[span.last].end, span.type, 1.0)
                    for span in fields[name].best(emissions[name].astype(np.float64))
                )
        return found

    def relate(self, text: str, entities: Sequence[tuple[int, int, str]]) -> list[RelationAnnotation]:
        """The relations among entities that are given (start, end, label; in order of position), not found."""
        relations: list[RelationAnnotation] = []
        offset = 0
        for words, numbers in _chunks(text):
            until = words[-1].end
            within = [entity for entity in entities[offset:] if entity[0] < until]
            spans = [span_of(words, *entity) for entity in within]
            found = self._parts().relations.read(self.output(words, numbers).ends, spans)
            relations.extend(RelationAnnotation(type_, offset + a, offset + b, score) for type_, a, b, score in found)
            offset += len(within)
        return relations

    def output(self, words: Sequence[Word], numbers: Sequence[int]) -> Output:
        """Run the network over a chunk of words; ``numbers``: which of them are dictionary names."""
        parts = self._parts()
        pieces, firsts = [parts.wordpiece.start], []
        for word in words:
            firsts.append(min(len(pieces), _MOST_PIECES))
            pieces.extend(parts.wordpiece.pieces(word.text))
        pieces = [*pieces[:_MOST_PIECES], parts.wordpiece.end]
        named = np.zeros((1, len(pieces)), dtype=np.int64)
        named[0, firsts] = numbers
        named[0, -1] = 0  # a word beyond the encoder's reach stands at the end sign
        inputs = {
            "pieces": np.array([pieces], dtype=np.int64),
            "firsts": np.array([firsts], dtype=np.int64),
            "names": named,
            "shapes": np.array([[word.shape for word in words]], dtype=np.int64),
        }
        *layers, ends, problems = _session(self.folder, os.getpid()).run(None, inputs)
        return Output(dict(zip(parts.fields, layers, strict=True)), ends, problems)

    @staticmethod
    def forget() -> None:
        """Let the files be read anew: they have changed."""
        for cached in (_parts, _session, _config):
            cached.cache_clear()

    def _parts(self) -> _Parts:
        return _parts(self.folder)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything but the encoder."""

    config: dict[str, Any]
    wordpiece: WordPiece
    fields: dict[str, Field]
    relations: RelationScorer
    problems: tuple[str, ...]

    def decode(self, output: Output) -> tuple[list[TypedSpan], list[float]]:
        """The entities of a chunk with their calibrated scores."""
        layer = self.config["entities"]
        field, emissions = self.fields[layer], output.emissions[layer].astype(np.float64)
        spans = field.best(emissions)
        slope, shift = self.config["calibration"]
        raw = np.clip(np.array(field.probabilities(emissions, spans)), 1e-6, 1 - 1e-6)
        scores = _sigmoid(slope * np.log(raw / (1 - raw)) + shift)
        return spans, [round(float(score), 4) for score in scores]


@functools.cache
def _parts(folder: Path) -> _Parts:
    config = _config(folder)
    vocabulary = _whole(folder, VOCABULARY).decode("utf-8").splitlines()
    with np.load(io.BytesIO(_whole(folder, HEADS)), allow_pickle=False) as arrays:
        weights = {name: arrays[name] for name in arrays.files}
    fields = {}
    for name, types in config["layers"].items():
        scores = (weights[f"{name}.{part}"].astype(np.float64) for part in ("transitions", "starts", "ends"))
        fields[name] = Field(TagSet(types), *scores)
    relations = RelationScorer(tuple(config["types"]), tuple(config["relations"]), weights)
    return _Parts(config, WordPiece(vocabulary), fields, relations, tuple(config["problems"]))


@functools.cache
def _session(folder: Path, _process: int) -> InferenceSession:
    """The encoder's session; one a process, because a session does not survive a fork."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(_whole(folder, WEIGHTS), options, providers=["CPUExecutionProvider"])


@functools.cache
def _config(folder: Path) -> dict[str, Any]:
    file = folder / CONFIG
    try:
        config = json.loads(_read(file))
        missing = _NEEDED - set(config)
    except (ValueError, TypeError) as error:
        raise ResourceError(file=file, reason=f"damaged ({error})") from error
    if missing:
        raise ResourceError(file=file, reason=f"it does not say: {', '.join(sorted(missing))}")
    found: dict[str, Any] = config
    return found


def _whole(folder: Path, name: str) -> bytes:
    """The bytes of a file of the model, as they were when it was made."""
    data = _read(folder / name)
    if hashlib.sha256(data).hexdigest() != _config(folder)["sha256"].get(name):
        raise ResourceError(file=folder / name, reason=f"damaged (not the file that {CONFIG} describes)")
    return data


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ResourceError(file=file, reason=(error.strerror or str(error)).lower()) from error


def _chunks(text: str, names: Sequence[Named] | None = None) -> Iterator[tuple[Sequence[Word], Sequence[int]]]:
    """The words in stretches that the encoder can hold, cut after a sentence where there is one, and their names."""
    words = split_words(text)
    numbers = name_numbers(words, names_in(text) if names is None else names)
    start = 0
    while start < len(words):
        end = min(len(words), start + _MOST_WORDS)
        if end < len(words):
            cut = next((i for i in range(end - 1, start + _MOST_WORDS // 2, -1) if words[i].text in _SENTENCE_ENDS), 0)
            end = cut + 1 if cut else end
        yield words[start:end], numbers[start:end]
        start = end


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-values))
