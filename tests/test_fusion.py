"""Dictionary, grammar and trained model together: entities, relations, rules; and critparse without the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import FIRST_TRIAL, spans_in

import critparse
import critparse.nlp.model
from critparse.cli import main
from critparse.errors import ResourceError
from critparse.nlp.annotations import EntityAnnotation, ModelAnnotation, RelationAnnotation
from critparse.nlp.encoder.model import CONFIG, Model
from critparse.rules.build import CriterionReading, read_criterion
from critparse.rules.explain import explain
from critparse.schema import Criterion, Entity, Span

Said = tuple[str, str, float]


def said(text: str, *entities: Said, relations: tuple[tuple[str, int, int], ...] = ()) -> ModelAnnotation:
    """What a model might say: words, label and score of entities; relations among them by number, all sure."""
    places = [EntityAnnotation(text.index(words), text.index(words) + len(words), lb, s) for words, lb, s in entities]
    return ModelAnnotation(tuple(places), tuple(RelationAnnotation(t, a, b, 0.9) for t, a, b in relations))


@pytest.fixture
def read() -> Callable[..., CriterionReading]:
    """Read a criterion with given words of the dictionary and the model."""
    from critparse.parser import annotate

    def call(text: str, model: ModelAnnotation | None) -> CriterionReading:
        (found,) = annotate([text], model=False)
        return read_criterion(
            text,
            found.mentions,
            lambda start, end: Span(text_id="criterion", start=start, end=end),
            raw=text,
            kind="exclusion",
            entity_numbers=iter(range(1, 99)),
            model=model,
        )

    return call


def by_text(entities: tuple[Entity, ...]) -> dict[str, Entity]:
    """Entities by their words."""
    return {entity.text: entity for entity in entities}


# --- the policy


def test_the_models_place_stands_and_the_dictionarys_concept_goes_with_it(
    read: Callable[..., CriterionReading],
) -> None:
    """The same words: the concept itself. A longer name: the concept of its head is a mere candidate."""
    text = "Asthma; brittle asthma"
    model = said(text, ("Asthma", "Condition", 0.9), ("brittle asthma", "Condition", 0.8))
    found = by_text(read(text, model).entities)
    assert set(found) == {"Asthma", "brittle asthma"}
    assert [(c.display, c.method, c.score) for c in found["Asthma"].concepts[:1]] == [("Asthma", "exact", 1.0)]
    assert found["Asthma"].candidates == found["brittle asthma"].concepts == ()
    best = found["brittle asthma"].candidates[0]
    assert (best.display, best.method, best.score) == ("Asthma", "head", 0.5)
    assert (found["Asthma"].confidence, found["brittle asthma"].confidence) == (0.9, 0.8)


def test_a_name_of_another_kind_gives_no_concept(read: Callable[..., CriterionReading]) -> None:
    """ "Asthma clinic visit" as a visit is no asthma."""
    text = "Asthma clinic visit"
    (entity,) = read(text, said(text, (text, "Visit", 0.9))).entities
    assert (entity.label, entity.concepts) == ("Visit", ())


def test_relations_name_entities_of_the_criterion(read: Callable[..., CriterionReading]) -> None:
    """Ends are ids, whatever stands between the model's entities; a negated entity says so."""
    text = "No severe asthma"
    entities = ("No", "Negation", 0.9), ("severe", "Qualifier", 0.9), ("asthma", "Condition", 0.9)
    reading = read(text, said(text, *entities, relations=(("Has_qualifier", 2, 1), ("Has_negation", 2, 0))))
    found = by_text(reading.entities)
    assert [(r.type, r.first, r.second) for r in reading.relations] == [
        ("Has_qualifier", found["asthma"].id, found["severe"].id),
        ("Has_negation", found["asthma"].id, found["No"].id),
    ]
    assert found["asthma"].negated and not found["severe"].negated


def test_only_names_that_say_something_stand_beside_the_models(read: Callable[..., CriterionReading]) -> None:
    """A drug that only the dictionary knows is an entity; "medications" is one where the model calls it one."""
    text = "Treatment with mirabegron or other medications"
    assert [(e.text, e.confidence) for e in read(text, said(text)).entities] == [("mirabegron", 0.5)]
    named = read(text, said(text, ("medications", "Drug", 0.9))).entities
    assert [(e.text, e.confidence) for e in named] == [("mirabegron", 0.5), ("medications", 0.9)]


# --- the rules


def test_a_name_that_only_the_model_knows_makes_a_statement(read: Callable[..., CriterionReading]) -> None:
    """Unstructured without the model, a condition with it, and still unstructured when the model is not sure."""
    text = "Zorbian wasting"
    assert read(text, None).node.kind == "unstructured"
    assert read(text, said(text, (text, "Condition", 0.9))).node.kind == "condition"
    assert read(text, said(text, (text, "Condition", 0.3))).node.kind == "unstructured"


