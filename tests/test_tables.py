"""Tables: every statement has its row, CSV and Parquet say the same, nothing is dangerous, the page is the schema."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from support import FIRST_TRIAL, ROOT, module_at, rules_in

import critparse
from critparse.errors import MissingExtra, OutputError
from critparse.exports.capability import PARTS
from critparse.exports.tables import CAPABILITIES, export, to_csv, written
from critparse.exports.tables.columns import TABLES
from critparse.exports.tables.parquet import schema, to_parquet, write_parquet
from critparse.exports.tables.rows import rows
from critparse.schema import Leaf, ParsedTrial, Unstructured

TEXT = (
    "Inclusion criteria:\n"
    "- Age 18 to 75 years\n"
    "- HbA1c ≥ 7.0 % and < 10 %\n"
    "- No history of stroke within 6 months before screening\n"
    "- At least two of the following:\n"
    "  - hypertension\n"
    "  - ECOG 0, 1 or 2\n"
    "  - ALT ≤ 3 × ULN\n"
    "Exclusion criteria:\n"
    "- =HYPERLINK wibble wobble\n"
    "- Prednisone > 20 mg/day\n"
)


@pytest.fixture(scope="module")
def trial() -> ParsedTrial:
    """A small record with statements of many kinds."""
    return critparse.parse({"id": "X1", "title": "A trial", "maximum_age": "70 Years", "eligibility": TEXT})


@pytest.fixture(scope="module")
def first() -> ParsedTrial:
    """The trial the project started from."""
    return critparse.parse(FIRST_TRIAL)


def records(trial: ParsedTrial, table: str) -> list[dict[str, object]]:
    """The rows of a table by column names."""
    names = [column.name for column in TABLES[table]]
    return [dict(zip(names, row, strict=True)) for row in rows(trial, table)]


class TestRows:
    def test_every_statement_has_one_row(self, first: ParsedTrial) -> None:
        """As many rows as leaves in the rules of the top criteria, each found by its path."""
        leaves = [rule for c in first.criteria for rule in rules_in(c.rule) if isinstance(rule, Leaf | Unstructured)]
        found = records(first, "rules")
        assert len(found) == len(leaves) > 30
        criteria = {criterion.id: criterion.model_dump(mode="json") for criterion in first.criteria}
        for row in found:
            place = criteria[str(row["criterion_id"])]
            for step in str(row["path"]).split("/")[1:]:
                place = place[int(step)] if isinstance(place, list) else place[step]
            assert place["kind"] == row["leaf_kind"]
            assert place["subject"]["text"] == (row["subject"] or "")

    def test_words_stand_at_their_offsets(self, first: ParsedTrial) -> None:
        """``start`` and ``end`` point at ``words`` in the text, in all tables that have them."""
        texts = {text.id: text.text for text in first.texts}
        for table in ("rules", "criteria"):
            for row in records(first, table):
                assert texts[str(row["text_id"])][int(str(row["start"])) : int(str(row["end"]))] == (row["words"] or "")

    def test_limits_and_codes(self, trial: ParsedTrial) -> None:
        """Limits with their inclusiveness, units, references; the best code and all of them."""
        by_subject = {row["subject"]: row for row in records(trial, "rules")}
        hba1c = by_subject["HbA1c"]
        assert (hba1c["lower"], hba1c["lower_inclusive"], hba1c["upper"], hba1c["upper_inclusive"]) == (
            7.0, True, 10.0, False,
        )  # fmt: skip
        assert (hba1c["unit_ucum"], hba1c["system"], hba1c["code"]) == ("%", "LOINC", "4548-4")
        assert json.loads(str(hba1c["codes"]))[0] == "LOINC:4548-4"
        alt = by_subject["ALT"]
        assert (alt["lower"], alt["upper"], alt["relative_to"]) == (None, 3.0, "uln")
        assert json.loads(str(by_subject["ECOG"]["values"])) == ["0", "1", "2"]

    def test_place_in_the_rule(self, trial: ParsedTrial) -> None:
        """Connective, sub-list item and negation; ``present`` stays the statement's own."""
        by_subject = {row["subject"]: row for row in records(trial, "rules")}
        alt = by_subject["ALT"]
        assert (alt["criterion_id"], alt["item_id"], alt["connective"]) == ("I4", "I4.3", "at_least")
        stroke = by_subject["stroke"]
        assert (stroke["kind"], stroke["negated"], stroke["present"]) == ("inclusion", False, False)
        assert json.loads(str(stroke["windows"]))[0]["anchor"]["event"] == "screening"

    def test_negation_counts_the_nots_above(self) -> None:
        """Two ``not`` are none."""
        rule = critparse.parse_criterion("hypertension").rule
        twice = critparse.schema.Not(rule=critparse.schema.Not(rule=rule))
        from critparse.exports.tables.rows import leaves

        assert [placed.negated for placed in leaves(critparse.schema.Not(rule=rule))] == [True]
        assert [(placed.negated, placed.path) for placed in leaves(twice)] == [(False, "/rule/rule/rule")]

    def test_findings_name_fields_and_criteria(self, trial: ParsedTrial) -> None:
        """The conflict of maximum ages rests on a field and a criterion."""
        row = next(row for row in records(trial, "findings") if row["code"] == "age-maximum-conflict")
        assert json.loads(str(row["fields"])) == {"maximum_age": "70 Years"}
        assert json.loads(str(row["criteria"])) == ["I1"]

    def test_criteria_have_parents_and_counts(self, trial: ParsedTrial, first: ParsedTrial) -> None:
        """Members of a sub-list know their parent; unread statements are counted."""
        by_id = {row["criterion_id"]: row for row in records(trial, "criteria")}
        assert by_id["I4.2"]["parent_id"] == "I4" and by_id["I4"]["parent_id"] is None
        assert (by_id["I4"]["statements"], by_id["I4"]["unread_statements"]) == (3, 0)
        one = records(first, "criteria")[0]
        assert (one["criterion_id"], one["statements"], one["unread_statements"]) == ("I1", 5, 1)


