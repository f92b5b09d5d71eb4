"""Reading annotated thresholds, and scoring limits against them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import SHARED

from critparse.cli import main
from critparse.errors import InputError, InputNotFound, MalformedInput
from critparse.learn.lct import Document, fold_of, read_lct, read_number
from critparse.learn.thresholds import Limit, limits_by_line, score

NAME = "NCT99999901"
TEXT = "Aged 18 to 75 years\nALT > 3 x ULN, AST below 90\nNo fever in the last 2 weeks\n"
# Two operators that agree with their words, one that does not ("below" annotated as "at least"), a range.
ANNOTATIONS = """\
T1@Eq-Comparison 5 19@18 to 75 years
T2@Eq-Value 5 7@18
T3@Eq-Value 11 13@75
T4@Eq-Operator 8 10@to
A1@Eq-Operator-Value T4 BETWEEN
E1@Eq-Comparison:T1 Value:T2 Value2:T3 Operator:T4
T5@Age 0 4@Aged
E2@Age:T5 Numeric-Filter:E1
T6@Eq-Comparison 24 27@> 3
T7@Eq-Operator 24 25@>
A2@Eq-Operator-Value T7 GT
T8@Eq-Value 26 27@3
E3@Eq-Comparison:T6 Operator:T7 Value:T8
T9@Eq-Comparison 39 47@below 90
T10@Eq-Operator 39 44@below
A3@Eq-Operator-Value T10 GTEQ
T11@Eq-Value 45 47@90
E4@Eq-Comparison:T9 Operator:T10 Value:T11
T12@Eq-Comparison 57 76@in the last 2 weeks
E5@Eq-Comparison:T12
""".replace("@", "\t")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of one small trial of our own."""
    folder = tmp_path / "corpus" / "batch"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.txt").write_bytes(TEXT.encode())
    (folder / f"{NAME}.ann").write_bytes(ANNOTATIONS.encode())
    return folder.parent


def test_comparisons_become_bounds(corpus: Path) -> None:
    """A range and a one-sided comparison are read with line, kind and subject."""
    (document,) = read_lct(corpus)
    age, alt = document.thresholds
    assert (age.line, age.kind, age.subject) == (0, "numeric-filter", "Age")
    assert age.bounds == (("lower", 18.0, True), ("upper", 75.0, True))
    assert (alt.line, alt.kind, alt.bounds) == (1, "unattached", (("lower", 3.0, False),))


def test_doubtful_annotations_are_neutral(corpus: Path) -> None:
    """An operator that contradicts its words, and a comparison without value, count neither way."""
    (document,) = read_lct(corpus)
    assert dict(document.neutral) == {1: {90.0}, 2: {2.0}}


def test_folder_and_zip_are_the_same(corpus: Path, tmp_path: Path) -> None:
    """A zip file is read in place."""
    with zipfile.ZipFile(tmp_path / "corpus.zip", "w") as archive:
        for path in corpus.glob("batch/*"):
            archive.write(path, f"batch/{path.name}")
    assert read_lct(tmp_path / "corpus.zip") == read_lct(corpus)


def test_folds_are_by_trial(corpus: Path) -> None:
    """A trial is in exactly one of ten folds."""
    assert len(read_lct(corpus, fold_of(NAME))) == 1
    with pytest.raises(InputError, match="no trial of fold"):
        read_lct(corpus, (fold_of(NAME) + 1) % 10)


def test_unusable_corpora_are_refused(tmp_path: Path, corpus: Path) -> None:
    """Missing, not a corpus, broken annotations: a typed error each."""
    with pytest.raises(InputNotFound):
        read_lct(tmp_path / "none")
    (tmp_path / "plain.txt").write_text("x")
    with pytest.raises(InputError, match="neither a folder nor a zip"):
        read_lct(tmp_path / "plain.txt")
    (corpus / "batch" / f"{NAME}.ann").write_text("T1\tbroken\n")
    with pytest.raises(MalformedInput, match=NAME):
        read_lct(corpus)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("18", [18.0]),
        ("1,500", [1500.0]),
        ("7,5", [7.5]),
        ("−2.5", [-2.5]),
        ("twice", [2.0]),
        ("IV", [4.0]),
        ("IIIb", [3.0]),
        ("1.5 x 10^9/L", [1.5e9]),
        ("140/90", [140.0, 90.0]),
        ("F3", [3.0]),
        ("12/03/2019", []),
        ("normal", []),
    ],
)
def test_annotated_values_are_numbers(text: str, numbers: list[float]) -> None:
    """Digits, words, Roman numerals, powers, pairs; a date is no number."""
    assert read_number(text) == numbers


