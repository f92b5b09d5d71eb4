"""AACT as downloaded (files, zip) and as a live database."""

from __future__ import annotations

import io
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import skip_without

from critparse.cli import main
from critparse.errors import DatabaseError, EmptyInput, InputError, InputTooLarge, MalformedInput, MissingExtra
from critparse.sources import Record, aact_files, read_items, read_many
from critparse.sources.aact_db import Database, is_connection
from critparse.sources.rows import streamed_rows

ELIGIBILITIES = (
    "id|nct_id|sampling_method|gender|minimum_age|maximum_age|healthy_volunteers|population|criteria|"
    "gender_description|gender_based|adult|child|older_adult\n"
    '1|NCT1||ALL|18 Years||t||"Inclusion Criteria:~~* Tea | coffee"||f|t|f|t\n'
    "2|NCT2||FEMALE|6 Months|12 Years|f||Inclusion Criteria:~* Infants||f|f|t|f\n"
)
STUDIES = (
    "nct_id|nlm_download_date_description|brief_title|official_title|phase|enrollment\n"
    "NCT2||Milk|Longer|PHASE1/PHASE2|40\nNCT1||Tea|Longer|PHASE4|7\n"
)
SUMMARIES = 'id|nct_id|description\n1|NCT1|"Does tea | coffee~help?"\n'
DESCRIPTIONS = "id|nct_id|description\n1|NCT1|Cups.\n"
CONDITIONS = (
    "id|nct_id|name|downcase_name\n1|NCT1|Thirst|thirst\n2|NCT2|Hunger|hunger\n3|NCT1|Fatigue; daytime|fatigue\n"
)
FILES = {
    "eligibilities.txt": ELIGIBILITIES,
    "studies.txt": STUDIES,
    "brief_summaries.txt": SUMMARIES,
    "detailed_descriptions.txt": DESCRIPTIONS,
    "conditions.txt": CONDITIONS,
    "sponsors.txt": "id|nct_id|name\n1|NCT1|Tea Institute\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A download, unpacked."""
    path = tmp_path / "20260101_pipe"
    path.mkdir()
    for name, text in FILES.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def _zip(path: Path, files: dict[str, str], prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(prefix + name, text)
    return path


def _shown(record: Any) -> tuple[Any, ...]:
    assert isinstance(record, Record), record
    registry = record.registry
    return record.trial_id, record.title, registry.conditions, registry.enrollment, registry.phase


JOINED = [
    ("NCT1", "Tea", ("Thirst", "Fatigue; daytime"), 7, "Phase 4"),
    ("NCT2", "Milk", ("Hunger",), 40, "Phase 1/Phase 2"),
]


class TestFiles:
    def test_a_folder(self, folder: Path) -> None:
        """One record for each row of eligibilities, with what the other tables say of the trial."""
        first, second = read_many(folder)
        assert [_shown(first), _shown(second)] == JOINED
        assert isinstance(first, Record) and isinstance(second, Record)
        assert [(text.id, text.text) for text in first.texts] == [
            ("eligibility", "Inclusion Criteria:\n\n* Tea | coffee"),
            ("description", "Cups."),
            ("summary", "Does tea | coffee\nhelp?"),
            ("title", "Tea"),
        ]
        assert (first.registry.sex, first.registry.healthy_volunteers) == ("all", True)
        assert second.registry.maximum_age is not None and second.registry.maximum_age.text == "12 Years"
        assert [text.id for text in second.texts] == ["eligibility", "title"]

    def test_the_file_itself(self, folder: Path) -> None:
        """Is completed by those beside it; alone it is a record all the same."""
        assert [_shown(record) for record in read_many(folder / "eligibilities.txt")] == JOINED
        for name in FILES:
            if name != "eligibilities.txt":
                (folder / name).unlink()
        assert [_shown(record)[:3] for record in read_many(folder)] == [("NCT1", None, ()), ("NCT2", None, ())]

    @pytest.mark.parametrize("prefix", ["", "20260101/"])
    def test_a_zip_file(self, tmp_path: Path, prefix: str) -> None:
        """As it was downloaded, read without unpacking it."""
        path = _zip(tmp_path / "aact.ZIP", FILES, prefix)
        assert [_shown(record) for record in read_many(path)] == JOINED
        assert [p.name for p in tmp_path.iterdir()] == ["aact.ZIP"]

    def test_the_program_takes_them(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A folder with that file in it is one download, not so many files."""
        with pytest.raises(SystemExit) as end:
            main(["parse", "--no-model", "--format", "jsonl", str(folder)])
        assert end.value.code == 0
        trials = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [(trial["trial_id"], trial["source_format"]) for trial in trials] == [("NCT1", "aact"), ("NCT2", "aact")]

    def test_one_file_for_each_record(self, folder: Path, tmp_path: Path) -> None:
        """As of any input that holds many, when the output is a folder by its name."""
        with pytest.raises(SystemExit) as end:
            main(["parse", "--no-model", "--format", "json", "-o", str(tmp_path / "parsed"), str(folder)])
        assert end.value.code == 0
        assert sorted(path.name for path in (tmp_path / "parsed").iterdir()) == ["NCT1.json", "NCT2.json"]

    def test_rows_that_cannot_be_read(self, folder: Path) -> None:
        """Come as errors in their places, with the line; a bad row elsewhere only leaves its fields out."""
        (folder / "eligibilities.txt").write_text(ELIGIBILITIES.replace("2|NCT2|", "2|NCT2|x|y|") + "3|NCT3" + "|" * 12)
        (folder / "conditions.txt").write_text(CONDITIONS.replace("1|NCT1|Thirst|", "1|NCT1|"))
        first, second, third = read_many(folder)
        assert _shown(first)[2] == ("Fatigue; daytime",)
        assert str(second) == (
            f"cannot read {folder}, eligibilities.txt, line 3 as aact: the row has 16 cells, the header 14"
        )
        assert _shown(third)[0] == "NCT3"

    def test_one_row_at_a_time_is_in_memory(self, folder: Path) -> None:
        """However long the file."""
        with (folder / "eligibilities.txt").open("a", encoding="utf-8") as file:
            for number in range(3, 6000):
                file.write(f"{number}|NCT{number}||ALL|||f||{'words ' * 600}||f|t|t|t\n")
        assert (folder / "eligibilities.txt").stat().st_size > 20_000_000
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_many(folder)) == 5999
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()

    def test_damaged_and_foreign_files(self, folder: Path, tmp_path: Path) -> None:
        """One clear error each, at the call."""
        (folder / "eligibilities.txt").write_text("Adults only")
        with pytest.raises(MalformedInput, match="names no column nct_id"):
            read_many(folder)
        (folder / "eligibilities.txt").write_text("id|nct_id|criteria\n")
        with pytest.raises(EmptyInput):
            read_many(folder)
        with pytest.raises(InputError, match=r"the zip file holds no eligibilities\.txt"):
            read_many(_zip(tmp_path / "other.zip", {"readme.txt": "x"}))
        (tmp_path / "bad.zip").write_bytes(b"PK\3\4 and so on")
        with pytest.raises(InputError, match="the zip file is damaged"):
            read_many(tmp_path / "bad.zip")

    def test_zip_bombs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What unpacks to far more than such tables do, or to too much, is not unpacked."""
        monkeypatch.setattr(aact_files, "_SMALL", 100_000)
        bomb = _zip(tmp_path / "bomb.zip", FILES | {"studies.txt": "0" * 1_000_000})
        with pytest.raises(InputError, match=r"studies\.txt unpacks to suspiciously much"):
            read_many(bomb)
        monkeypatch.setattr(aact_files, "MAX_UNPACKED", 500)
        with pytest.raises(InputTooLarge, match="exceed the limit of 500"):
            read_many(_zip(tmp_path / "big.zip", FILES))

    def test_an_encrypted_zip_file(self, tmp_path: Path) -> None:
        """Says so."""
        path = _zip(tmp_path / "a.zip", FILES)
        data = bytearray(path.read_bytes())
        for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            place = data.find(signature)
            while place >= 0:
                data[place + flags] |= 1
                place = data.find(signature, place + 4)
        path.write_bytes(data)
        with pytest.raises(InputError, match="it is encrypted"):
            read_many(path)


class TestRows:
    def test_quoted_line_ends(self) -> None:
        """A row goes on while a cell is open; numbers are those of the lines."""
        text = 'a|b\n"1\r\n2"|"x ""y"""\n\n3|4'
        assert list(streamed_rows(io.StringIO(text, newline="\n"), "|", 100)) == [
            (1, ["a", "b"]),
            (2, ["1\r\n2", 'x "y"']),
            (5, ["3", "4"]),
        ]

    def test_a_row_without_end(self) -> None:
        """Is given up at the bound, and reading goes on below."""
        text = 'a\n"' + "x" * 300 + '\n2\n"' + "y\n" * 60 + "3\n"
        found = list(streamed_rows(io.StringIO(text, newline="\n"), "|", 100))
        assert found[:3] == [(1, ["a"]), (2, None), (3, ["2"])]
        assert found[3] == (4, None)
        assert found[-1] == (64, ["3"])


class TestConnectionStrings:
    @pytest.mark.parametrize("text", ["postgresql://h/aact", "postgres://u:p@h:5432/aact", "PostgreSQL:///aact"])
    def test_recognised(self, text: str) -> None:
        """By their scheme."""
        assert is_connection(text)
        assert not is_connection(f"./{text}") and not is_connection("postgresql.txt")

    def test_what_it_says(self) -> None:
        """Our own settings do not go to PostgreSQL; a wait for the connection has a bound."""
        database = Database.of("postgresql://me:s%40crt@h:5433/aact?sslmode=require&nct_id=nct1,NCT2&schema=Other")
        assert database.connection == "postgresql://me:s%40crt@h:5433/aact?sslmode=require&connect_timeout=10"
        assert (database.name, database.trials, database.schema) == (
            "postgresql://me@h:5433/aact",
            ("NCT1", "NCT2"),
            "Other",
        )
        assert "crt" not in repr(database)

    @pytest.mark.parametrize(
        "text",
        [
            "postgresql://me:s@crt@h/aact",
            "postgresql://me:sec/ret@h/aact",
            "postgresql://me:12#secret@h/aact",
            "postgresql://me:12?secret@h/aact",
            "postgresql://me:secret/aact",
            "postgresql://me:secret@[h/aact",
        ],
    )
    def test_a_password_with_special_signs(self, text: str) -> None:
        """Cannot be told from the rest: refused without a word of it."""
        with pytest.raises(InputError, match="write %40 for @") as caught:
            Database.of(text)
        assert "ret" not in str(caught.value) and "crt" not in str(caught.value)

    def test_without_psycopg(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """The extra that brings it is named."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(MissingExtra, match=r"pip install 'critparse\[aact\]'"):
            next(Database.of("postgresql://h/aact").items())
        with pytest.raises(SystemExit) as end:
            main(["parse", "postgresql://me:secret@h/aact"])
        assert end.value.code == 2
        assert capsys.readouterr().err.startswith("critparse: reading from a PostgreSQL database needs psycopg")

    def test_nobody_listens(self, capsys: pytest.CaptureFixture[str]) -> None:
        """One line that says where, and no password."""
        pytest.importorskip("psycopg", reason="psycopg is not installed (extra [aact])")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(SystemExit) as end:
            main(["parse", f"postgresql://me:secret@127.0.0.1:{port}/aact"])
        error = capsys.readouterr().err
        assert end.value.code == 2
        assert error.startswith(f"critparse: cannot read from postgresql://me@127.0.0.1:{port}/aact: ")
        assert "refused" in error and error.count("\n") == 1 and "secret" not in error


TABLES = """
create schema ctgov;
create table ctgov.studies (nct_id text primary key, brief_title text, official_title text, phase text,
  enrollment integer);
create table ctgov.eligibilities (id serial, nct_id text, sampling_method text, gender text, minimum_age text,
  maximum_age text, healthy_volunteers boolean, population text, criteria text);
create table ctgov.brief_summaries (id serial, nct_id text, description text);
create table ctgov.detailed_descriptions (id serial, nct_id text, description text);
create table ctgov.conditions (id serial, nct_id text, name text);
insert into ctgov.studies values ('NCT2', 'Milk', null, 'PHASE1/PHASE2', 40), ('NCT1', 'Tea', 'Longer', 'PHASE4', 7);
insert into ctgov.eligibilities (nct_id, gender, minimum_age, maximum_age, healthy_volunteers, criteria) values
  ('NCT2', 'FEMALE', '6 Months', '12 Years', false, E'Inclusion Criteria:\\n\\n* Infants ~ small'),
  ('NCT1', 'ALL', '18 Years', null, true, E'Inclusion Criteria:\\n\\n* BMI \\\\>= 30');
insert into ctgov.brief_summaries (nct_id, description) values ('NCT1', 'Does tea help?');
insert into ctgov.conditions (nct_id, name) values ('NCT1', 'Thirst'), ('NCT2', 'Hunger'), ('NCT1', 'Fatigue; daytime');
create schema empty;
"""


def _programs() -> Path | None:
    """The folder of PostgreSQL's server programs."""
    candidates = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((path for path in candidates if (path / "pg_ctl").exists()), None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of our own with a small AACT in it: its connection string."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (extra [aact])")
    programs = _programs()
    if programs is None:
        skip_without(
            "postgresql", "no PostgreSQL server programs (initdb, pg_ctl); Debian has them in the package postgresql"
        )
    user = None
    if os.getuid() == 0:  # the server refuses to be run by root
        if "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("PostgreSQL cannot be run by root, and there is no user postgres")
        user = "postgres"
    with tempfile.TemporaryDirectory(prefix="critparse-pg-") as folder:
        if user:
            shutil.chown(folder, user)
        (Path(folder) / "password").write_text("top secret/@")
        (Path(folder) / "password").chmod(0o644)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", f"{folder}/data", *arguments]
            subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder, timeout=120)

        run("initdb", "-U", "reader", "-A", "scram-sha-256", f"--pwfile={folder}/password", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            address = f"postgresql://reader:top%20secret%2F%40@127.0.0.1:{port}/postgres"
            with psycopg.connect(address) as connection:
                connection.execute(TABLES)
            yield address
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


class TestDatabase:
    def test_every_trial(self, server: str) -> None:
        """With what all tables say, in the order of the numbers; line ends are the database's own."""
        first, second = read_items(Database.of(server).items())
        assert [_shown(first), _shown(second)] == JOINED
        assert isinstance(first, Record) and isinstance(second, Record)
        assert [(text.id, text.text) for text in first.texts] == [
            ("eligibility", "Inclusion Criteria:\n\n* BMI >= 30"),
            ("summary", "Does tea help?"),
            ("title", "Tea"),
        ]
        assert second.texts[0].text == "Inclusion Criteria:\n\n* Infants ~ small"
        assert (first.registry.healthy_volunteers, second.registry.healthy_volunteers) == (True, False)

    def test_some_trials(self, server: str, capsys: pytest.CaptureFixture[str]) -> None:
        """Those asked for; one that is not there is said, without the password."""
        with pytest.raises(SystemExit) as end:
            main(["parse", "--no-model", "--format", "jsonl", f"{server}?nct_id=nct2,NCT9"])
        shown = capsys.readouterr()
        assert end.value.code == 2
        assert [json.loads(line)["trial_id"] for line in shown.out.splitlines()] == ["NCT2"]
        assert shown.err.startswith("critparse: cannot fetch NCT9: postgresql://reader@127.0.0.1:")
        assert shown.err.endswith("/postgres has no trial of that number\n")
        assert "secret" not in shown.err + shown.out

    def test_rows_come_in_portions(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """By a cursor on the server, which is left when the reader has enough."""
        monkeypatch.setattr("critparse.sources.aact_db._BATCH", 1)
        items = Database.of(server).items()
        where, row = next(items)
        assert where.endswith("/postgres, NCT1") and isinstance(row, dict) and row["nct_id"] == "NCT1"
        items.close()  # type: ignore[attr-defined]

    def test_what_the_database_says_against_it(self, server: str) -> None:
        """Tables that are not there, a wrong password, no rows: one clear line each."""
        with pytest.raises(DatabaseError, match=r'relation "empty.eligibilities" does not exist'):
            next(Database.of(f"{server}?schema=empty").items())
        with pytest.raises(DatabaseError, match="password authentication failed") as caught:
            next(Database.of(server.replace("%40@", "@")).items())
        assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
        with pytest.raises(DatabaseError, match="does not exist"):
            next(Database.of(f"{server}?schema=ctgov%22%3B%20drop%20table%20ctgov.studies%3B--").items())
        assert len(list(Database.of(server).items())) == 2

    def test_nothing_is_written(self, server: str) -> None:
        """The transaction is read-only, and an empty table is an empty input."""
        import psycopg

        with psycopg.connect(server) as connection:
            connection.execute("create schema bare")
            for table in ("studies", "eligibilities", "brief_summaries", "detailed_descriptions", "conditions"):
                connection.execute(f"create table bare.{table} (like ctgov.{table})")
            connection.commit()
        with pytest.raises(EmptyInput, match="it is empty"):
            next(Database.of(f"{server}?schema=bare").items())