class TestCsv:
    def test_three_files_and_no_omissions(self, trial: ParsedTrial) -> None:
        """Each file has the written header."""
        exported = export(trial)
        assert set(exported.files) == {".rules.csv", ".findings.csv", ".criteria.csv"} and not exported.omissions
        for table, columns in TABLES.items():
            header = next(csv.reader(io.StringIO(exported.files[f".{table}.csv"])))
            assert header == [column.name for column in columns]

    def test_nothing_is_a_formula(self, trial: ParsedTrial) -> None:
        """No cell of text begins as a formula; the words behind the guard are kept."""
        cells = [cell for row in csv.reader(io.StringIO(to_csv([trial], "criteria"))) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
        assert any(cell.startswith("'- =HYPERLINK") for cell in cells)

    def test_rfc_4180(self, trial: ParsedTrial) -> None:
        """Lines end with CR LF; every row is as long as the header; a number below 0 is no formula."""
        text = to_csv([trial, trial], "rules")
        assert text.endswith("\r\n") and text.count("\r\n") == text.count("\n")
        assert {len(row) for row in csv.reader(io.StringIO(text))} == {len(TABLES["rules"])}
        assert written(-1.5) == "-1.5" and written(None) == "" and written(True) == "true"


class TestParquet:
    def test_round_trip(self, trial: ParsedTrial, first: ParsedTrial, tmp_path: Path) -> None:
        """What pyarrow reads back each row of each trial, with the written schema."""
        write_parquet(iter([trial, first]), tmp_path / "new")
        for table in TABLES:
            read = pq.read_table(tmp_path / "new" / f"{table}.parquet")
            assert read.schema.equals(schema(table), check_metadata=True)
            assert read.to_pylist() == records(trial, table) + records(first, table)

    def test_descriptions_go_with_the_fields(self) -> None:
        """A field's metadata is what docs/tables.md says; identifying columns are never null."""
        field = schema("rules").field("upper")
        assert field.metadata[b"description"] == b"upper limit" and field.nullable
        assert not schema("rules").field("criterion_id").nullable

    def test_one_trial_as_bytes(self, trial: ParsedTrial) -> None:
        """The files of one trial are whole Parquet files."""
        files = to_parquet(trial)
        assert set(files) == {".rules.parquet", ".findings.parquet", ".criteria.parquet"}
        assert pq.read_table(io.BytesIO(files[".findings.parquet"])).to_pylist() == records(trial, "findings")

    def test_no_trials_give_empty_tables(self, tmp_path: Path) -> None:
        """The files are there with their columns."""
        write_parquet([], tmp_path)
        assert pq.read_table(tmp_path / "rules.parquet").num_rows == 0

    def test_without_pyarrow(self, trial: ParsedTrial, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error says what to install."""
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(MissingExtra, match=r"critparse\[parquet\]"):
            to_parquet(trial)

    def test_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        """A file in the place of the folder is one typed error."""
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError):
            write_parquet([], tmp_path / "file")


@pytest.mark.parametrize("table", TABLES)
def test_duckdb_reads_the_same_from_both(table: str, first: ParsedTrial, trial: ParsedTrial, tmp_path: Path) -> None:
    """DuckDB's rows of the CSV are those of the Parquet, but for the guard of cells in CSV."""
    write_parquet([first, trial], tmp_path)
    (tmp_path / "t.csv").write_text(to_csv([first, trial], table), encoding="utf-8", newline="")
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE p AS SELECT * FROM '{tmp_path / table}.parquet'")
        types = {name: kind for name, kind, *_ in database.execute("DESCRIBE p").fetchall()}
        database.execute(
            "CREATE TABLE c AS SELECT * FROM read_csv(?, header = true, columns = ?, delim = ',', quote = '\"')",
            [str(tmp_path / "t.csv"), types],
        )
        from_parquet = database.execute("SELECT * FROM p").fetchall()
        from_csv = database.execute("SELECT * FROM c").fetchall()
        assert len(from_csv) == len(from_parquet) == len(list(rows(first, table))) + len(list(rows(trial, table)))
    guarded = [tuple(written(cell) if isinstance(cell, str) else cell for cell in row) for row in from_parquet]
    assert from_csv == guarded


def test_duckdb_finds_a_code_in_json(first: ParsedTrial, tmp_path: Path) -> None:
    """The query that docs/tables.md gives works."""
    write_parquet([first], tmp_path)
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    query = page.split("where they come from\n")[1].split(";")[0].replace("tables/", f"{tmp_path}/")
    assert duckdb.sql(query).fetchall() == [
        (first.trial_id, "E1", 3.0, None, "uln", first.text_of(first.criteria[5].rule.rules[1].evidence[0])
         + " " + first.text_of(first.criteria[5].rule.rules[1].evidence[1])),
    ]  # fmt: skip


def test_page_is_the_schema() -> None:
    """docs/tables.md has the columns as they are written: ``python scripts/tables_schema.py`` makes them."""
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert module_at("scripts/tables_schema.py").filled(page) == page
    assert page.count("| `trial_id` |") == len(TABLES)


def test_every_part_has_a_capability() -> None:
    """Tables say of every part of a rule how they express it."""
    assert set(CAPABILITIES) == set(PARTS)
