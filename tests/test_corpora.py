"""Reading annotated corpora, and the measures of entities, relations and hints; all documents are our own."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support import SHARED

from critparse.cli import main
from critparse.errors import InputError, InputNotFound, MalformedInput
from critparse.learn.brat import Source, fold_of, read_annotations, read_sources
from critparse.learn.calibration import calibration_error, fit
from critparse.learn.entities import annotated_in, found_in, parsed, score_entities
from critparse.learn.examples import CHIA, CHIA_TYPES, LCT_INNER, LCT_OUTER, PROBLEMS, read_chia, read_lct_entities
from critparse.learn.problems import score_problems
from critparse.learn.relations import Related, RelationScore, annotated, score_given, score_relations
from critparse.learn.scoring import EntityScore, Found, flatten
from critparse.nlp.annotations import ModelAnnotation
from critparse.nlp.encoder.model import Model
from critparse.nlp.encoder.names import Named
from critparse.nlp.encoder.tags import TypedSpan
from critparse.nlp.model import default_model

NAME = "NCT01234567_inc"
TEXT = "Severe asthma or eczema\r\nNo surgery of hip and knee within 4 weeks\r\nMotivated patients\r\n"
LINES = """\
T1 Qualifier|Severe
T2 Condition|asthma
T3 Condition|eczema
T4 Negation|No
T5 Procedure|surgery
T7 Temporal|within 4 weeks
T8 Subjective_judgement|Motivated patients
R1|Has_qualifier Arg1:T2 Arg2:T1
R2|Has_negation Arg1:T5 Arg2:T4
R3|Has_temporal Arg1:T5 Arg2:T7
R4|AND Arg1:T5 Arg2:T3
R5|Has_context Arg1:T5 Arg2:T3
*|OR T3 T2
"""


def standoff() -> str:
    """The annotations as brat has them, with one entity that has a gap ("surgery … knee")."""
    surgery, knee = TEXT.index("surgery"), TEXT.index("knee")
    rows = [f"T6\tProcedure {surgery} {surgery + 7};{knee} {knee + 4}\tsurgery knee"]
    for line in LINES.splitlines():
        head, said = line.split("|")
        if head.startswith("T"):
            identifier, label = head.split()
            start = TEXT.index(said)
            rows.append(f"{identifier}\t{label} {start} {start + len(said)}\t{said}")
        else:
            rows.append(f"{head}\t{said}")
    return "".join(f"{row}\n" for row in [*rows, "R6\tHas_temporal Arg1:T6 Arg2:T7"])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with one document."""
    folder = tmp_path / "corpus" / "chia"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.txt").write_bytes(TEXT.encode())
    (folder / f"{NAME}.ann").write_text(standoff(), encoding="utf-8")
    return folder.parent


@pytest.fixture
def source() -> Source:
    """The document itself."""
    return Source(NAME, TEXT, standoff())


FOLD = (fold_of(NAME),)


def test_lines_come_with_what_is_annotated_in_them(corpus: Path) -> None:
    """Entities by line with offsets into it, flat spans of words, links, problems; CR counts as a character."""
    first, second, third = read_chia(corpus, FOLD)
    assert (first.text, second.start, third.text) == ("Severe asthma or eczema", TEXT.index("No"), "Motivated patients")
    assert [(second.text[p.start : p.end], p.type) for p in second.places] == [
        ("No", "Negation"),
        ("surgery", "Procedure"),
        ("within 4 weeks", "Temporal"),
    ]
    assert second.layers[CHIA] == [
        TypedSpan(0, 0, "Negation"),
        TypedSpan(1, 1, "Procedure"),
        TypedSpan(6, 8, "Temporal"),
    ]
    assert [(link.type, link.first, link.second) for link in first.links] == [("Has_qualifier", 1, 0), ("OR", 1, 2)]
    assert third.problems == {"Subjective_judgement"}


def test_lines_begin_behind_their_numbers_and_bullets(tmp_path: Path) -> None:
    """The parser does not show them to the model either; a number that annotators marked is part of the words."""
    text = "1. Severe asthma\n  - gout\n2. Grade heart failure"
    grade = text.index("2. Grade")
    rows = [("Condition", text.index("gout"), "gout"), ("Value", grade, "2. Grade")]
    folder = tmp_path / "chia"
    folder.mkdir()
    (folder / f"{NAME}.txt").write_text(text, encoding="utf-8")
    standoff = (f"T{n}\t{label} {at} {at + len(said)}\t{said}\n" for n, (label, at, said) in enumerate(rows, 1))
    (folder / f"{NAME}.ann").write_text("".join(standoff), encoding="utf-8")
    lines = read_chia(tmp_path, FOLD)
    assert [line.text for line in lines] == ["Severe asthma", "gout", "2. Grade heart failure"]
    assert [text[line.start :].startswith(line.text) for line in lines] == [True, True, True]
    assert [line.places for line in lines] == [[], [(0, 4, "Condition")], [(0, 8, "Value")]]


