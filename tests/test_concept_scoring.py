"""The arithmetic of linking's figures, held against linkers that say what the test wants."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import Run, module_at

from critparse.errors import InputNotFound, MalformedInput
from critparse.learn import concepts as scoring
from critparse.learn.brat import fold_of
from critparse.learn.concepts import COLUMNS, Outcome, Row, key, link_all, read_concepts, summary
from critparse.schema import Concept, Linked

HEAD = "\t".join(COLUMNS)
CORPUS = f"""\
# a comment
{HEAD}
x1\tT2DM\tAdults with T2DM\tCondition\tabbreviation\tMESH:D003924|DOID:9352
x2\tasthma\tNo asthma\tCondition\tplain\tMESH:D001249|DOID:2841
x3\thaemoglobin\thaemoglobin over 9\tMeasurement\tbritish\tLOINC:718-7|LOINC:20509-6
x4\tset\tthe set of rules\tMeasurement\tnone\t\tnot the gene
x5\tICF\tSigned ICF\tObservation\tnone
"""


def concept(code: str, method: str = "exact") -> Concept:
    """A concept from "SYSTEM:code"."""
    system, _, number = code.partition(":")
    return Concept(system=system, code=number, display=code, score=1, method=method)


def said(*codes: str, candidates: tuple[str, ...] = ()) -> Linked:
    """An answer with these codes."""
    return Linked(text="m", concepts=tuple(map(concept, codes)), candidates=tuple(map(concept, candidates)))


ANSWERS = {
    "T2DM": said("MESH:D003924", "DOID:9352"),
    "asthma": said(candidates=("MESH:D001249",)),
    "haemoglobin": said("LOINC:4548-4"),
    "set": said("HGNC:10760"),
    "ICF": said(),
}


def answer(text: str, *, label: str | None = None, context: str = "") -> Linked:
    """A linker that knows five mentions, and is always told where they stand."""
    assert label is not None
    assert text in context
    return ANSWERS[text]


def outcome(gold: str, *codes: str) -> Outcome:
    """One mention with its gold codes, and what it was linked to."""
    row = Row("x", "m", "the m", "Condition", "plain" if gold else "none", tuple(gold.split()), "")
    return Outcome(row, said(*codes).concepts, ())


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Five labelled mentions."""
    path = tmp_path / "mentions.tsv"
    path.write_text(CORPUS, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("gold", "given", "verdict"),
    [
        ("MESH:D1 DOID:1", ("MESH:D1",), "right"),
        ("MESH:D1 DOID:1", ("DOID:1", "MESH:D2"), "right"),  # the best one counts
        ("MESH:D1 DOID:1", ("MESH:D2", "DOID:1"), "wrong"),  # the best one contradicts
        ("MESH:D1", ("UMLS:C9", "MESH:D1"), "right"),  # the best one is of a system that the label does not name
        ("MESH:D1", ("UMLS:C9", "MESH:D1", "MESH:D2"), "wrong"),  # two of a system, one of them wrong
        ("MESH:D1", ("UMLS:C9",), "wrong"),
        ("MESH:D1", (), "missed"),
        ("", ("MESH:D1",), "wrong"),
        ("", (), "unlinked"),
        ("DOID:9352", ("DOID:DOID:9352",), "right"),  # codes may carry their prefix
        ("SCORE:ham-d", ("SCORE:HAMD",), "right"),
        ("SCORE:ham-d", ("CRITPARSE:SCORE:ham-d",), "right"),  # critparse's own id
        ("LOINC:718-7", ("CRITPARSE:ANALYTE:haemoglobin",), "wrong"),
        ("LOINC:718-7", ("LOINC:7187",), "wrong"),  # only names of scores are folded
    ],
)
def test_what_is_right(gold: str, given: tuple[str, ...], verdict: str) -> None:
    """The definition at the head of the module, case by case."""
    assert outcome(gold, *given).verdict == verdict


def test_a_prefix_is_written_once() -> None:
    """DOID's codes begin with their own name."""
    assert key(concept("DOID:DOID:9352")) == key(concept("DOID:9352")) == "DOID:9352"


def test_figures(corpus: Path) -> None:
    """One right, one missed with its code among the candidates, one wrong code, one false link, one rightly without."""
    found = summary(link_all(read_concepts(corpus), answer))
    assert {name: found[name] for name in ("mentions", "linkable", "right", "wrong", "missed", "unlinked")} == {
        "mentions": 5,
        "linkable": 3,
        "right": 1,
        "wrong": 2,
        "missed": 1,
        "unlinked": 1,
    }
    assert (found["accuracy"], found["precision"], found["reach"]) == (0.3333, 0.3333, 0.6667)
    assert found["by_label"]["Condition"]["accuracy"] == 0.5
    assert found["by_kind"]["none"] == {
        "mentions": 2, "linkable": 0, "right": 0, "wrong": 1, "missed": 0, "unlinked": 1,
        "accuracy": None, "precision": 0.0, "reach": None,
    }  # fmt: skip
    assert found["by_method"]["exact"]["precision"] == 0.3333


