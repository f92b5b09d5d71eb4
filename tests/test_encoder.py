"""The trained model at run time: words, pieces, tags, decoding, files, and the same answer however it is asked."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import critparse
from critparse.errors import ResourceError
from critparse.nlp.annotations import MAX_CHARACTERS, model_of
from critparse.nlp.encoder.crf import Field
from critparse.nlp.encoder.geometry import DISTANCES, pair_classes
from critparse.nlp.encoder.model import CONFIG, HEADS, VOCABULARY, WEIGHTS, Model
from critparse.nlp.encoder.names import LABELS, NAMES, Named, name_numbers
from critparse.nlp.encoder.tags import TagSet, TypedSpan
from critparse.nlp.encoder.wordpiece import WordPiece
from critparse.nlp.encoder.words import SHAPES, span_of, split_words
from critparse.nlp.model import default_model

TEXTS = (
    "Uncontrolled hypertension or stroke within 6 months before screening",
    "ANC ≥ 1.5 × 10^9/L",
    "No prior chemotherapy",
    "Women of childbearing potential must have a negative pregnancy test",
    "",
    "…",
    "Age 18–75 years; ECOG 0–1",
)


# --- words and pieces


@given(st.text(max_size=80))
def test_words_hold_every_sign_but_blanks(text: str) -> None:
    """Words come in order, do not overlap, leave out nothing but white space, and have a known shape."""
    words = split_words(text)
    covered = "".join(text[word.start : word.end] for word in words)
    assert covered == "".join(text.split())
    assert all(a.end <= b.start for a, b in itertools.pairwise(words))
    assert all(0 <= word.shape < SHAPES and word.text == text[word.start : word.end] for word in words)


def test_words_break_between_letters_digits_and_signs() -> None:
    """A number and its unit, a name and its number are words of their own."""
    assert [word.text for word in split_words("HbA1c≥7.5% (CD4+)")] == [
        "HbA", "1", "c", "≥", "7", ".", "5", "%", "(", "CD", "4", "+", ")",
    ]  # fmt: skip


def test_shapes_tell_capitals_and_blanks() -> None:
    """What an encoder of lower-case text cannot see: MS is no ms, and "- 5" no "-5"."""
    assert split_words("MS")[0].shape != split_words("ms")[0].shape
    assert split_words("x -5")[1].shape != split_words("x - 5")[1].shape


def test_a_span_takes_in_the_words_it_touches() -> None:
    """Offsets inside a word stand for the whole word; those in blanks for the next."""
    words = split_words("type 2 diabetes")
    assert span_of(words, 5, 15, "Condition") == TypedSpan(1, 2, "Condition")
    assert span_of(words, 9, 12, "Condition") == TypedSpan(2, 2, "Condition")
    assert span_of(words, 4, 6, "Value") == TypedSpan(1, 1, "Value")


def test_words_know_the_names_they_belong_to() -> None:
    """The first word of a dictionary name and the later ones have numbers of its label; half a word belongs to it."""
    words = split_words("no type 2 diabetes, aspirin or xyz")
    condition, drug = 1 + 2 * LABELS.index("Condition"), 1 + 2 * LABELS.index("Drug")
    named = [Named(3, 18, "Condition"), Named(20, 25, "Drug"), Named(31, 34, "Unheard of")]
    assert name_numbers(words, named) == [0, condition, condition + 1, condition + 1, 0, drug, 0, 0]
    assert name_numbers(words, []) == [0] * 8
    assert name_numbers([], named) == []


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20), st.sampled_from(LABELS))))
def test_any_names_have_known_numbers(text: str, drawn: list[tuple[int, int, str]]) -> None:
    """One number a word, inside the table, wherever names are said to be."""
    words = split_words(text)
    numbers = name_numbers(words, [Named(start, start + length, label) for start, length, label in drawn])
    assert len(numbers) == len(words)
    assert all(0 <= number < NAMES for number in numbers)


def test_words_become_the_longest_pieces() -> None:
    """Greedy from the left, without case and accents; a word that cannot be put together is unknown."""
    pieces = WordPiece(["[UNK]", "[CLS]", "[SEP]", "hyper", "##tension", "##ten", "b", "##lau"])
    assert pieces.pieces("Hypertension") == (3, 4)
    assert pieces.pieces("Bläu") == (6, 7)
    assert pieces.pieces("hypertonus") == (0,)
    assert pieces.pieces("hyper" * 50) == (0,)


# --- tags and decoding

TAGS = TagSet(["A", "B"])
spans = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.sampled_from("AB")), max_size=5)


@given(spans)
def test_tags_say_the_spans_back(drawn: list[tuple[int, int, str]]) -> None:
    """Encoding and decoding are inverse for spans that do not overlap, and each tag may follow the one before."""
    chosen: list[TypedSpan] = []
    for first, length, type_ in sorted(drawn):
        if not chosen or first > chosen[-1].last:
            chosen.append(TypedSpan(first, first + length - 1, type_))
    tags = TAGS.encode(chosen, 14)
    assert TAGS.decode(tags) == chosen
    assert TAGS.may_start(tags[0]) and TAGS.may_end(tags[-1])
    assert all(TAGS.may_follow(a, b) for a, b in itertools.pairwise(tags))


def chance_field(seed: int, words: int) -> tuple[Field, np.ndarray]:
    """A field and emissions by chance, impossible steps ruled out."""
    chance = np.random.default_rng(seed)
    count = len(TAGS)
    never = np.array([[0.0 if TAGS.may_follow(a, b) else -1e4 for b in range(count)] for a in range(count)])
    starts = np.array([0.0 if TAGS.may_start(tag) else -1e4 for tag in range(count)])
    ends = np.array([0.0 if TAGS.may_end(tag) else -1e4 for tag in range(count)])
    field = Field(TAGS, chance.normal(size=(count, count)) + never, starts, ends)
    return field, chance.normal(size=(words, count)) * 2


@pytest.mark.parametrize("seed", range(4))
def test_decoding_agrees_with_trying_everything(seed: int) -> None:
    """The best spans, and the probability of each, are those of an enumeration of all tag sequences."""
    field, emissions = chance_field(seed, 4)
    weights = {}
    for tags in itertools.product(range(len(TAGS)), repeat=4):
        score = field.starts[tags[0]] + field.ends[tags[-1]] + sum(emissions[i, tag] for i, tag in enumerate(tags))
        score += sum(field.transitions[a, b] for a, b in itertools.pairwise(tags))
        if score > -1000:
            weights[tags] = np.exp(score)
    best = TAGS.decode(max(weights, key=weights.__getitem__))
    assert field.best(emissions) == best
    asked = [*best, TypedSpan(1, 3, "B"), TypedSpan(0, 0, "A")]
    total = sum(weights.values())
    expected = [sum(w for tags, w in weights.items() if span in TAGS.decode(tags)) / total for span in asked]
    assert field.probabilities(emissions, asked) == pytest.approx(expected, abs=1e-9)


def test_distances_have_a_direction_and_a_bound() -> None:
    """Neighbours differ from far ones, before from after; nothing lies outside the tables."""
    places = [TypedSpan(0, 1, "A"), TypedSpan(3, 3, "A"), TypedSpan(400, 402, "B")]
    distance, between = pair_classes(places)
    assert distance[0, 1] == DISTANCES + 2
    assert distance[1, 0] == DISTANCES - 2
    assert distance.min() >= 0 and distance.max() <= 2 * DISTANCES
    assert between.tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


# --- the model


def test_the_model_names_what_a_reader_would() -> None:
    """Condition, qualifier and time span of a plain sentence, tied together."""
    text = "Uncontrolled hypertension within 6 months before screening"
    found = default_model().read(text)
    named = {(text[e.start : e.end], e.label) for e in found.entities}
    assert named >= {("Uncontrolled", "Qualifier"), ("hypertension", "Condition")}
    labels = [entity.label for entity in found.entities]
    tied = {(r.type, labels[r.first], labels[r.second]) for r in found.relations}
    assert tied >= {("Has_qualifier", "Condition", "Qualifier"), ("Has_temporal", "Condition", "Temporal")}
    assert all(0 < entity.score < 1 for entity in found.entities)


@pytest.mark.parametrize("text", ["", "   ", "…", "\u0000", "日本語のテキスト", "a" * 5000, "x " * 3000, "🧪" * 50])
def test_any_text_is_read(text: str) -> None:
    """Nothing, signs, other scripts, one endless word, many words: entities inside the text, no error."""
    for entity in default_model().read(text).entities:
        assert 0 <= entity.start < entity.end <= len(text)


def test_long_texts_are_read_to_their_end() -> None:
    """A text longer than the encoder's reach is read in stretches, with offsets into the whole."""
    sentence = "History of breast cancer. "
    text = sentence * 120
    conditions = [e for e in default_model().read(text).entities if text[e.start : e.end] == "breast cancer"]
    assert len(conditions) == 120


