"""Building users' vocabularies: what is kept, going on after a kill, bounded memory, damaged files."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, module_at
from vocabulary_files import CONCEPT_HEADER, CONCEPTS, concept_line, pack, write_athena, write_rxnorm, write_umls

from critparse.concepts.vocabularies import Vocabulary
from critparse.concepts.vocabularies.athena import Athena
from critparse.concepts.vocabularies.build import Pace, build
from critparse.concepts.vocabularies.folder import FOLDER, partial_of, path_of
from critparse.concepts.vocabularies.idset import MAX_ID, IdSet
from critparse.concepts.vocabularies.lines import MAX_LINE, Lines
from critparse.concepts.vocabularies.rrf import rrf_source
from critparse.concepts.vocabularies.steps import Filters
from critparse.concepts.vocabularies.store import Store
from critparse.concepts.vocabularies.table import Table
from critparse.errors import VocabularyError, VocabularySourceError

ALL = Filters()
SMALL = Pace(lines=7, rows=3)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "built"))


def content(path: Path) -> list[str]:
    """Everything in a vocabulary but when it was built."""
    database = sqlite3.connect(path)
    lines = [line for line in database.iterdump() if "'built'" not in line and "trigram_" not in line]
    lines += [str(row) for row in database.execute("SELECT term, count FROM trigram_count ORDER BY 1")]
    lines += [
        str((term, database.execute("SELECT rowid FROM trigram WHERE trigram MATCH ?", (term,)).fetchall()))
        for term in ("dia", "sis", "ure")
    ]
    database.close()
    return lines


def athena(tmp_path: Path) -> Path:
    """The small download."""
    return write_athena(tmp_path / "athena")


def systems(name: str) -> dict[str, int]:
    """How many concepts a vocabulary has of each system."""
    found: dict[str, int] = {}
    for system, _, count, _ in Vocabulary.open(name).meta["counts"]:
        found[system] = found.get(system, 0) + count
    return found


class TestWhatIsKept:
    """Filters and defaults."""

    def test_default_leaves_out_what_no_criterion_names(self, tmp_path: Path) -> None:
        """Packages of drugs, metadata and places are not there; units and sexes are."""
        build("v", Athena(athena(tmp_path), ALL))
        assert systems("v") == {
            "SNOMEDCT": 19, "ICD10CM": 3, "MESH": 2, "RXNORM": 4, "ATC": 1, "LOINC": 3, "UCUM": 1, "Gender": 1,
            "Visit": 1, "LOCAL": 1,
        }  # fmt: skip

    def test_everything_is_kept_on_demand(self, tmp_path: Path) -> None:
        """Every concept of the file."""
        filters = Filters.of(everything=True)
        build("v", Athena(athena(tmp_path), filters))
        assert sum(systems("v").values()) == len(CONCEPTS)

    def test_filters_by_vocabulary_and_domain(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """In any case; one that the default leaves out comes when it is named; one that is not there is told."""
        filters = Filters.of(["snomed", "NDC", "SNOMEDD"], ["CONDITION", "Drug"])
        build("v", Athena(athena(tmp_path), filters))
        assert systems("v") == {"SNOMEDCT": 14, "NDC": 1}
        assert "nothing was found of snomedd" in caplog.text

    def test_filters_of_umls(self, tmp_path: Path) -> None:
        """By source and semantic type, by name or TUI."""
        for number, domain in enumerate(("T047", "disease or syndrome")):
            filters = Filters.of(["MSH"], [domain])
            build(f"v{number}", rrf_source(write_umls(tmp_path / "u"), filters))
            vocabulary = Vocabulary.open(f"v{number}")
            assert vocabulary.lookup("NIDDM") and vocabulary.lookup("rheumatoid arthritis")
            assert not vocabulary.lookup("prednisone") and not vocabulary.lookup("Type 2 diabetes mellitus")

    def test_without_hierarchy(self, tmp_path: Path) -> None:
        """It can be left away."""
        filters = Filters.of(hierarchy=False)
        build("v", Athena(athena(tmp_path), filters))
        assert Vocabulary.open("v").descendants(201820) == () and Vocabulary.open("v").meta["hierarchy"] == "none"

    def test_nothing_left_is_an_error(self, tmp_path: Path) -> None:
        """A filter that fits nothing."""
        filters = Filters.of(["SNOWMED"])
        with pytest.raises(VocabularySourceError, match="no concept is left"):
            build("v", Athena(athena(tmp_path), filters))

    def test_columns_go_by_name(self, tmp_path: Path) -> None:
        """Another order, capitals, a byte-order mark, Windows line ends, and an unknown column more."""
        folder = athena(tmp_path)
        file = folder / "CONCEPT.csv"
        rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
        rows[0] = [cell.upper() for cell in rows[0]]
        turned = ["\t".join([*reversed(row), "more"]) for row in rows]
        file.write_bytes(b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in turned).encode())
        build("v", Athena(folder, ALL))
        assert Vocabulary.open("v").lookup("T2DM")[0].concept.codes[0] == ("OMOP", "201826")

    def test_meta_says_what_it_is(self, tmp_path: Path) -> None:
        """Kind, origin, licence, versions, steps with lines read and kept."""
        build("v", Athena(athena(tmp_path), ALL))
        vocabulary = Vocabulary.open("v")
        meta = vocabulary.meta
        assert meta["kind"] == "athena" and meta["plan"]["where"] == str((tmp_path / "athena").resolve())
        assert meta["versions"] == {"None": "v5.0 27-AUG-25", "SNOMED": "2025-02-01"}
        assert "licence" in meta["licence"] and meta["names"] == 43 and meta["mappings"] == 7
        steps = [(step["step"], step["lines"], step["kept"]) for step in vocabulary.steps()]
        assert steps == [("concepts", 41, 36), ("synonyms", 10, 7), ("mappings", 16, 7), ("ancestors", 10, 7)]

    def test_taken_names_are_not_overwritten(self, tmp_path: Path) -> None:
        """Only on demand; then the old one stays until the new one is complete."""
        folder = athena(tmp_path)
        path = build("v", Athena(folder, ALL))
        with pytest.raises(VocabularyError, match="there already"):
            build("v", Athena(folder, ALL))
        filters = Filters.of(["RxNorm"])
        with pytest.raises(_Stop):
            build("v", Athena(folder, filters), replace=True, report=_stopping(1))
        assert Vocabulary.open("v").lookup("T2DM")
        build("v", Athena(folder, filters), replace=True)
        assert systems("v") == {"RXNORM": 4} and not partial_of(path).exists()


class _Stop(BaseException):
    """As Control-C: nothing catches it."""


def _stopping(at: int) -> Any:
    """A report that raises at its ``at``-th call."""
    calls = iter(range(1, 10_000))

    def report(stage: str, done: int, total: int) -> None:
        if next(calls) == at:
            raise _Stop

    return report


_CHILD = """
import os, signal, sys
from pathlib import Path
from critparse.concepts.vocabularies.athena import Athena
from critparse.concepts.vocabularies.build import Pace, build
from critparse.concepts.vocabularies.steps import Filters
from critparse.concepts.vocabularies import store
folder, seconds, statements = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
if statements:
    # die inside a transaction, behind so many statements of it
    class Dying(store.Store):
        count = 0
        def save(self, progress):
            super().save(progress)
            Dying.count += 1
            if Dying.count == statements:
                os.kill(os.getpid(), signal.SIGKILL)
    from critparse.concepts.vocabularies import build as module
    module.Store = Dying