def test_figures_by_system(corpus: Path) -> None:
    """A system is judged by its own first code, where the labels name it; false links count against theirs."""
    by_system = summary(link_all(read_concepts(corpus), answer))["by_system"]
    assert by_system == {
        "DOID": {"gold": 2, "given": 1, "right": 1, "recall": 0.5, "precision": 1.0},
        "LOINC": {"gold": 1, "given": 1, "right": 0, "recall": 0.0, "precision": 0.0},
        "MESH": {"gold": 2, "given": 1, "right": 1, "recall": 0.5, "precision": 1.0},
    }
    false = [outcome("MESH:D1", "MESH:D1"), outcome("", "MESH:D5")]
    assert summary(false)["by_system"]["MESH"]["precision"] == 0.5


def test_command(corpus: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """``evaluate concepts`` lists what is not right and ends with one line of figures; ``--json`` is JSON alone."""
    monkeypatch.setattr(scoring, "default_link", lambda: answer)
    code, out, _ = run("evaluate", "concepts", "--corpus", str(corpus), "--misses", "9")
    assert code == 0
    *_, missed, wrong, false, last = out.splitlines()
    assert missed.startswith("MISSED | x2 | Condition | plain | asthma |  | MESH:D001249 MESH:D001249 |")
    assert wrong.startswith("WRONG | x3 | Measurement | british | haemoglobin | LOINC:4548-4 LOINC:4548-4 (exact) |")
    assert false.startswith("WRONG | x4 | Measurement | none | set | HGNC:10760")
    assert last == "accuracy 0.3333  precision 0.3333  reach 0.6667  (3 linkable of 5 mentions)"
    document = json.loads(run("evaluate", "concepts", "--corpus", str(corpus), "--misses", "1", "--json")[1])
    assert document["accuracy"] == 0.3333
    assert [miss["id"] for miss in document["misses"]] == ["x2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id\tmention\n", "columns"),
        (f"{HEAD}\nx1\ta\tan a\tDrug\tnone\tMESH:D1\n", "x1 is of kind 'none' and has 1 codes"),
        (f"{HEAD}\nx1\ta\tan a\tDrug\tplain\n", "x1 is of kind 'plain' and has 0 codes"),
        (f"{HEAD}\nx1\ta\tan a\tDrug\tnew\tMESH:D1\n", "kind 'new'"),
        (f"{HEAD}\n{HEAD}\tmore\n", "8 cells"),
        ("caf\xe9", "UTF-8"),
    ],
)
def test_unusable_corpora_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    """Whatever is wrong with the file, the error names it and says why."""
    path = tmp_path / "mentions.tsv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(MalformedInput, match=reason):
        read_concepts(path)


def test_a_corpus_that_is_not_there(tmp_path: Path) -> None:
    """A typed error."""
    with pytest.raises(InputNotFound):
        read_concepts(tmp_path / "none.tsv")


BENCH = module_at("benchmarks/bench_concepts.py")
BRAT = "T1\tCondition 3 9\tasthma\nT2\tValue 0 2\tNo\nT3\tDrug 12 17;20 24\tsteri pred\n"


def test_mentions_to_judge(tmp_path: Path) -> None:
    """Entities of fold 1 with the line they stand in; values and mentions with gaps are no concepts."""
    name = next(f"NCT{number:08}" for number in range(100) if fold_of(f"NCT{number:08}") == BENCH.FOLD)
    (tmp_path / f"{name}_exc.txt").write_bytes(b"No asthma\n, steri, pred\n")
    (tmp_path / f"{name}_exc.ann").write_text(BRAT, encoding="utf-8")
    assert list(BENCH.chia_mentions(tmp_path)) == [(f"{name}_exc", "Condition", "asthma", "No asthma")]


def test_misspelt_names() -> None:
    """Names that are long enough get one slip each, the same ones for the same seed."""
    names = ["rheumatoid arthritis", "gout", "phenylketonuria", "hypertension"]
    spoilt = BENCH.misspelt(names, 1)
    assert spoilt == BENCH.misspelt(names, 1)
    assert len(spoilt) == 3
    assert all(abs(len(one) - len(other)) <= 1 for one, other in zip(spoilt, [names[0], *names[2:]], strict=True))
