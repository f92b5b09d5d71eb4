"""Training, with an encoder small enough to train in seconds: seeded, resumable, exported as it was trained."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]: make test-train")
pytest.importorskip("transformers", reason="training needs the extra [train]: make test-train")

from transformers import BertConfig, BertModel  # noqa: E402

from critparse.cli import main  # noqa: E402
from critparse.errors import InputError  # noqa: E402
from critparse.learn.crf import ConditionalRandomField  # noqa: E402
from critparse.learn.examples import CHIA, LCT_OUTER, read_chia  # noqa: E402
from critparse.learn.pretraining import mask, rows_of_pieces  # noqa: E402
from critparse.learn.recipe import Material, Recipe, Workshop  # noqa: E402
from critparse.learn.smoothing import Smoothed, smoothed  # noqa: E402
from critparse.learn.training import Average, Plan, batches, collate, disturbed, train  # noqa: E402
from critparse.nlp.encoder.crf import Field  # noqa: E402
from critparse.nlp.encoder.model import Model  # noqa: E402
from critparse.nlp.encoder.names import name_numbers, names_in  # noqa: E402
from critparse.nlp.encoder.tags import TagSet, TypedSpan  # noqa: E402

WORDS = ("asthma", "eczema", "gout", "severe", "mild", "no", "aspirin", "insulin", "and", "or", "of", "history", "than")
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, ".", ",", *"0123456789", "≥", "<")
TRIALS = [f"NCT0000{number:04}" for number in range(30)]  # enough for every fold
FOLDS = tuple(range(10))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Small corpora of one habit each, and an encoder of two layers with weights by chance."""
    folder = tmp_path_factory.mktemp("material")
    sentences = [f"history of {a} or {b}." for a, b in (("asthma", "gout"), ("eczema", "asthma"), ("gout", "eczema"))]
    for corpus, label in (("chia", "Condition"), ("lct", "Condition-Name")):
        place = folder / corpus / "x"
        place.mkdir(parents=True)
        for number, trial in enumerate(TRIALS):
            text = sentences[number % 3]
            rows = []
            for word in WORDS[:3]:
                if word in text:
                    start = text.index(word)
                    rows.append(f"T{len(rows) + 1}\t{label} {start} {start + len(word)}\t{word}\n")
            rows.append("*\tOR T1 T2\n")
            (place / f"{trial}.txt").write_text(text, encoding="utf-8")
            (place / f"{trial}.ann").write_text("".join(rows), encoding="utf-8")
    encoder = folder / "encoder"
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(encoder)
    (encoder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    return Material(folder / "chia", folder / "lct", None, encoder)


PLAN = Plan(epochs=2, rate=2e-3, average=0.5, batch_pieces=100, swapped=0.3)
RECIPE = Recipe(train_folds=FOLDS, pretraining_epochs=0, students=(PLAN,))


@pytest.fixture
def workshop(material: Material, tmp_path: Path) -> Workshop:
    """A workshop in an empty folder."""
    return Workshop(RECIPE, material, tmp_path / "work", lambda *_: None)


def weights_after(workshop: Workshop, plan: Plan, checkpoint: Path | None = None) -> dict[str, torch.Tensor]:
    """The moving average after training by a plan."""
    network = workshop.network(plan.seed)
    average = Average(network, plan.average)
    for _ in train(network, workshop._corpora((), plan.swapped), plan, average, VOCABULARY.index("[MASK]"), checkpoint):
        pass
    return average.weights


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are equal to the last bit."""
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_the_same_seed_gives_the_same_weights(workshop: Workshop) -> None:
    """And another seed gives others."""
    first = weights_after(workshop, PLAN)
    assert same(first, weights_after(workshop, PLAN))
    assert not same(first, weights_after(workshop, dataclasses.replace(PLAN, seed=2)))


def test_training_goes_on_where_it_stopped(workshop: Workshop, tmp_path: Path) -> None:
    """Stopped after the first of two epochs and started again, it ends with the weights of an undisturbed run."""
    checkpoint = tmp_path / "stopped"
    weights_after(workshop, dataclasses.replace(PLAN, until=1), checkpoint)
    assert same(weights_after(workshop, PLAN), weights_after(workshop, PLAN, checkpoint))


def test_pieces_and_names_are_hidden_by_chance(workshop: Workshop) -> None:
    """About the share that the plan states; the signs at both ends, padding and everything else stay."""
    batch = collate(workshop._prepared(workshop.chia))
    batch = batch._replace(names=batch.mask.clone())
    hidden = VOCABULARY.index("[MASK]")
    torch.manual_seed(1)
    changed = disturbed(batch, Plan(masked=0.4, unnamed=0.25), hidden)
    differ = changed.pieces != batch.pieces
    assert (changed.pieces[differ] == hidden).all()
    inner = batch.mask.sum() - 2 * len(batch.mask)
    assert 0.3 < differ.sum() / inner < 0.5
    ends = batch.mask.sum(dim=1) - 1
    assert not differ[:, 0].any() and not differ[torch.arange(len(ends)), ends].any()
    assert 0.15 < (changed.names != batch.names).sum() / batch.mask.sum() < 0.35
    untouched = disturbed(batch, Plan(), hidden)
    assert torch.equal(untouched.pieces, batch.pieces) and torch.equal(untouched.names, batch.names)


def test_batches_hold_every_sample_once_and_one_corpus_each(workshop: Workshop) -> None:
    """Whatever the order, nothing is lost or mixed."""
    import random

    chia, lct = workshop._prepared(workshop.chia), workshop._prepared(workshop.lct)
    made = batches([chia, lct], 60, random.Random(3))
    assert sorted(id(sample) for batch in made for sample in batch) == sorted(map(id, [*chia, *lct]))
    assert all(len({tuple(sample.tags) for sample in batch}) == 1 for batch in made)
    assert all(len(batch) * max(len(sample.pieces) for sample in batch) <= 60 for batch in made)


def test_the_loss_is_the_likelihood_that_decoding_uses() -> None:
    """exp(-loss) of the best tags is their share of all, as the decoder computes it from the same scores."""
    tags = TagSet(["A", "B"])
    torch.manual_seed(4)
    field = ConditionalRandomField(tags)
    for parameter in field.parameters():
        torch.nn.init.normal_(parameter)
    emissions = torch.randn(1, 1, len(tags))
    single = tags.encode([TypedSpan(0, 0, "B")], 1)
    loss = field.loss(emissions, torch.tensor([single]), torch.ones(1, 1, dtype=torch.bool)).item()
    decoder = Field(tags, *(part.detach().double().numpy() for part in field.scores()))
    (chance,) = decoder.probabilities(emissions[0].double().numpy(), [TypedSpan(0, 0, "B")])
    assert torch.exp(torch.tensor(-loss)).item() == pytest.approx(chance, rel=1e-5)


def test_padding_changes_no_loss() -> None:
    """A row of a batch costs what it costs alone."""
    tags = TagSet(["A"])
    field = ConditionalRandomField(tags)
    torch.manual_seed(5)
    emissions = torch.randn(2, 4, len(tags))
    gold = torch.tensor([tags.encode([TypedSpan(1, 2, "A")], 4), tags.encode([], 4)])
    mask_ = torch.tensor([[True] * 4, [True, True, False, False]])
    whole = field.loss(emissions, gold, mask_)
    alone = field.loss(emissions[:1], gold[:1], mask_[:1]) + field.loss(emissions[1:, :2], gold[1:, :2], mask_[1:, :2])
    assert whole.item() == pytest.approx(alone.item(), rel=1e-5)


def test_masking_hides_some_pieces_and_no_special_ones() -> None:
    """About 15 in 100 are to be guessed; signs of the row's start and end never are."""
    torch.manual_seed(6)
    rows = torch.full((40, 100), 9)
    special = torch.zeros_like(rows, dtype=torch.bool)
    special[:, 0] = True
    hidden, labels = mask(rows, special, 4, len(VOCABULARY))
    asked = labels != -100
    assert not asked[:, 0].any() and 0.12 < asked.float().mean() < 0.18
    assert (hidden[~asked] == 9).all() and (hidden[asked] == 4).float().mean() > 0.7


def test_rows_are_cut_between_words(workshop: Workshop) -> None:
    """Each line once, each row no longer than the encoder can hold."""
    rows = rows_of_pieces(["severe asthma"] * 3 + ["mild eczema or gout"] * 2, workshop.wordpiece)
    assert rows == [[8, 5, 3, 9, 6, 14, 7, 3]]


@pytest.fixture(scope="module")
def trained(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model made by the command, with all stages: pretraining, two teachers, labels, student."""
    folder = tmp_path_factory.mktemp("trained")
    recipe = {
        "train_folds": FOLDS,
        "calibration_fold": 1,
        "pretraining_epochs": 1,
        "teachers": [{"epochs": 1, "seed": 1}, {"epochs": 1, "seed": 2}],
        "unlabelled": 5,
        "students": [{"epochs": 14, "rate": 4e-3, "average": 0.5, "batch_pieces": 100}] * 2,
        "outside": 0.05,
    }
    (folder / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    arguments = ["train", "--recipe", folder / "recipe.json", "--chia", material.chia, "--lct", material.lct]
    arguments += ["--encoder", material.encoder, "--threads", "1", "-o", folder / "model"]
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert ended.value.code == 0
    yield folder
    Model.forget()


def test_the_command_makes_a_model_that_has_learnt(trained: Path, material: Material) -> None:
    """The files are complete, the recipe stands beside them, and the habit of the corpus was learnt."""
    model = Model(trained / "model")
    text = "history of gout or asthma."
    found = model.read(text)
    assert [(text[e.start : e.end], e.label) for e in found.entities] == [
        ("gout", "Condition"),
        ("asthma", "Condition"),
    ]
    assert [(r.type, r.first, r.second) for r in found.relations] == [("OR", 0, 1)]
    assert {e.label for e in model.layers(text, [LCT_OUTER, "lct-parts"])} == {"Condition-Name"}
    stated = Recipe.read(trained / "model" / "training.json")
    assert (stated.teachers[1].seed, stated.students[1].epochs) == (2, 14)


def test_a_finished_run_started_again_does_nothing_new(
    trained: Path, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every stage left its file: no training happens, and the model is the same to the last byte."""
    monkeypatch.setattr("critparse.learn.recipe.train", None)
    monkeypatch.setattr("critparse.learn.recipe.pretrain", None)
    recipe = Recipe.read(trained / "recipe.json")
    Workshop(recipe, material, trained / "model.work", lambda *_: None).make(trained / "again")
    for file in (trained / "model").iterdir():
        assert file.read_bytes() == (trained / "again" / file.name).read_bytes(), file.name


def test_stages_of_another_recipe_are_not_mixed(trained: Path, material: Material) -> None:
    """A folder of stages belongs to the recipe it was begun with."""
    with pytest.raises(InputError, match="another recipe"):
        Workshop(RECIPE, material, trained / "model.work", lambda *_: None)


def test_the_exported_model_says_what_the_network_says(workshop: Workshop, tmp_path: Path) -> None:
    """Scores of tags agree up to what 8 bits lose."""
    from critparse.learn.export import export

    network = workshop.network(1).eval()
    config = {"name": "x", "version": "0", "entities": CHIA, "types": [], "relations": [], "problems": []}
    export(network, workshop.layers, {**config, "calibration": (1.0, 0.0)}, workshop.vocabulary, tmp_path)
    (example, *_) = read_chia(workshop.material.chia, FOLDS)
    batch = collate(workshop._prepared([example]))
    with torch.no_grad():
        words, _ = network.words(batch.pieces, batch.mask, batch.names, batch.firsts, batch.shapes)
        expected = network.emissions[CHIA](words)[0].numpy()
    numbers = name_numbers(example.words, names_in(example.text))
    found = Model(tmp_path).output(example.words, numbers).emissions[CHIA]
    assert abs(found - expected).max() < 0.1 * abs(expected).max()


def test_smoothing_changes_the_numbers_inside_and_nothing_outside(workshop: Workshop) -> None:
    """An input that is a hundred times the others' size is brought nearer to them; the vectors of words stay."""
    network = workshop.network(1).eval()
    dense = network.encoder.encoder.layer[0].output.dense
    with torch.no_grad():
        network.encoder.encoder.layer[0].intermediate.dense.bias[3] = 50.0
    samples = workshop._prepared(workshop.chia)
    made = smoothed(network, samples)
    assert isinstance(made.encoder.encoder.layer[0].output.dense, Smoothed)
    assert network.encoder.encoder.layer[0].output.dense is dense, "the network itself is left alone"
    inverse = made.encoder.encoder.layer[0].output.dense.inverse
    assert inverse.argmin() == 3
    assert inverse[3] < 0.2 * inverse.median()
    batch = collate(samples[:1])
    with torch.no_grad():
        before, after = (
            each.words(batch.pieces, None, batch.names, batch.firsts, batch.shapes)[0] for each in (network, made)
        )
    assert torch.allclose(before, after, atol=1e-4)


def test_students_are_averaged_and_name_a_little_less(workshop: Workshop) -> None:
    """Every weight is the mean of theirs; belonging to nothing has a higher score than that."""
    students = [workshop.network(1), workshop.network(1)]
    with torch.no_grad():
        for student, value in zip(students, (1.0, 2.0), strict=True):
            for parameter in student.parameters():
                parameter.fill_(value)
    workshop.recipe = dataclasses.replace(workshop.recipe, outside=0.25)
    made = workshop.averaged(students)
    assert made.emissions[CHIA].bias.tolist() == [1.75, *[1.5] * (len(made.emissions[CHIA].bias) - 1)]
    made.emissions[CHIA].bias.data[0] = 1.5
    assert all((parameter == 1.5).all() for parameter in made.parameters())
    assert not made.training


@pytest.mark.parametrize("content", ["", "[]", '{"epochs": 1}', '{"students": [{"speed": 2}]}'])
def test_what_is_no_recipe_is_refused(tmp_path: Path, content: str) -> None:
    """The file is named; nothing is guessed."""
    file = tmp_path / "recipe.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="recipe"):
        Recipe.read(file)