def limit(lower: float | None = None, upper: float | None = None, *values: float) -> Limit:
    """A limit with inclusive bounds."""
    return Limit(None if lower is None else (lower, True), None if upper is None else (upper, True), values)


def test_score_counts_bounds_by_line(corpus: Path) -> None:
    """Found needs all bounds of a comparison; wrong bounds count unless their number is neutral."""
    documents = read_lct(corpus)
    limits = {f"{NAME}#0": [limit(18, 75)], f"{NAME}#1": [limit(3), limit(None, 90), limit(7)]}
    result = score(documents, limits)
    assert (result.total, result.found["all"], result.right, result.wrong) == (2, 1, 2, 2)
    assert [miss.words for miss in result.missed] == ["> 3"]
    assert result.summary()["by"]["kind numeric-filter"] == [1, 1]


def test_score_takes_either_reading_of_powers() -> None:
    """ "100 x 10^9/L" may be read as 100 or as 1e11; ends of lists of values are not held against a parser."""
    document = Document(NAME, "Platelets > 100 x 10^9/L, ECOG 0 to 2")
    result = score([document], {f"{NAME}#0": [limit(1e11), limit(None, None, 0, 1, 2)]})
    assert (result.right, result.wrong) == (0, 1)


def test_limits_are_collected_once_by_line() -> None:
    """Thresholds, windows and doses of a whole document; a limit shared by several subjects counts once."""
    text = "Inclusion criteria:\n- Age 18 years or older\n- ALT or AST < 3 x ULN\n- ECOG 0, 1 or 2\n\n"
    text += "Exclusion criteria:\n"
    text += "- Stroke within 6 months before screening\n- Prednisone more than 20 mg/day\n"
    limits = limits_by_line(Document(NAME, text))
    assert limits[f"{NAME}#1"] == [Limit(lower=(18, True))]
    assert limits[f"{NAME}#2"] == [Limit(upper=(3, False))]
    assert limits[f"{NAME}#3"] == [Limit(values=(0, 1, 2))]
    assert limits[f"{NAME}#6"] == [Limit(upper=(6, True))]
    assert limits[f"{NAME}#7"] == [Limit(lower=(20, False))]


def test_blank_documents_have_no_limits() -> None:
    """Nothing to read is no failure."""
    assert limits_by_line(Document(NAME, " \n")) == {}


def test_command_prints_the_figures(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``evaluate thresholds`` ends with one line of figures and writes the predictions."""
    out = tmp_path / "limits.jsonl"
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "thresholds", "--corpus", str(corpus), "--misses", "5", "--predictions", str(out)])
    assert end.value.code == 0
    assert capsys.readouterr().out.endswith("(2 thresholds)\n")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    (age,) = next(row["limits"] for row in rows if row["id"] == f"{NAME}#0")
    assert age == {"lower": {"value": 18.0, "incl": True}, "upper": {"value": 75.0, "incl": True}, "values": []}


@pytest.mark.slow
@pytest.mark.parametrize("fold", [1, 4])
def test_figures_equal_those_of_the_reference_scorer(
    fold: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the real corpus the product's figures are those of the script that others use, in every digit."""
    corpus, script = SHARED / "corpora" / "lct.zip", SHARED / "tools" / "score_thresholds.py"
    if not corpus.is_file() or not script.is_file():
        pytest.skip(f"the corpus is not at {SHARED} (set CRITPARSE_SHARED)")
    out = tmp_path / "limits.jsonl"
    with pytest.raises(SystemExit):
        main(
            [
                "evaluate",
                "thresholds",
                "--corpus",
                str(corpus),
                "--fold",
                str(fold),
                "--misses",
                "9999",
                "--predictions",
                str(out),
            ]
        )
    command = [sys.executable, str(script), "score", str(corpus), str(out), "--fold", str(fold), "--misses", "9999"]
    expected = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    assert capsys.readouterr().out == expected
