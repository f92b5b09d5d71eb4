"""The recipe of a model, from corpora to files, in stages that each leave a file: a run that stops goes on there.

Stages: continued pretraining of the encoder on unlabelled text; teachers, one a seed; their labels, averaged, for text
that people labelled in another scheme or not at all; students that learn from both, and whose weights are averaged;
calibration; export.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from critparse.errors import InputError
from critparse.learn.calibration import calibrate
from critparse.learn.examples import (
    CHIA,
    CHIA_TYPES,
    LCT_INNER,
    LCT_OUTER,
    PROBLEMS,
    RELATIONS,
    Example,
    read_chia,
    read_lct_entities,
)
from critparse.learn.export import export
from critparse.learn.network import Network
from critparse.learn.pretraining import pretrain, rows_of_pieces, unlabelled_lines
from critparse.learn.smoothing import smoothed
from critparse.learn.swapping import Swapper
from critparse.learn.training import Average, Batch, Corpora, Plan, Sample, collate, prepare, train
from critparse.nlp.encoder.crf import Field
from critparse.nlp.encoder.tags import TagSet
from critparse.nlp.encoder.wordpiece import WordPiece
from critparse.nlp.encoder.words import split_words

Report = Callable[[str, int, int, float], None]
"""Told of progress: stage, step, steps in all, running mean of the loss."""

_MASK = "[MASK]"
_LABELLING_BATCH = 32
_READ = 400
"""Lines that are read to see how large the numbers inside a network become."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made.

    ``seed``: the chance with which every student begins; ``teachers`` and ``students``: a plan each; ``unlabelled``:
    how many lines of records the students get; ``outside``: what is added to the score of belonging to no entity,
    because networks with averaged weights name too much.
    """

    name: str = "critparse-eligibility"
    version: str = "1"
    train_folds: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9)
    calibration_fold: int = 1
    pretraining_epochs: int = 2
    pretraining_rate: float = 4e-4
    seed: int = 1
    windows: int = 1
    encoder_dropout: float = 0.1
    teachers: tuple[Plan, ...] = ()
    unlabelled: int = 0
    students: tuple[Plan, ...] = (Plan(),)
    outside: float = 0.0

    @classmethod
    def read(cls, file: Path) -> Recipe:
        """A recipe from a JSON file. Raises InputError."""
        try:
            stated = json.loads(file.read_text(encoding="utf-8"))
            for plans in {"teachers", "students"} & set(stated):
                stated[plans] = tuple(Plan(**plan) for plan in stated[plans])
            stated["train_folds"] = tuple(stated.get("train_folds", range(2, 10)))
            return cls(**stated)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise InputError(where=file, reason=f"it is no recipe of a model ({error})") from error

    def written(self) -> dict[str, Any]:
        """The recipe as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Material:
    """Where the corpora lie; ``encoder``: a folder with the encoder to start from; ``registry``: unlabelled records."""

    chia: Path
    lct: Path
    registry: Path | None
    encoder: Path