def test_the_dictionary_is_heard_whether_or_not_it_has_run() -> None:
    """The component asks the dictionary itself where ``critparse_lexicon`` has not; what it hears counts."""
    text = "Uncontrolled hypertension or zorbinol within 6 months"
    alone, after = critparse.load(components=("critparse_model",)), critparse.load()
    assert model_of(alone(text)) == model_of(after(text))
    start = text.index("zorbinol")
    drugs = [
        entity.score
        for named in ([], [Named(start, start + 8, "Drug")])
        for entity in default_model().read(text, named).entities
        if entity.start <= start < entity.end and entity.label == "Drug"
    ]
    assert drugs and drugs[-1] > 0.5


def test_batches_and_workers_change_nothing() -> None:
    """The same annotations one by one, in batches of 64, and from two processes."""
    nlp = critparse.load(components=("critparse_model",))
    alone = [model_of(nlp(text)) for text in TEXTS]
    texts = TEXTS * 10
    assert [model_of(doc) for doc in nlp.pipe(texts, batch_size=64)] == alone * 10
    assert [model_of(doc) for doc in nlp.pipe(texts, batch_size=16, n_process=2)] == alone * 10


def test_a_text_beyond_any_criterion_is_left_alone() -> None:
    """The time for one text is bounded: hostile lines are not sent through the encoder."""
    nlp = critparse.load(components=("critparse_model",))
    assert model_of(nlp("cancer " * MAX_CHARACTERS)).entities == ()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the model's files that a test may damage."""
    return Path(shutil.copytree(default_model().folder, tmp_path / "model"))


@pytest.mark.parametrize("name", [CONFIG, HEADS, VOCABULARY, WEIGHTS])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "noise"])
def test_missing_and_damaged_files_are_named(copied: Path, name: str, damage: str) -> None:
    """Whatever is wrong with a file, the error is ours and says which file it is."""
    file = copied / name
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "noise": b"\x80noise" * 99}[damage])
    with pytest.raises(ResourceError, match=name):
        Model(copied).read(TEXTS[0])
