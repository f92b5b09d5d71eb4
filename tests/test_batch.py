"""Batches: the pure function, what one record may do, the same bytes however it is run, and going on."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from batch_parsers import LineParser
from support import ROOT, module_at

import critparse.batch.folder
from critparse.batch.chunks import Chunk, cut
from critparse.batch.limits import Limits
from critparse.batch.local import LocalPool
from critparse.batch.manifest import NAME
from critparse.batch.process import Result, process
from critparse.batch.run import Configuration, Summary, Watcher, run
from critparse.batch.supervisor import Supervised, await_news
from critparse.errors import (
    BatchBusy,
    BatchChanged,
    EmptyInput,
    MalformedInput,
    OutputError,
    RecordTimeout,
    ResourceError,
    WorkersFailed,
)
from critparse.exports.tables.columns import BATCH_TABLES
from critparse.exports.tables.rows import rows
from critparse.sources.streams import Meter, all_items, stream

QUICK = Limits(seconds=2.0, megabytes=1000)
PARSER = LineParser()


class Silent(Watcher):
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        self.chunks: list[int] = []
        self.kept_records = 0

    def kept(self, records: int) -> None:
        self.kept_records = records

    def done(self, result: Result, total: float | None) -> None:
        self.chunks.append(result.number)


class InThisProcess:
    """An engine without other processes. ``stop_after``: so many chunks; ``backwards``: two at a time, second first."""

    def __init__(self, *, stop_after: int | None = None, backwards: bool = False) -> None:
        self.stop_after = stop_after
        self.backwards = backwards
        self.parse = PARSER.load()

    def run(self, chunks: Iterator[Chunk], seen: Any) -> Iterator[Result | None]:
        held: list[Chunk] = []
        for number, chunk in enumerate(chunks):
            if number == self.stop_after:
                raise KeyboardInterrupt
            held.append(chunk)
            if len(held) == 2 or not self.backwards:
                yield from (process(one, self.parse, QUICK) for one in reversed(held))
                held = []
        yield from (process(one, self.parse, QUICK) for one in held)


def write_lines(path: Path, texts: Sequence[str], *, prefix: str = "T") -> Path:
    """A file of simple records."""
    lines = (json.dumps({"id": f"{prefix}{i}", "eligibility": text}) + "\n" for i, text in enumerate(texts))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def go(
    source: Path, out: Path, engine: Any = None, *, size: int = 3, restart: bool = False, watcher: Any = None
) -> Summary:
    """A batch of one file."""
    configuration = Configuration(PARSER, QUICK, size)
    return run(
        [stream(str(source))],
        out,
        engine or InThisProcess(),
        watcher=watcher or Silent(),
        configuration=configuration,
        restart=restart,
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    """All rows of a table of a batch, in the order of the files."""
    return [row for part in sorted((folder / name).glob("*.parquet")) for row in pq.read_table(part).to_pylist()]


def chunk_of(*texts: str) -> Chunk:
    """A chunk of simple records."""
    items = [("auto", (f"line {i}", {"id": f"T{i}", "eligibility": text})) for i, text in enumerate(texts)]
    return next(cut(items, len(items)))


def errors_of(result: Result) -> list[dict[str, Any]]:
    """The rows of the table ``errors``."""
    import io

    return pq.read_table(io.BytesIO(result.files["errors"])).to_pylist()


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Ten records of one to three criteria; the fifth is no JSON."""
    path = write_lines(
        tmp_path / "records.jsonl", ["\n".join(f"c{i}.{j}" for j in range(i % 3 + 1)) for i in range(10)]
    )
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = "{broken\n"
    path.write_text("".join(lines), encoding="utf-8")
    return path