class Workshop:
    """Carries a recipe out in a folder."""

    def __init__(self, recipe: Recipe, material: Material, folder: Path, report: Report) -> None:
        self.recipe, self.material, self.folder, self.report = recipe, material, folder, report
        folder.mkdir(parents=True, exist_ok=True)
        self._claim(folder / "recipe.json")
        vocabulary = material.encoder / "vocab.txt"
        try:
            self.vocabulary = vocabulary.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise InputError(where=vocabulary, reason=(error.strerror or str(error)).lower()) from error
        self.wordpiece = WordPiece(self.vocabulary)
        self.chia = read_chia(material.chia, recipe.train_folds)
        self.lct = read_lct_entities(material.lct, recipe.train_folds)
        kinds = {name: sorted({s.type for e in self.lct for s in e.layers[name]}) for name in (LCT_OUTER, LCT_INNER)}
        self.layers = {CHIA: TagSet(CHIA_TYPES), **{name: TagSet(types) for name, types in kinds.items()}}
        self.types = {type_: number for number, type_ in enumerate(CHIA_TYPES)}

    def make(self, output: Path) -> None:
        """All stages; the model's files end up in ``output``."""
        encoder = self._pretrained()
        names = [f"student-{number}" for number, _ in enumerate(self.recipe.students, 1)]
        extra = [] if all(self._file(name).exists() for name in names) else self._taught(encoder)
        students = [
            self._trained(name, plan, self.recipe.seed, encoder, extra)
            for name, plan in zip(names, self.recipe.students, strict=True)
        ]
        self._write(self.averaged(students), output)

    @torch.no_grad()
    def averaged(self, students: Sequence[Network]) -> Network:
        """One network with the mean of their weights, which names a little less. All began as the same network."""
        states = [student.state_dict() for student in students]
        made = self.network(self.recipe.seed)
        made.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
        made.emissions[CHIA].bias[0] += self.recipe.outside
        made.eval()
        return made

    def _taught(self, encoder: Mapping[str, Any] | None) -> list[Example]:
        """Lines without labels; these and all others have the teachers' labels where people gave none."""
        teachers = [
            self._trained(f"teacher-{number}", plan, plan.seed, encoder)
            for number, plan in enumerate(self.recipe.teachers, 1)
        ]
        if not teachers:
            return []
        extra = self._unlabelled()
        self._label([*self.chia, *self.lct, *extra], teachers)
        return extra

    def _write(self, student: Network, output: Path) -> None:
        config = {
            "name": self.recipe.name,
            "version": self.recipe.version,
            "entities": CHIA,
            "types": CHIA_TYPES,
            "relations": RELATIONS,
            "problems": PROBLEMS,
            "calibration": (1.0, 0.0),
        }
        lines = random.Random(self.recipe.seed).sample(self.chia, min(_READ, len(self.chia)))  # noqa: S311  no secret
        export(smoothed(student, self._prepared(lines)), self.layers, config, self.vocabulary, output)
        calibrate(output, read_chia(self.material.chia, (self.recipe.calibration_fold,)))
        (output / "training.json").write_text(json.dumps(self.recipe.written(), indent=1) + "\n", encoding="utf-8")

    def _claim(self, file: Path) -> None:
        """Note whose stages the folder holds; those of another recipe are not mixed with this one's."""
        stated = json.dumps(self.recipe.written(), indent=1)
        if file.exists() and file.read_text(encoding="utf-8") != stated:
            raise InputError(where=file.parent, reason="it holds the stages of another recipe")
        file.write_text(stated, encoding="utf-8")

    def _file(self, stage: str) -> Path:
        return self.folder / f"{stage}.pt"

    def _encoder(self) -> Any:
        from transformers import BertModel
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # loading takes no time
        dropout = self.recipe.encoder_dropout
        return BertModel.from_pretrained(
            self.material.encoder,
            add_pooling_layer=False,
            attn_implementation="eager",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
        )

    def _pretrained(self) -> Mapping[str, Any] | None:
        """The encoder's weights after continued pretraining; ``None`` where the recipe has none."""
        if not self.recipe.pretraining_epochs:
            return None
        file = self._file("encoder")
        if not file.exists():
            rows = rows_of_pieces(self._lines(), self.wordpiece)
            encoder = self._encoder()
            for step, steps, loss in pretrain(
                encoder,
                rows,
                self.wordpiece,
                self.vocabulary.index(_MASK),
                epochs=self.recipe.pretraining_epochs,
                rate=self.recipe.pretraining_rate,
                seed=self.recipe.seed,
            ):
                self.report("pretraining", step, steps, loss)
            _save(encoder.state_dict(), file)
        weights: Mapping[str, Any] = torch.load(file, weights_only=True)
        return weights

    def _lines(self) -> Iterator[str]:
        return unlabelled_lines(
            self.material.registry, (self.material.chia, self.material.lct), self.recipe.train_folds
        )

    def network(self, seed: int) -> Network:
        """A network before any training, its new parts by chance from the seed."""
        torch.manual_seed(seed)
        return Network(
            self._encoder(), self.layers, len(CHIA_TYPES), len(RELATIONS), len(PROBLEMS), windows=self.recipe.windows
        )

    def _trained(
        self, name: str, plan: Plan, seed: int, encoder: Mapping[str, Any] | None, extra: Sequence[Example] = ()
    ) -> Network:
        """The network of a seed after its plan, with the moving average of its weights."""
        network = self.network(seed)
        file = self._file(name)
        if not file.exists():
            if encoder is not None:
                network.encoder.load_state_dict(encoder)
            corpora = self._corpora(extra, plan.swapped)
            average = Average(network, plan.average)
            hidden = self.vocabulary.index(_MASK)
            for progress in train(network, corpora, plan, average, hidden, self.folder / f"{name}.checkpoint"):
                self.report(name, progress.step, progress.steps, progress.loss)
            _save(average.weights, file)
        network.load_state_dict(torch.load(file, weights_only=True))
        network.eval()
        return network

    def _corpora(self, extra: Sequence[Example], swapped: float) -> Corpora:
        """The samples of an epoch: Chia's are drawn anew for each where entities are exchanged."""
        swapper = Swapper(self.chia)
        chia, *others = (self._prepared(examples) for examples in (self.chia, self.lct, extra) if examples)

        def drawn(order: random.Random) -> Sequence[Sequence[Sample]]:
            made = [swapper.swapped(example, swapped, order) for example in self.chia] if swapped else []
            return [self._prepared(made) or chia, *others]

        return drawn

    def _prepared(self, examples: Sequence[Example]) -> list[Sample]:
        return [prepare(example, self.wordpiece, self.layers, self.types) for example in examples]

    def _unlabelled(self) -> list[Example]:
        """Lines of registry records that no corpus has, as many as the recipe asks for."""
        known = {example.text.strip() for example in (*self.chia, *self.lct)}
        lines = sorted({line.strip() for line in self._lines()} - known)
        random.Random(self.recipe.seed).shuffle(lines)  # noqa: S311  no secret
        made = [Example("", 0, line, split_words(line)) for line in lines if _fit_to_learn(line)]
        return made[: self.recipe.unlabelled]

    @torch.no_grad()
    def _label(self, examples: Sequence[Example], teachers: Sequence[Network]) -> None:
        """Give every example the layers it lacks, as the teachers on average see them."""
        fields = {name: self._average_field(name, teachers) for name in self.layers}
        order = sorted(examples, key=lambda example: len(example.words))
        for first in range(0, len(order), _LABELLING_BATCH):
            rows = order[first : first + _LABELLING_BATCH]
            batch = collate(self._prepared(rows))
            emissions = self._average_emissions(batch, teachers)
            for row, (example, sample) in enumerate(zip(rows, batch.samples, strict=True)):
                for name, field_ in fields.items():
                    if name not in example.layers:
                        example.layers[name] = field_.best(emissions[name][row, : len(sample.firsts)])
            self.report("labelling", min(first + _LABELLING_BATCH, len(order)), len(order), 0.0)

    def _average_field(self, name: str, teachers: Sequence[Network]) -> Field:
        scores = [[part.double().numpy() for part in teacher.fields[name].scores()] for teacher in teachers]
        return Field(self.layers[name], *(np.mean(parts, axis=0) for parts in zip(*scores, strict=True)))

    def _average_emissions(self, batch: Batch, teachers: Sequence[Network]) -> dict[str, Any]:
        said: dict[str, list[Any]] = {name: [] for name in self.layers}
        for teacher in teachers:
            words, _ = teacher.words(batch.pieces, batch.mask, batch.names, batch.firsts, batch.shapes)
            for name, found in said.items():
                found.append(teacher.emissions[name](words).double().numpy())
        return {name: np.mean(found, axis=0) for name, found in said.items()}


def _fit_to_learn(line: str) -> bool:
    """Whether a line of a registry record is long enough to say something and short enough for one criterion."""
    words = line.split()
    return 3 <= len(words) <= 60


def _save(weights: Mapping[str, Any], file: Path) -> None:
    partial = file.with_suffix(".partial")
    torch.save(dict(weights), partial)
    partial.replace(file)