def test_words_that_the_rules_know_stay_theirs(read: Callable[..., CriterionReading]) -> None:
    """ "Pregnant" is a matter of reproduction, whatever else a model may call it."""
    text = "Pregnant women"
    assert read(text, said(text, ("Pregnant", "Condition", 0.99))).node == read(text, None).node


def test_a_window_goes_to_what_the_model_ties_it_to(read: Callable[..., CriterionReading]) -> None:
    """The nearest name is not always the one that is dated; the one right beside the window is."""
    entities = ("Stroke", "Condition", 0.9), ("asthma", "Condition", 0.9), ("within 6 months", "Temporal", 0.9)
    for text, tied in (
        ("Stroke in patients who have asthma as well, within 6 months", True),
        ("Stroke in patients who have asthma within 6 months", False),
    ):
        default = explain(read(text, said(text, *entities)).node)
        assert default == "Stroke and asthma within 6 months"
        found = explain(read(text, said(text, *entities, relations=(("Has_temporal", 0, 2),))).node)
        assert found == ("Stroke within 6 months and asthma" if tied else default)


def test_no_word_is_lost_for_what_the_model_names() -> None:
    """Whatever the model makes of words that nobody knows, a statement rests on each of them."""
    text = "zorbled quimsy; frabjous wibblet within 3 weeks"
    rules = [critparse.parse_criterion(text, model=model).rule for model in (True, False)]
    for rule in rules:
        covered = {at for span in spans_in(rule) for at in range(span.start, span.end)}
        assert covered >= {at for at, sign in enumerate(text) if sign.isalnum()}


# --- the model that comes with critparse


@pytest.fixture(scope="module")
def criterion() -> Criterion:
    """A plain criterion, read with the model."""
    return critparse.parse_criterion("History of severe migraine within 3 months before screening", kind="exclusion")


def test_entities_and_relations_are_in_the_document(criterion: Criterion) -> None:
    """Condition, qualifier and window with scores below one, and the relations among them."""
    found = by_text(criterion.entities)
    assert {found["migraine"].label, found["severe"].label} == {"Condition", "Qualifier"}
    assert all(0 < entity.confidence <= 1 for entity in criterion.entities)
    ids = {entity.id for entity in criterion.entities}
    assert criterion.relations and all({r.first, r.second} <= ids for r in criterion.relations)
    assert ("Has_qualifier", found["migraine"].id, found["severe"].id) in {
        (relation.type, relation.first, relation.second) for relation in criterion.relations
    }


def test_relations_are_written_for_brat() -> None:
    """One R line each, between T lines of the file."""
    from critparse.exports.brat import to_brat

    trial = critparse.parse("Exclusion criteria:\n- Severe migraine within 3 months\n", format="text")
    lines = to_brat(trial)[1].splitlines()
    known = {line.split("\t")[0] for line in lines if line.startswith("T")}
    relations = [line.split("\t")[1].split() for line in lines if line.startswith("R")]
    assert len(relations) == sum(len(c.relations) for c in trial.walk()) > 0
    assert all({first[5:], second[5:]} <= known for _, first, second in relations)


# --- without it


def test_the_document_says_which_model_read_it() -> None:
    """Name and version of the model, or that there was none."""
    assert critparse.parse(FIRST_TRIAL).parser.model == critparse.nlp.model.default_model().name
    assert critparse.parse(FIRST_TRIAL, model=False).parser.model == "none (lexicon and rules)"


def test_without_the_model_the_rules_stand_alone() -> None:
    """Entities of dictionary and grammar, no relations, no hints."""
    criterion = critparse.parse_criterion("ALT > 3 × ULN", model=False)
    assert [(entity.label, entity.text) for entity in criterion.entities] == [
        ("Measurement", "ALT"),
        ("Value", "> 3 × ULN"),
    ]
    assert (criterion.relations, criterion.hints) == ((), ())


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose model is gone."""
    monkeypatch.setattr(critparse.nlp.model, "default_model", lambda: Model(tmp_path / "eligibility"))
    return tmp_path / "eligibility"


def test_missing_weights_are_an_error_that_names_the_file(no_weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In Python a ResourceError; on the command line one line and exit code 2, and --no-model helps."""
    with pytest.raises(ResourceError, match=CONFIG):
        critparse.parse(FIRST_TRIAL)
    for arguments, code in ((["parse"], 2), (["check"], 2), (["parse", "--no-model"], 0)):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, str(FIRST_TRIAL)])
        out, err = capsys.readouterr()
        assert ended.value.code == code
        assert (str(no_weights / CONFIG) in err) == (code == 2)
        assert err.count("\n") == (code == 2)
        assert bool(out) == (code == 0)


def test_training_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the extra [train]: one line that names it, and exit code 2."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        main(["train", "--chia", "a", "--lct", "b", "-o", "c"])
    assert ended.value.code == 2
    assert "pip install 'critparse[train]'" in capsys.readouterr().err