if seconds:
    signal.setitimer(signal.ITIMER_REAL, seconds)  # its default action ends the process at once
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
build("v", Athena(folder, Filters()), pace=Pace(lines=2000, rows=500))
"""


def child(folder: Path, seconds: float = 0.0, statements: int = 0) -> int:
    """Build in a process of its own, which may be killed on its way; its exit code."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", _CHILD, str(folder), str(seconds), str(statements)]
    return subprocess.run(command, check=False, env=environment, timeout=300).returncode


class TestGoingOn:
    """A build that was stopped goes on, and the result is that of one that was not."""

    def test_stopped_after_every_batch(self, tmp_path: Path) -> None:
        """At each report there is, once, for each kind of source."""
        folder, csv = athena(tmp_path), tmp_path / "t.csv"
        csv.write_text("code,name,standard_code\n" + "".join(f'{n},"name\n{n}",{n // 3}\n' for n in range(20)))
        sources: dict[str, Any] = {
            "athena": lambda: Athena(folder, ALL),
            "umls": lambda: rrf_source(write_once(tmp_path / "u"), ALL),
            "csv": lambda: Table(csv, ALL, "t"),
        }
        for kind, source in sources.items():
            whole = build(f"{kind}-whole", source(), pace=SMALL)
            seen: set[tuple[str, int]] = set()

            def report(stage: str, done: int, total: int, seen: set[tuple[str, int]] = seen) -> None:
                if (stage, done) not in seen:
                    seen.add((stage, done))
                    raise _Stop

            while not path_of(f"{kind}-cut").exists():
                with contextlib.suppress(_Stop):
                    build(f"{kind}-cut", source(), pace=SMALL, report=report)
            assert len(seen) > 10
            assert content(path_of(f"{kind}-cut")) == content(whole)

    def test_each_line_is_read_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Going on means not to begin again."""
        folder = athena(tmp_path)
        read: list[int] = []
        inner = Athena._concept

        def counting(self: Athena, cells: tuple[str, ...]) -> Any:
            read.append(int(cells[0]))
            return inner(self, cells)

        monkeypatch.setattr(Athena, "_concept", counting)
        with pytest.raises(_Stop):
            build("v", Athena(folder, ALL), pace=SMALL, report=_stopping(3))
        committed = len(read)
        assert 0 < committed < len(CONCEPTS)
        build("v", Athena(folder, ALL), pace=SMALL)
        assert read == [row[0] for row in CONCEPTS]

    def test_killed_inside_a_transaction(self, tmp_path: Path) -> None:
        """What was not committed is done again, once."""
        folder = athena(tmp_path)
        assert child(folder) == 0
        whole = content(path_of("v"))
        path_of("v").unlink()
        assert [child(folder, statements=statements) for statements in (1, 2, 3)] == [-9, -9, -9]
        assert not path_of("v").exists()
        assert child(folder) == 0
        assert content(path_of("v")) == whole

    @pytest.mark.slow
    def test_killed_at_any_moment(self, tmp_path: Path) -> None:
        """By a timer, again and again, wherever it is."""
        folder = module_at("benchmarks/bench_vocabulary.py").generate(tmp_path / "big", 20_000)
        assert child(folder) == 0
        whole = content(path_of("v"))
        path_of("v").unlink()
        chance = random.Random(5)
        kills = 0
        while not path_of("v").exists():
            code = child(folder, seconds=0.03 + chance.random() * (0.2 + 0.05 * kills))
            kills += code < 0
            assert kills < 60
        assert kills >= 4
        assert content(path_of("v")) == whole

    def test_changed_files_are_begun_again(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Another file, or other filters, are another build."""
        folder = athena(tmp_path)
        with pytest.raises(_Stop):
            build("v", Athena(folder, ALL), pace=SMALL, report=_stopping(4))
        write_athena(folder, concepts=CONCEPTS[:3])
        build("v", Athena(folder, ALL), pace=SMALL)
        assert "starting again" in caplog.text
        assert systems("v") == {"SNOMEDCT": 3}

    def test_damaged_leftovers_are_thrown_away(self, tmp_path: Path) -> None:
        """A leftover that is no database is no obstacle."""
        partial = partial_of(path_of("v"))
        partial.parent.mkdir(parents=True)
        partial.write_bytes(b"not a database" * 1000)
        build("v", Athena(athena(tmp_path), ALL))
        assert Vocabulary.open("v").lookup("T2DM")

    def test_a_leftover_damaged_further_on(self, tmp_path: Path) -> None:
        """Nor is a database that is damaged behind its first page."""
        folder = athena(tmp_path)
        with pytest.raises(_Stop):
            build("v", Athena(folder, ALL), pace=SMALL, report=_stopping(9))
        partial = partial_of(path_of("v"))
        partial.write_bytes(partial.read_bytes()[:4096] + b"\xff" * 40_000)
        build("v", Athena(folder, ALL))
        assert Vocabulary.open("v").lookup("T2DM")

    def test_semantic_types_belong_to_the_files(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A changed MRSTY.RRF begins again; its damaged lines are counted."""
        folder = write_umls(tmp_path / "u")
        with pytest.raises(_Stop):
            build("u", rrf_source(folder, ALL), pace=SMALL, report=_stopping(3))
        with (folder / "MRSTY.RRF").open("a") as file:
            file.write("damaged\n\n")
        build("u", rrf_source(folder, ALL), pace=SMALL)
        assert "starting again" in caplog.text and "MRSTY.RRF: 1 damaged lines" in caplog.text

    def test_two_builds_at_once(self, tmp_path: Path) -> None:
        """The second is told, and harms nothing."""
        partial = partial_of(path_of("v"))
        partial.parent.mkdir(parents=True)
        with Store(partial) as first:
            with pytest.raises(VocabularyError, match="another build"):
                build("v", Athena(athena(tmp_path), ALL))
            first.put(plan={})


def write_once(folder: Path) -> Path:
    """The UMLS subset, with the times of the first writing."""
    return folder if folder.exists() else write_umls(folder)


class TestDamage:
    """Files that are not what they should be: one typed error that says where."""

    @pytest.mark.parametrize("name", ["CONCEPT", "CONCEPT_SYNONYM", "CONCEPT_RELATIONSHIP"])
    def test_missing_files(self, tmp_path: Path, name: str) -> None:
        """The file that is missing is named."""
        folder = athena(tmp_path)
        (folder / f"{name}.csv").unlink()
        with pytest.raises(VocabularySourceError, match=f"there is no {name}.csv"):
            Athena(folder, ALL)

    def test_missing_columns(self, tmp_path: Path) -> None:
        """So are the columns, and those that there are."""
        file = athena(tmp_path) / "CONCEPT.csv"
        file.write_text(CONCEPT_HEADER.replace("domain_id", "dom").replace("\t", ",") + "\n")
        with pytest.raises(VocabularySourceError, match=r"CONCEPT.csv: line 1 names no column concept_id, .*\(it has"):
            Athena(file.parent, ALL)

    def test_places_that_are_no_folder(self, tmp_path: Path) -> None:
        """A zip file, nothing, a NUL."""
        (tmp_path / "x.zip").write_bytes(b"PK\x03\x04")
        for place, said in ((tmp_path / "x.zip", "no folder"), (tmp_path / "no", "no such"), (Path("a\0b"), "null")):
            for source in (Athena, rrf_source):
                with pytest.raises(VocabularySourceError, match=said):
                    source(place, ALL)
        with pytest.raises(VocabularySourceError, match=r"neither MRCONSO\.RRF nor RXNCONSO\.RRF"):
            rrf_source(tmp_path, ALL)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"\x1f\x8b\x08", "gzip"),
            (b"PK\x03\x04", "zip"),
            (b"", "empty"),
            (b"\xff\xfec\x00o\x00", "UTF-16"),
            (b"\x00\x01\x02", "NUL"),
            (b"code,na\xefme\n", "line 1: it is not UTF-8"),
            (b"x" * (MAX_LINE + 10), f"more than {MAX_LINE} bytes"),
            (b"code,title\nA,b\n", "names no column name"),
            (b'code,"name\nA,b\n', "line 1"),
        ],
    )
    def test_files_that_are_no_table(self, tmp_path: Path, content: bytes, said: str) -> None:
        """Packed, binary, in another encoding, one endless line."""
        path = tmp_path / "t.csv"
        path.write_bytes(content)
        with pytest.raises(VocabularySourceError, match=said):
            Table(path, ALL, "t")
        with pytest.raises(VocabularySourceError, match="no such file"):
            Table(tmp_path / "none.csv", ALL, "t")

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            (b"A,", "line 3: it has no name"),
            (b",b", "line 3: it has no code"),
            (b"A,b,Disease", "line 3: 'Disease' is no label"),
            (b"A,b,Drug,more", "line 3: it has 4 cells"),
            (b"A,b\xe9", "line 3: it is not UTF-8"),
            (b"A,b\0", "line 3: it holds a NUL"),
            (b'A,"b', "line 4"),
            (b"A,b" + b"x" * MAX_LINE, "line 3: it has more than"),
            (b'A,"' + b"x" * 200_000 + b'"', "line 3: field larger"),
        ],
    )
    def test_damaged_rows_of_a_table(self, tmp_path: Path, row: bytes, said: str) -> None:
        """One's own table can be mended: the first damaged line is an error, and nothing is built."""
        path = tmp_path / "t.csv"
        path.write_bytes(b"code,name,label\nA1,good,Drug\n" + row + b"\nA2,fine,Drug\n")
        with pytest.raises(VocabularySourceError, match=said):
            build("t", Table(path, ALL, "t"))
        assert not path_of("t").exists()

    def test_some_damaged_lines_are_left_out(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Of a large download; they are counted, and the first is told."""
        folder = athena(tmp_path)
        bad = [
            b"123\tcut off",
            b"x\t" + concept_line(CONCEPTS[0]).encode().partition(b"\t")[2],
            concept_line(CONCEPTS[0]).encode().replace(b"Diabetes", b"Diab\0tes"),
            concept_line(CONCEPTS[0]).encode().replace(b"Diabetes", b"Diab\xe9tes"),
            b"1" * 10_000_000,
            b"9" * 30 + b"\t" + concept_line(CONCEPTS[0]).encode().partition(b"\t")[2],
        ]
        with (folder / "CONCEPT.csv").open("ab") as file:
            file.writelines(line + b"\n" for line in bad)
            file.write(concept_line((9, "Last of all", *CONCEPTS[0][2:])).encode())  # no line end
        build("v", Athena(folder, ALL))
        vocabulary = Vocabulary.open("v")
        assert vocabulary.lookup("last of all") and len(vocabulary.lookup("diabetes mellitus")) == 1
        step = vocabulary.steps()[0]
        assert (step["damaged"], step["example"]) == (6, "line 42: it has 2 cells, the header 10")
        assert "6 damaged lines were left out (the first: line 42" in caplog.text

    def test_blank_lines_are_no_damage(self, tmp_path: Path) -> None:
        """As at the end of a file."""
        folder = athena(tmp_path)
        with (folder / "CONCEPT.csv").open("a") as file:
            file.write("\n\r\n")
        build("v", Athena(folder, ALL))
        assert Vocabulary.open("v").steps()[0]["damaged"] == 0

    def test_many_damaged_lines_are_an_error(self, tmp_path: Path) -> None:
        """A file that is damaged throughout is another file."""
        folder = athena(tmp_path)
        file = folder / "CONCEPT_SYNONYM.csv"
        file.write_bytes(file.read_bytes() + b"1;2;3\n" * 11)
        with pytest.raises(
            VocabularySourceError, match=r"line 11: it has 1 cells, the header 3 \(11 of the first 21 lines"
        ):
            build("v", Athena(folder, ALL))

    def test_rrf_files_are_checked_too(self, tmp_path: Path) -> None:
        """Packed, or with other columns."""
        umls = write_umls(tmp_path / "u")
        (umls / "MRCONSO.RRF").write_text("C0000001|ENG|too|short|\n" * 20)
        with pytest.raises(VocabularySourceError, match="line 1: it has not 18 cells"):
            build("u", rrf_source(umls, ALL))
        pack(umls / "MRCONSO.RRF")
        with pytest.raises(VocabularySourceError, match="gzip"):
            rrf_source(umls, ALL)
        rxnorm = write_rxnorm(tmp_path / "r")
        (rxnorm / "rrf" / "RXNCONSO.RRF").write_text("x|ENG" + "|" * 15 + "N||\n")
        with pytest.raises(VocabularyError):
            build("r", rrf_source(rxnorm, ALL))

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The place for vocabularies is a file."""
        (tmp_path / "file").write_text("")
        monkeypatch.setenv(FOLDER, str(tmp_path / "file"))
        with pytest.raises(VocabularyError):
            build("v", Athena(athena(tmp_path), ALL))


def test_umls_without_types_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Then everything is kept, and suits every label."""
    folder = write_umls(tmp_path / "u")
    (folder / "MRSTY.RRF").unlink()
    build("u", rrf_source(folder, ALL))
    assert "MRSTY" in caplog.text
    assert Vocabulary.open("u").lookup("spleen", "Drug")


def test_id_sets() -> None:
    """Dense and far ids; nothing else is in."""
    ids = IdSet([0, 7, 8, 65_535, 65_536, MAX_ID])
    assert [id_ in ids for id_ in (0, 1, 7, 8, 9, 65_535, 65_536, 65_537, MAX_ID, MAX_ID - 1)] == [
        True, False, True, True, False, True, True, False, True, False,
    ]  # fmt: skip


def test_lines_can_be_read_from_any_offset(tmp_path: Path) -> None:
    """Offset and number behind a line are where the next reader begins; an endless line is one line."""
    path = tmp_path / "x"
    path.write_bytes(b"one\n" + b"y" * (2 * MAX_LINE + 5) + b"\nthree")
    with Lines(path) as lines:
        found = [(line, lines.offset, lines.number) for line in lines]
    assert [line for line, _, _ in found] == [b"one\n", None, b"three"]
    assert found[-1][1:] == (path.stat().st_size, 3)
    with Lines(path, *found[1][1:]) as rest:
        assert list(rest) == [b"three"] and rest.number == 3


_MILLION = """
import json, re, sys, time
from pathlib import Path
from critparse.concepts.vocabularies.athena import Athena
from critparse.concepts.vocabularies.build import build
from critparse.concepts.vocabularies.steps import Filters
begin = time.perf_counter()
path = build("million", Athena(Path(sys.argv[1]), Filters()))
seconds = time.perf_counter() - begin
# not getrusage: its peak comes with the fork from the process that runs the tests
peak = int(re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"peak_megabytes": peak, "seconds": seconds, "bytes": path.stat().st_size}))
"""


@pytest.mark.slow
def test_a_million_concepts_in_bounded_memory(
    tmp_path: Path, record_property: Callable[[str, object], None], caplog: pytest.LogCaptureFixture
) -> None:
    """10.5 million lines, a million concepts: the whole process takes at most 300 MB; the rate is logged."""
    folder = module_at("benchmarks/bench_vocabulary.py").generate(tmp_path / "athena", 1_000_000)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", _MILLION, str(folder)]
    done = subprocess.run(command, check=True, env=environment, timeout=3000, capture_output=True)
    measured = json.loads(done.stdout)
    measured["lines_per_second"] = 10_500_004 / measured["seconds"]
    with caplog.at_level(logging.INFO):
        logging.getLogger(__name__).info("a million concepts: %s", measured)
    for name, value in measured.items():
        record_property(name, value)
    assert measured["peak_megabytes"] < 300
    vocabulary = Vocabulary.open("million")
    assert sum(row[2] for row in vocabulary.meta["counts"]) == 1_000_000
    assert vocabulary.meta["names"] == 1_500_000
    assert vocabulary.by_code("ICD10CM", "I999999")[0].concept.codes[1] == ("SNOMEDCT", "S999998")
    vocabulary.close()
