"""The labelled mentions that linking is measured, tuned and checked on: whole, well-formed, apart from each other."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from support import ROOT

from critparse.learn.concepts import KINDS, NONE, Row, read_concepts

GOLD, TUNING = ROOT / "corpora/concepts.tsv", ROOT / "corpora/concepts_dev.tsv"
CHECK, BLIND = ROOT / "corpora/concepts_check.tsv", ROOT / "corpora/concepts_blind.tsv"
LABELS = {"Condition", "Drug", "Procedure", "Device", "Measurement", "Observation"}
HARD = {"abbreviation", "misspelling", "class", "paraphrase"}
PATTERNS = {
    "MESH": r"D\d{6}|D\d{9}|C\d{6}|C\d{9}",
    "DOID": r"\d{1,7}",
    "MONDO": r"\d{7}",
    "DRUGBANK": r"DB\d{5}",
    "CHEBI": r"\d+",
    "LOINC": r"\d{3,5}-\d",
    "HGNC": r"\d+",
    "NCIT": r"C\d+",
    "SCORE": r"[a-z0-9]+(-[a-z0-9]+)*",
}


@pytest.fixture(scope="module", params=[GOLD, TUNING, CHECK, BLIND], ids=["gold", "tuning", "check", "blind"])
def rows(request: pytest.FixtureRequest) -> list[Row]:
    """The rows of one corpus."""
    return read_concepts(request.param)


def folded(mention: str) -> str:
    """What is left of a mention without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", mention.lower())


def check_digit(number: str) -> int:
    """The check digit of a LOINC number (modulus 10 over doubled alternate digits)."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number))]
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


@pytest.mark.parametrize(
    ("path", "total", "linkable", "hard"),
    [(GOLD, 400, 340, 100), (TUNING, 150, 127, 38), (CHECK, 200, 170, 80), (BLIND, 150, 128, 60)],
)
def test_make_up(path: Path, total: int, linkable: int, hard: int) -> None:
    """As many mentions as promised, at least a quarter of them hard, with every kind and label in it."""
    rows = read_concepts(path)
    kinds = Counter(row.kind for row in rows)
    assert (len(rows), len(rows) - kinds[NONE]) == (total, linkable)
    assert sum(kinds[kind] for kind in HARD) >= hard
    assert set(kinds) == set(KINDS)
    assert {row.label for row in rows} == LABELS


def test_rows_are_whole(rows: list[Row]) -> None:
    """Ids are unique and in order; every mention stands exactly once in its context, and once in the corpus."""
    assert [int(row.id[1:]) for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert row.context.count(row.mention) == 1, row
        assert len(row.context) > len(row.mention), row
        assert len(set(row.gold)) == len(row.gold), row
    assert [
        name for name, count in Counter((row.mention, row.label, row.kind) for row in rows).items() if count > 1
    ] == []


def test_codes_are_well_formed(rows: list[Row]) -> None:
    """Each code has the form of its system, and LOINC's check digits agree."""
    for row in rows:
        for gold in row.gold:
            system, _, code = gold.partition(":")
            assert re.fullmatch(PATTERNS[system], code), (row.id, gold)
            if system == "LOINC":
                assert check_digit(code[:-2]) == int(code[-1]), (row.id, gold)


def test_every_linkable_mention_has_a_primary_code(rows: list[Row]) -> None:
    """Conditions: MeSH, DOID or MONDO; drugs: MeSH or DrugBank; measurements: LOINC, HGNC, MeSH or a score's name."""
    primary = {
        "Condition": {"MESH", "DOID", "MONDO"},
        "Drug": {"MESH", "DRUGBANK"},
        "Measurement": {"LOINC", "HGNC", "MESH", "SCORE"},
    }
    for row in rows:
        systems = {code.partition(":")[0] for code in row.gold}
        assert not row.gold or systems & primary.get(row.label, {"MESH"}), row


@pytest.mark.parametrize(("path", "letter"), [(CHECK, "k"), (BLIND, "b")], ids=["check", "blind"])
def test_blind_sets_have_ids_of_their_own(path: Path, letter: str) -> None:
    """Ids of a blind set begin with its own letter, so that a row is known by its id wherever it is reported."""
    rows = read_concepts(path)
    assert [row.id for row in rows] == [f"{letter}{number:03}" for number in range(1, len(rows) + 1)]


@pytest.mark.parametrize(
    ("first", "second"), [*combinations((GOLD, TUNING, CHECK, BLIND), 2)], ids=lambda path: path.stem
)
def test_corpora_share_no_mention(first: Path, second: Path) -> None:
    """What is tuned on is not what is measured on, and what is checked on is neither, in whatever spelling."""
    known = {folded(row.mention) for row in read_concepts(first)}
    assert [row.mention for row in read_concepts(second) if folded(row.mention) in known] == []


def test_check_digit_is_loincs() -> None:
    """Codes known to be right."""
    assert [check_digit(number) for number in ("718", "2160", "4548", "89247")] == [7, 0, 4, 1]
