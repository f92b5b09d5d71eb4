"""Sources as streams: every kind gives the same records, in order; what cannot be read is an item; little memory."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from critparse.errors import (
    BinaryInput,
    CritparseError,
    EmptyInput,
    InputError,
    InputNotFound,
    InputTooLarge,
    MalformedInput,
    UnknownFormat,
)
from critparse.sources import read_item, streams
from critparse.sources.streams import Meter, all_items, stream

RECORDS: list[dict[str, Any]] = [
    {"id": f"X{i}", "eligibility": f"Age over {i + 17} years", "minimum_age": f"{i + 18} Years"} for i in range(5)
]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)
AACT = "id|nct_id|criteria|minimum_age\n" + "".join(
    f"{i}|X{i}|{record['eligibility']}|{record['minimum_age']}\n" for i, record in enumerate(RECORDS)
)


def made(kind: str, folder: Path) -> Path:  # noqa: C901, PLR0912  one branch a kind
    """The records in a source of that kind."""
    path = folder / kind
    match kind:
        case "r.jsonl" | "r.ndjson":
            path.write_text(LINES, encoding="utf-8")
        case "r.jsonl.gz":
            path.write_bytes(gzip.compress(LINES.encode()))
        case "r.json":
            path.write_text(json.dumps(RECORDS), encoding="utf-8")
        case "r.json.gz":
            path.write_bytes(gzip.compress(json.dumps(RECORDS).encode()))
        case "r.csv" | "r.csv.gz":
            text = "id,eligibility,minimum_age\n" + "".join(",".join(r.values()) + "\n" for r in RECORDS)
            path.write_bytes(gzip.compress(text.encode()) if kind.endswith("gz") else text.encode())
        case "r.parquet":
            pq.write_table(pa.Table.from_pylist(RECORDS), path)
        case "folder":
            for number, record in enumerate(RECORDS):
                inner = path / ("b" if number > 2 else "a")
                inner.mkdir(parents=True, exist_ok=True)
                (inner / f"{number}.json").write_text(json.dumps(record), encoding="utf-8")
            (path / ".hidden").write_bytes(b"\0\1")
        case "zip.zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for number, record in enumerate(RECORDS):
                    archive.writestr(f"NCT{number}/{number}.json", json.dumps(record))
                archive.writestr("__MACOSX/._0.json", b"\0")
        case "lines.zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("records.jsonl", LINES)
        case "aact":
            path.mkdir()
            (path / "eligibilities.txt").write_text(AACT, encoding="utf-8")
        case "aact.zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("eligibilities.txt", AACT)
    return path


KINDS = (
    "r.jsonl", "r.ndjson", "r.jsonl.gz", "r.json", "r.json.gz", "r.csv", "r.csv.gz", "r.parquet", "folder", "zip.zip",
    "lines.zip", "aact", "aact.zip",
)  # fmt: skip


def items(*paths: Path | str) -> list[tuple[str, Any]]:
    """All items with the format to read them in."""
    return list(all_items([stream(str(path)) for path in paths], Meter()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_records_in_order(kind: str, tmp_path: Path) -> None:
    """With number, text and age; each has a place of its own for messages."""
    found = items(made(kind, tmp_path))
    records = [read_item(item, reader) for reader, item in found]
    assert [(r.trial_id, r.texts[0].raw, r.registry.minimum_age.value) for r in records] == [  # type: ignore[union-attr]
        (f"X{i}", f"Age over {i + 17} years", i + 18.0) for i in range(5)
    ]
    places = [place for _, (place, _) in found]
    assert len(set(places)) == 5 and all(place.startswith(str(tmp_path / kind)) for place in places)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"r.json", "r.json.gz", "r.csv"}])
def test_how_far_it_is_can_be_told(kind: str, tmp_path: Path) -> None:
    """At the end everything has been read, and never more than everything."""
    meter = Meter()
    fractions = [meter.fraction or 0.0 for _ in all_items([stream(str(made(kind, tmp_path)))], meter)]
    assert fractions == sorted(fractions) and all(0 <= fraction <= 1 for fraction in fractions)
    assert any(fractions)
    assert meter.fraction == 1.0 and meter.total == 5


def test_several_sources_come_one_after_the_other(tmp_path: Path) -> None:
    """In the order given."""
    found = items(made("r.parquet", tmp_path), made("zip.zip", tmp_path))
    assert len(found) == 10 and found[0][1][0].endswith("r.parquet, row 1") and found[9][1][0].endswith("NCT4/4.json")


def test_standard_input_is_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES.encode())))
    assert [content["id"] for _, (_, content) in items("-")] == ["X0", "X1", "X2", "X3", "X4"]


def test_what_cannot_be_read_takes_the_place_of_its_record(tmp_path: Path) -> None:
    """A broken line, a binary file in a folder, a damaged zip file in it."""
    folder = made("folder", tmp_path)
    (folder / "a/0.json").write_bytes(b"\0\1\2")
    (folder / "c.zip").write_bytes(b"PK\x03\x04 no zip")
    (folder / "d.jsonl").write_text('{"id": 1}\n{broken\n', encoding="utf-8")
    found = [type(content) for _, (_, content) in items(folder)]
    assert found[0] is BinaryInput and found[5] is InputError and found[7] is MalformedInput
    assert found.count(dict) == 5


def test_a_member_of_a_zip_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it claims: it is unpacked no further than the limit; the members behind it are read."""
    monkeypatch.setattr(streams, "MAX_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * 5_000_000)
        archive.writestr("b.json", json.dumps(RECORDS[0]))
    found = [content for _, (_, content) in items(tmp_path / "bomb.zip")]
    assert isinstance(found[0], InputTooLarge) and found[1] == RECORDS[0]


def test_large_tables_are_read_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the delimiter of their first line; a ragged row is an error item; an unknown header an error."""
    monkeypatch.setattr(streams, "MAX_BYTES", 100)
    table = tmp_path / "t.csv"
    table.write_text("id;eligibility\nA;one\nB\n" + "".join(f"C{i};two\n" for i in range(50)), encoding="utf-8")
    found = [content for _, (_, content) in items(table)]
    assert found[0] == {"id": "A", "eligibility": "one"} and isinstance(found[1], MalformedInput) and len(found) == 52
    table.write_text("colour;taste\n" + "red;sweet\n" * 50, encoding="utf-8")
    with pytest.raises(MalformedInput, match="no known columns"):
        items(table)


def test_what_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    """Before anything is read: unknown paths and formats."""
    with pytest.raises(InputNotFound):
        stream(str(tmp_path / "none.jsonl"))
    with pytest.raises(UnknownFormat):
        stream(str(tmp_path), format="klingon")


@pytest.mark.parametrize("name", ["x.zip", "x.parquet", "x.jsonl.gz"])
def test_damaged_files_are_typed_errors(name: str, tmp_path: Path) -> None:
    """One line, naming the file."""
    (tmp_path / name).write_bytes(b"PK\x03\x04 neither this nor that")
    with pytest.raises(CritparseError, match=name):
        items(tmp_path / name)


def test_a_folder_without_records_is_empty(tmp_path: Path) -> None:
    """It is an error, not a silence."""
    with pytest.raises(EmptyInput):
        items(tmp_path)


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet", "zip"])
def test_memory_does_not_grow_with_the_source(kind: str, tmp_path: Path) -> None:
    """20 MB are read within 6."""
    record = {"id": "X", "eligibility": "Age over 18 years. " * 1000}
    path = tmp_path / f"big.{kind}"
    if kind == "jsonl.gz":
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
            out.writelines(json.dumps(record) + "\n" for _ in range(1000))
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist([record] * 1000), path, row_group_size=100)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(1000):
                archive.writestr(f"{number}.json", json.dumps(record))
    tracemalloc.start()
    try:
        assert sum(1 for _ in all_items([stream(str(path))], Meter())) == 1000
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()