class TestProcess:
    def test_every_record_has_a_row(self) -> None:
        """In ``trials``, or, when it failed, in ``errors`` with code, source and message."""
        result = process(chunk_of("a\nb", "fail", "c"), PARSER.load(), QUICK)
        assert result.rows == {"trials": 2, "rules": 3, "findings": 0, "criteria": 3, "errors": 1}
        assert errors_of(result) == [
            {
                "record": 1,
                "source": "line 1",
                "trial_id": "T1",
                "code": "CP610",
                "message": "internal error: LookupError: ordered",
            }
        ]
        assert result.errors == {"CP610": 1}

    def test_is_a_function_of_the_chunk(self) -> None:
        """The same chunk gives the same bytes, whatever was worked on before."""
        parse = PARSER.load()
        first = process(chunk_of("a", "b"), parse, QUICK)
        process(chunk_of("c"), parse, QUICK)
        assert process(chunk_of("a", "b"), parse, QUICK) == first

    def test_rows_are_those_of_the_tables_of_a_trial(self) -> None:
        """``criteria`` of a batch is ``criteria`` of the export, with the record's number before it."""
        import io

        from critparse.sources import read

        trial = PARSER.load()(read({"id": "T0", "eligibility": "a\nb"}))
        found = pq.read_table(io.BytesIO(process(chunk_of("a\nb"), PARSER.load(), QUICK).files["criteria"]))
        assert [tuple(row.values()) for row in found.to_pylist()] == [(0, *row) for row in rows(trial, "criteria")]
        assert found.schema.field("record").metadata[b"description"].startswith(b"number of the record")

    def test_records_given_up_are_not_tried(self) -> None:
        """They get the error that they were given up for."""
        given_up = {1: RecordTimeout(seconds=2.0, trial_id="T1")}
        result = process(chunk_of("a", "hang"), PARSER.load(), QUICK, given_up=given_up)
        assert errors_of(result)[0]["message"] == "stopped: it took longer than 2 seconds"
        assert errors_of(result)[0]["trial_id"] == "T1"

    def test_half_a_surrogate_pair_can_be_written(self) -> None:
        """It becomes U+FFFD, one character for one."""
        import io

        result = process(chunk_of("a\ud800b"), PARSER.load(), QUICK)
        assert pq.read_table(io.BytesIO(result.files["criteria"])).to_pylist()[0]["words"] == "a\ufffdb"

    def test_rows_that_cannot_be_written_cost_one_record(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The record is an error, the others of its chunk are there."""
        import critparse.batch.process as module

        def poisoned(trial: Any, name: str) -> Iterator[Any]:
            for row in rows(trial, name):
                yield (*row[:-1], 1 + 2j) if trial.trial_id == "T1" and name == "criteria" else row

        monkeypatch.setattr(module, "rows", poisoned)
        result = process(chunk_of("a", "b", "c"), PARSER.load(), QUICK)
        assert (result.rows["trials"], [row["record"] for row in errors_of(result)]) == (2, [1])

    def test_digest_depends_on_content_place_and_format(self) -> None:
        """Any of them changes it; nothing else does."""
        base = ("auto", ("x", {"id": "1"}))
        others = [
            ("aact", base[1]),
            ("auto", ("y", {"id": "1"})),
            ("auto", ("x", {"id": "2"})),
            ("auto", ("x", "text")),
        ]
        digests = {next(cut([item], 5)).digest() for item in [base, *others]}
        assert len(digests) == 5 and next(cut([base], 9)).digest() in digests


class TestSupervised:
    """One worker in a process of its own; each test starts it once or twice."""

    def complete(self, chunk: Chunk, limits: Limits = QUICK) -> Result:
        worker = Supervised(PARSER, limits)
        try:
            return worker.complete(chunk)
        finally:
            worker.stop()

    def test_a_record_that_hangs_is_stopped_and_named(self) -> None:
        """The others of its chunk are there."""
        result = self.complete(chunk_of("a", "hang", "b"), Limits(seconds=0.5))
        assert [(row["record"], row["trial_id"], row["code"]) for row in errors_of(result)] == [(1, "T1", "CP611")]
        assert result.rows["trials"] == 2

    def test_a_record_that_eats_memory_is_stopped_and_named(self) -> None:
        """By the system (Linux), at half as much again as the limit; the others are there."""
        result = self.complete(chunk_of("a", "eat", "b"), Limits(seconds=20, megabytes=500))
        assert [(row["record"], row["code"]) for row in errors_of(result)] == [(1, "CP612")]
        assert result.rows["trials"] == 2 and result.memory < 500

    def test_a_record_that_took_too_much_for_a_while_is_named(self) -> None:
        """Also when it has given the memory back by its end."""
        result = self.complete(chunk_of("a", "grow", "b", "grow"), Limits(seconds=20, megabytes=300))
        said = "stopped: it needed more than 300 MB of memory"
        assert [(row["record"], row["message"]) for row in errors_of(result)] == [(1, said), (3, said)]

    def test_a_record_that_kills_its_worker_is_named(self) -> None:
        """It is tried twice."""
        result = self.complete(chunk_of("a", "b", "die", "c"))
        assert [(row["record"], row["trial_id"], row["message"]) for row in errors_of(result)] == [
            (2, "T2", "the process that read it died twice (signal SIGKILL)")
        ]
        assert result.rows["trials"] == 3

    def test_a_worker_killed_by_others_costs_no_record(self, tmp_path: Path) -> None:
        """The record that was at hand is tried again, and succeeds."""
        result = self.complete(chunk_of("a", f"die once {tmp_path / 'mark'}", "b"))
        assert (result.rows["trials"], result.rows["errors"]) == (3, 0)

    def test_several_faults_in_one_chunk(self, tmp_path: Path) -> None:
        """Each is found."""
        chunk = chunk_of("hang", "die", f"die once {tmp_path / 'mark'}", "fail", "a")
        result = self.complete(chunk, Limits(seconds=0.5))
        assert [(row["record"], row["code"]) for row in errors_of(result)] == [
            (0, "CP611"), (1, "CP613"), (3, "CP610"),
        ]  # fmt: skip

    def test_what_no_worker_can_do_without_ends_the_batch(self) -> None:
        """The error comes from the process as it was raised there."""
        worker = Supervised(LineParser(broken="heads.npz"), QUICK)
        with pytest.raises(ResourceError, match=r"heads\.npz"):
            worker.complete(chunk_of("a"))
        worker.stop()

    def test_workers_that_only_die_end_the_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After a few, with the signal."""
        monkeypatch.setattr("critparse.batch.supervisor._MOST_DEATHS", 2)
        worker = Supervised(LineParser(broken="die"), QUICK)
        with pytest.raises(WorkersFailed, match="SIGKILL"):
            worker.complete(chunk_of("a"))
        worker.stop()

    def test_being_stopped_is_no_time_of_the_record(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After Ctrl-Z and fg, the record at hand goes on."""
        monkeypatch.setattr("critparse.batch.supervisor._STOPPED", 0.8)
        worker = Supervised(PARSER, Limits(seconds=1.0))
        worker.give(chunk_of("wait 0.5"))
        while worker._record is None:
            await_news([worker])
            assert worker.advance() is None
        os.kill(worker.pid, signal.SIGSTOP)
        time.sleep(1.2)
        os.kill(worker.pid, signal.SIGCONT)
        while (result := worker.advance()) is None:
            await_news([worker])
        worker.stop()
        assert result.rows["trials"] == 1

    def test_logs_come_with_the_trial(self) -> None:
        """An entry says which record it is about."""
        (entry,) = self.complete(chunk_of("a", "fail")).logs
        assert (entry["record"], entry["trial_id"], entry["level"]) == (1, "T1", "error")
        assert entry["error"] == "LookupError: ordered"

    def test_a_worker_ends_with_its_parent(self, tmp_path: Path) -> None:
        """Even while it works on a record, and though nobody could tell it to."""
        script = (
            "import os, sys; sys.path.insert(0, 'tests')\n"
            "from test_batch import *\n"
            "worker = Supervised(PARSER, QUICK)\n"
            "worker.give(chunk_of('wait 30'))\n"
            "while worker.deadline is None or worker._record is None: worker.advance()\n"
            "print(worker.pid, flush=True)\n"
            "os.kill(os.getpid(), 9)\n"
        )
        command = [sys.executable, "-c", script]
        out = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        pid = int(out.stdout)
        for _ in range(100):
            if not _alive(pid):
                break
            time.sleep(0.05)
        assert not _alive(pid)


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests")))}


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestSameBytes:
    def test_one_and_two_workers(self, records: Path, tmp_path: Path) -> None:
        """And the order in which chunks are done."""
        for name, engine in (
            ("none", InThisProcess()),
            ("backwards", InThisProcess(backwards=True)),
            ("one", LocalPool(PARSER, QUICK, 1)),
            ("two", LocalPool(PARSER, QUICK, 2)),
        ):
            go(records, tmp_path / name, engine)
        first = tree(tmp_path / "none")
        assert len(first) == 4 * len(BATCH_TABLES) + 1
        assert all(tree(tmp_path / name) == first for name in ("backwards", "one", "two"))

    def test_chunk_size_changes_files_and_no_rows(self, records: Path, tmp_path: Path) -> None:
        """The rows, in the order of the files, are in the order of the records."""
        for size in (1, 3, 100):
            go(records, tmp_path / str(size), size=size)
        for name in BATCH_TABLES:
            found = [table(tmp_path / str(size), name) for size in (1, 3, 100)]
            assert found[0] == found[1] == found[2]
            assert [row["record"] for row in found[0]] == sorted(row["record"] for row in found[0])

    @pytest.mark.slow
    def test_faults_are_the_same_with_any_number_of_workers(self, tmp_path: Path) -> None:
        """Hanging, dying and failing records among others."""
        source = write_lines(tmp_path / "r.jsonl", ["a", "hang", "b", "die", "fail", "c", "d"])
        configuration = Configuration(PARSER, Limits(seconds=0.5), 2)
        for workers in (1, 2):
            engine = LocalPool(PARSER, configuration.limits, workers)
            run([stream(str(source))], tmp_path / str(workers), engine, configuration=configuration)
        assert tree(tmp_path / "1") == tree(tmp_path / "2")
        assert [row["code"] for row in table(tmp_path / "1", "errors")] == ["CP611", "CP613", "CP610"]

    def test_every_record_is_there_once(self, records: Path, tmp_path: Path) -> None:
        """In trials or in errors; DuckDB reads a table as one, and counts agree."""
        summary = go(records, tmp_path / "out")
        query = f"select record from '{tmp_path}/out/{{}}/*.parquet' order by record"
        found = [duckdb.sql(query.format(name)).fetchall() for name in ("trials", "errors")]
        assert found[1] == [(4,)] and sorted(found[0] + found[1]) == [(i,) for i in range(10)]
        assert summary.records == 10 and summary.errors == {MalformedInput.code: 1}
        assert summary.rows["criteria"] == len(table(tmp_path / "out", "criteria")) == 17


class TestGoingOn:
    @pytest.mark.parametrize("after", [0, 1, 3])
    def test_goes_on_where_it_was(self, records: Path, tmp_path: Path, after: int) -> None:
        """Only chunks that were not written are worked on, and the bytes are those of an undisturbed run."""
        go(records, tmp_path / "whole")
        with pytest.raises(KeyboardInterrupt):
            go(records, tmp_path / "out", InThisProcess(stop_after=after))
        watcher = Silent()
        summary = go(records, tmp_path / "out", watcher=watcher)
        assert watcher.chunks == list(range(after, 4))
        assert (watcher.kept_records, summary.kept) == (after * 3, after * 3)
        assert tree(tmp_path / "out") == tree(tmp_path / "whole")

    def test_whatever_a_kill_leaves_is_mended(self, records: Path, tmp_path: Path) -> None:
        """For every length of the manifest, torn lines and files too many included."""
        go(records, tmp_path / "whole")
        whole = tree(tmp_path / "whole")
        manifest = whole[NAME]
        for length in sorted({*random.Random(8).sample(range(len(manifest)), 12), 0, 1, len(manifest) - 1}):
            (tmp_path / "whole" / NAME).write_bytes(manifest[:length])
            (tmp_path / "whole/rules/part-000002.parquet.partial").write_bytes(b"PAR1 half a file")
            (tmp_path / "whole/rules/part-000099.parquet").write_bytes(b"PAR1 of a longer run")
            go(records, tmp_path / "whole")
            assert tree(tmp_path / "whole") == whole, length

    def test_a_damaged_or_missing_file_is_made_again(self, records: Path, tmp_path: Path) -> None:
        """The manifest knows what the files have to be."""
        go(records, tmp_path / "out")
        whole = tree(tmp_path / "out")
        (tmp_path / "out/rules/part-000001.parquet").unlink()
        with (tmp_path / "out/criteria/part-000002.parquet").open("r+b") as file:
            file.write(b"XXXX")
        watcher = Silent()
        go(records, tmp_path / "out", watcher=watcher)
        assert watcher.chunks == [1, 2, 3] and tree(tmp_path / "out") == whole

    def test_what_is_complete_stays(self, records: Path, tmp_path: Path) -> None:
        """Nothing is worked on."""
        go(records, tmp_path / "out")
        whole, watcher = tree(tmp_path / "out"), Silent()
        assert go(records, tmp_path / "out", watcher=watcher).records == 10
        assert watcher.chunks == [] and tree(tmp_path / "out") == whole

    def test_changed_records_are_refused(self, records: Path, tmp_path: Path) -> None:
        """Naming the first of the chunk that is another; ``restart`` begins anew."""
        go(records, tmp_path / "out")
        write_lines(records, ["other"] * 10)
        with pytest.raises(BatchChanged, match=r"from record 0 on \(.*line 1\); --restart begins anew"):
            go(records, tmp_path / "out")
        go(records, tmp_path / "out", restart=True)
        go(records, tmp_path / "new")
        assert tree(tmp_path / "out") == tree(tmp_path / "new")

    def test_fewer_records_are_refused(self, records: Path, tmp_path: Path) -> None:
        """Where chunks that were written have none."""
        go(records, tmp_path / "out")
        lines = records.read_text(encoding="utf-8").splitlines(keepends=True)
        records.write_text("".join(lines[:6]), encoding="utf-8")
        with pytest.raises(BatchChanged, match=r"fewer records than were written \(10\)"):
            go(records, tmp_path / "out")

    def test_changed_configuration_is_refused(self, records: Path, tmp_path: Path) -> None:
        """Naming what it was and is."""
        go(records, tmp_path / "out")
        with pytest.raises(BatchChanged, match="chunk size was 3 and is 4"):
            go(records, tmp_path / "out", size=4)

    def test_changed_version_is_refused(self, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rows of two versions are not mixed."""
        go(records, tmp_path / "out")
        monkeypatch.setattr("critparse.parser.__version__", "99.0")
        with pytest.raises(BatchChanged, match=r'critparse was ".*" and is "99\.0"'):
            go(records, tmp_path / "out")

    def test_two_runs_do_not_write_to_one_folder(self, records: Path, tmp_path: Path) -> None:
        """The second is told so, and the first is not disturbed."""

        class Nested(InThisProcess):
            def run(self, chunks: Iterator[Chunk], seen: Any) -> Iterator[Result | None]:
                with pytest.raises(BatchBusy):
                    go(records, tmp_path / "out")
                yield from super().run(chunks, seen)

        go(records, tmp_path / "out", Nested())
        assert len(table(tmp_path / "out", "trials")) == 9

    def test_foreign_folders_are_left_alone(self, records: Path, tmp_path: Path) -> None:
        """What is no output of a batch is not written to."""
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine/letter.txt").write_text("dear", encoding="utf-8")
        with pytest.raises(OutputError, match="not empty"):
            go(records, tmp_path / "mine", restart=True)
        assert list(tree(tmp_path / "mine")) == ["letter.txt"]

    def test_an_input_without_records_is_an_error(self, tmp_path: Path) -> None:
        """As everywhere."""
        with pytest.raises(EmptyInput):
            go(write_lines(tmp_path / "none.jsonl", []), tmp_path / "out")


class TestDisk:
    def test_no_room_is_one_clear_error_and_can_be_gone_on_with(
        self, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing half-written is left, and the run after it ends as if nothing had been."""
        go(records, tmp_path / "whole")
        room, write = iter(range(7)), os.fsync

        def full(file: int) -> None:
            if next(room, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(file)

        monkeypatch.setattr(critparse.batch.folder.os, "fsync", full)
        with pytest.raises(OutputError, match="no space left on device"):
            go(records, tmp_path / "out")
        monkeypatch.undo()
        assert not list((tmp_path / "out").rglob("*.partial"))
        go(records, tmp_path / "out")
        assert tree(tmp_path / "out") == tree(tmp_path / "whole")

    def test_a_folder_that_cannot_be_made(self, records: Path) -> None:
        """Here: below a file."""
        with pytest.raises(OutputError, match="cannot write"):
            go(records, records / "out")


class TestKilled:
    @pytest.mark.slow
    def test_killed_at_random_moments(self, tmp_path: Path) -> None:
        """The whole program, killed six times: the bytes are those of an undisturbed run."""
        source = write_lines(tmp_path / "r.jsonl", ["a\nb\nwait 0.01"] * 120)
        go(source, tmp_path / "whole", size=4)
        script = (
            "import sys; from pathlib import Path; from test_batch import *\n"
            "if __name__ == '__main__':\n"
            "    go(Path(sys.argv[1]), Path(sys.argv[2]), LocalPool(PARSER, QUICK, 2), size=4)\n"
        )
        (tmp_path / "driver.py").write_text(script, encoding="utf-8")
        command = [sys.executable, str(tmp_path / "driver.py"), str(source), str(tmp_path / "out")]
        moments = random.Random(8)
        for _ in range(6):
            process_ = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT)
            time.sleep(moments.uniform(0.5, 3.5))
            process_.send_signal(signal.SIGKILL)
            process_.wait()
        assert subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0
        assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_queries_of_the_page(records: Path, tmp_path: Path) -> None:
    """DuckDB understands them; the page's tables are the written schema: ``python scripts/tables_schema.py``."""
    page = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    assert module_at("scripts/tables_schema.py").filled(page) == page and page.count("| `record` |") == 2
    go(records, tmp_path / "tables")
    block = page.split("```sql\n")[1].split("```")[0].replace("'tables/", f"'{tmp_path}/tables/")
    with duckdb.connect() as database:
        found = [database.execute(query).fetchall() for query in block.split(";\n") if query.strip()]
        assert database.execute("select count(*) from rules").fetchall() == [(17,)]
    assert found[-1][0][:2] == ("CP103", 1)


def test_reading_runs_no_further_ahead_than_there_are_workers(tmp_path: Path) -> None:
    """So memory does not grow with the input."""
    source, meter, ahead = write_lines(tmp_path / "r.jsonl", ["a"] * 60), Meter(), []
    done = 0
    for result in LocalPool(PARSER, QUICK, 2).run(
        cut(all_items([stream(str(source))], meter), 5), lambda ordinal: None
    ):
        ahead.append(meter.records - done)
        done += result.records if result else 0
    assert done == 60 and max(ahead) <= 4 * 5
    assert threading.active_count() < 10