def test_relations_that_no_line_holds_are_counted_as_lost(corpus: Path) -> None:
    """An end with a gap, an end on another line: lost where the first end stands."""
    first, second, _ = read_chia(corpus, FOLD)
    assert (first.lost, second.lost) == (0, 2)


def test_trials_of_other_folds_are_left_out(corpus: Path) -> None:
    """The fold is the trial's, so both of its documents fall into one."""
    assert read_chia(corpus, set(range(10)) - set(FOLD)) == []
    assert fold_of("NCT01234567_inc") == fold_of("NCT01234567_exc") == fold_of("NCT01234567")


def test_a_zip_is_read_like_a_folder(corpus: Path, tmp_path: Path) -> None:
    """The same documents, by name."""
    packed = tmp_path / "chia.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (corpus / "chia").iterdir():
            archive.write(file, f"chia/{file.name}")
    assert list(read_sources(packed)) == list(read_sources(corpus))


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    """No such place, a file that is no zip, a folder without documents."""
    with pytest.raises(InputNotFound):
        list(read_sources(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"no NCT\*"):
        list(read_sources(tmp_path))
    (tmp_path / "x.zip").write_bytes(b"PK no")
    with pytest.raises(InputError, match="neither"):
        list(read_sources(tmp_path / "x.zip"))


@pytest.mark.parametrize("line", ["T1\tCondition x 4\tw", "T1", "R1\tAND Arg1:T1", "E1\tAge", "A1\tName"])
def test_a_damaged_line_is_named(line: str) -> None:
    """Document and line number stand in the error."""
    with pytest.raises(MalformedInput, match=r"NCT0\.ann.*line 2"):
        read_annotations(Source("NCT0", "w", f"T9\tDrug 0 1\tw\n{line}\n"))


def test_lct_has_a_layer_of_wholes_and_one_of_parts(tmp_path: Path) -> None:
    """ "Age above 18": the comparison is a whole, operator and value are its parts."""
    rows = ["Age 0 3", "Eq-Comparison 4 12", "Eq-Operator 4 9", "Eq-Value 10 12"]
    text = "Age above 18"
    folder = tmp_path / "lct"
    folder.mkdir()
    (folder / "NCT01234567.txt").write_text(text, encoding="utf-8")
    lines = [f"T{n}\t{row}\t{text[int(row.split()[1]) : int(row.split()[2])]}\n" for n, row in enumerate(rows)]
    (folder / "NCT01234567.ann").write_text("".join(lines), encoding="utf-8")
    (example,) = read_lct_entities(tmp_path, FOLD)
    assert example.layers[LCT_OUTER] == [TypedSpan(0, 0, "Age"), TypedSpan(1, 2, "Eq-Comparison")]
    assert example.layers[LCT_INNER] == [TypedSpan(1, 1, "Eq-Operator"), TypedSpan(2, 2, "Eq-Value")]


# --- measures


def test_of_overlapping_entities_the_longest_counts() -> None:
    """Of equally long ones the earlier, as the shared scorer has it."""
    found = flatten([Found(0, 4, "Drug"), Found(2, 9, "Condition"), Found(8, 15, "Value"), Found(20, 22, "Value")])
    assert found == {Found(2, 9, "Condition"), Found(20, 22, "Value")}


def test_strict_and_relaxed_figures() -> None:
    """Two annotated, three found: one exact, one touching, one of another type."""
    score = EntityScore()
    score.add(
        {Found(0, 6, "Drug"), Found(10, 20, "Value")},
        {Found(0, 6, "Drug"), Found(12, 20, "Value"), Found(30, 33, "Mood")},
    )
    figures = score.summary()
    assert figures["strict"] == {"precision": 0.3333, "recall": 0.5, "f1": 0.4}
    assert figures["relaxed"] == {"precision": 0.6667, "recall": 1.0, "f1": 0.8}
    assert figures["by_type"]["Value"] == {"gold": 1, "strict_f1": 0.0, "relaxed_f1": 1.0}


def test_a_parse_is_scored_by_its_entities(source: Source) -> None:
    """What the parse gives is what counts, gaps left out on both sides."""
    trial = parsed(source, model=True)
    assert trial is not None
    score = score_entities([source])
    assert score.counts["gold"] == len(annotated_in(source, CHIA_TYPES)) == 6
    assert score.counts["predicted"] == len(found_in(trial, CHIA_TYPES))
    assert score.counts["exact"] >= 4


def test_gold_relations_of_a_document(source: Source) -> None:
    """Relations of other types are no gold; one with a gap is lost; one across lines is gold all the same."""
    _, relations, lost = annotated(source)
    assert {(r.type, TEXT[r.first.start : r.first.end], TEXT[r.second.start : r.second.end]) for r in relations} == {
        ("Has_qualifier", "asthma", "Severe"),
        ("Has_negation", "surgery", "No"),
        ("Has_temporal", "surgery", "within 4 weeks"),
        ("AND", "surgery", "eczema"),
        ("OR", "asthma", "eczema"),
    }
    assert lost == ["Has_temporal"]


def test_or_has_no_direction_and_the_others_do() -> None:
    """ "a or b" is "b or a"; a value of a measurement is no measurement of a value."""
    a, b = Found(0, 1, "Condition"), Found(5, 6, "Condition")
    score = RelationScore()
    score.add(
        {Related("OR", a, b), Related("Subsumes", a, b)}, {Related("OR", b, a), Related("Subsumes", b, a)}, ["AND"]
    )
    assert score.summary()["micro"] == {"precision": 0.5, "recall": 0.3333, "f1": 0.4}
    assert score.summary()["by_type"]["OR"] == {"gold": 1, "f1": 1.0}


def test_relations_are_scored_among_given_and_found_entities(source: Source) -> None:
    """Plain relations of a plain text are found either way, and counted against all six that are annotated."""
    for figures in (score_given([source], default_model()).summary(), score_relations([source]).summary()):
        assert figures["gold"] == 6
        assert figures["micro"]["precision"] >= 0.5
        assert figures["by_type"]["Has_negation"] == {"gold": 1, "f1": 1.0}


def test_hints_are_scored_by_line(corpus: Path) -> None:
    """Three lines, one with a label: the label's average precision is one over its rank."""

    def suspicious(word: str) -> Model:
        """A model that suspects every problem in lines with one word."""

        class Suspicious(Model):
            def read(self, text: str, names: Sequence[Named] | None = None) -> ModelAnnotation:
                return ModelAnnotation(hints=tuple((problem, 0.9 if word in text else 0.1) for problem in PROBLEMS))

        return Suspicious(corpus)

    for word, precision, share in (("Motivated", 1.0, 1.0), ("asthma", 0.333, 0.0)):
        found = score_problems(corpus, FOLD, suspicious(word))["Subjective_judgement"]
        assert (found["gold"], found["average_precision"]) == (1, precision)
        assert found["at 0.5"] == {"said": 1, "precision": share, "recall": share}
    assert score_problems(corpus, FOLD, default_model())["Grammar_Error"]["average_precision"] is None


def test_calibration_finds_the_scale_that_was_lost() -> None:
    """Log-odds that are twice too large and shifted are put right, and the error goes down."""
    chance = np.random.default_rng(1)
    true = chance.normal(size=20_000)
    right = (chance.random(20_000) < 1 / (1 + np.exp(-true))).astype(float)
    slope, shift = fit(2 * true + 1, right)
    assert (slope, shift) == pytest.approx((0.5, -0.5), abs=0.05)
    before = calibration_error(1 / (1 + np.exp(-(2 * true + 1))), right)
    after = calibration_error(1 / (1 + np.exp(-(slope * (2 * true + 1) + shift))), right)
    assert after < 0.02 < before


CORPUS = SHARED / "corpora" / "chia_without_scope.zip"
SCORER = SHARED / "tools" / "score_entities.py"


@pytest.mark.slow
def test_figures_equal_those_of_the_reference_scorer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What ``critparse parse`` writes for fold 1 scores as ``evaluate entities`` says, and well enough."""
    if not (CORPUS.is_file() and SCORER.is_file()):
        pytest.skip(f"the corpus is not at {SHARED} (set CRITPARSE_SHARED)")
    texts = tmp_path / "texts"
    texts.mkdir()
    for source in read_sources(CORPUS):
        if fold_of(source.name) == 1:
            (texts / f"{source.name}.txt").write_bytes(source.text.encode())
    with pytest.raises(SystemExit):  # 2: one of the documents is empty
        main(["parse", str(texts), "--input-format", "text", "--format", "brat", "-o", str(tmp_path / "brat")])
    command = [sys.executable, str(SCORER), str(CORPUS), str(tmp_path / "brat"), "--fold", "1", "--json"]
    reference = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["evaluate", "entities", "--corpus", str(CORPUS), "--fold", "1"])
    last = capsys.readouterr().out.splitlines()[-1]
    strict, relaxed = reference["strict"]["f1"], reference["relaxed"]["f1"]
    assert last == f"strict F1 {strict:.4f}  relaxed F1 {relaxed:.4f}  ({reference['gold']} entities)"
    assert strict >= 0.67 and relaxed >= 0.765
