from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from review_support import RECORD, parser
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DatabaseError

from critparse.errors import InvalidEdit, NotFound, NotUndoable, StoreError, VersionConflict
from critparse.review.edits import ConceptEdit, KindEdit, RuleEdit, SplitEdit
from critparse.review.events import Decision, Edited, Event, Reparsed, Undone
from critparse.review.parsing import Source
from critparse.review.parsing.jobs import loaded
from critparse.review.store import Inbox, Store, Trial, connect, migrate
from critparse.review.store.migrate import SCRIPTS
from critparse.review.training import brat_archive, json_lines
from critparse.review.workbench import Workbench
from critparse.schema import Subject, Unstructured


@pytest.fixture
def bench(engine: Engine) -> Workbench:
    """A workbench over an empty database of either kind."""
    return Workbench(Store(engine), parser())


def submit(bench: Workbench, record: dict[str, object] | None = None) -> Trial:
    """The trial of a record."""
    found = asyncio.run(bench.submit(Source.of(record or RECORD), "anna"))
    assert found[0].trial is not None, found[0].error
    return found[0].trial


def decide(bench: Workbench, trial: Trial, finding: str, state: str = "accepted", reason: str = "") -> Trial:
    """A decision."""
    decision = Decision.model_validate({"state": state, "reason": reason})
    return asyncio.run(bench.decide(trial.id, trial.version, "anna", finding, decision))


def finding(trial: Trial, code: str) -> str:
    """The fingerprint of the finding with this code."""
    return next(row.fingerprint for row in trial.findings if row.finding.code == code)


def correct(bench: Workbench, trial: Trial, edit: object) -> Trial:
    """A correction."""
    return asyncio.run(bench.correct(trial.id, trial.version, "bert", edit))  # type: ignore[arg-type]


UNSTRUCTURED = Unstructured(subject=Subject(text="HbA1c"), reason="for a test")


def test_the_log_rebuilds_the_state(bench: Workbench) -> None:
    """After decisions, corrections and undoing, replaying the events gives the state that is stored."""
    trial = submit(bench)
    trial = decide(bench, trial, finding(trial, "age-maximum-conflict"), "dismissed", "as planned")
    trial = correct(bench, trial, KindEdit(criterion="E1", to="inclusion"))
    trial = correct(bench, trial, RuleEdit(criterion="I2", rule=UNSTRUCTURED))
    trial = asyncio.run(bench.undo(trial.id, trial.version, "anna"))
    assert trial.version == 5
    assert bench.store.replayed(trial.id) == trial.state
    kinds = [event.what.kind for event in bench.store.events(trial.id)]
    assert kinds == ["submitted", "decided", "edited", "edited", "undone"]
    assert [event.who for event in bench.store.events(trial.id)] == ["anna", "anna", "bert", "bert", "anna"]


def test_events_say_what_was_before_and_after(bench: Workbench) -> None:
    """An edit's event holds the passage as it was and as it is, and the documents before and after."""
    trial = correct(bench, submit(bench), KindEdit(criterion="E1", to="unknown"))
    what = bench.store.event(trial.id, 2).what
    assert isinstance(what, Edited)
    assert (what.before.criteria[0].kind, what.after.criteria[0].kind) == ("exclusion", "unknown")
    assert what.document == trial.state.document
    assert bench.store.document(what.previous).criteria[3].kind == "exclusion"


def test_the_log_cannot_be_changed(bench: Workbench, engine: Engine) -> None:
    """The database itself refuses to change or remove an event."""
    submit(bench)
    for statement in ("UPDATE event SET who = 'nobody'", "DELETE FROM event"):
        with pytest.raises(DatabaseError, match="only ever added to"), engine.begin() as connection:
            connection.execute(text(statement))


def test_an_outdated_version_is_a_conflict(bench: Workbench) -> None:
    """Whoever decides on a version that is no longer the present one is told which one is."""
    trial = submit(bench)
    fingerprint = finding(trial, "age-maximum-conflict")
    decide(bench, trial, fingerprint)
    with pytest.raises(VersionConflict) as caught:
        decide(bench, trial, fingerprint, "dismissed", "no")
    assert caught.value.details == {"trial": trial.id, "expected": 1, "version": 2}
    assert bench.store.trial(trial.id).findings[0].state == "accepted"


def test_two_curators_at_once_lose_no_update(bench: Workbench) -> None:
    """Of many threads that write on one version, one succeeds each round; every success is in the log, in order."""
    trial = submit(bench)
    fingerprint = finding(trial, "age-maximum-conflict")
    written: list[tuple[int, str]] = []
    conflicts: list[str] = []

    def work(name: str) -> None:
        for number in range(8):
            while True:
                now = bench.store.trial(trial.id)
                decision = Decision(state="dismissed", reason=f"{name} {number}")
                try:
                    after = asyncio.run(bench.decide(trial.id, now.version, name, fingerprint, decision))
                except VersionConflict:
                    conflicts.append(name)
                    continue
                written.append((after.version, decision.reason))
                break

    threads = [threading.Thread(target=work, args=(name,)) for name in ("anna", "bert", "carl")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = bench.store.events(trial.id, limit=500)
    logged = {(event.version, event.what.after.reason) for event in events if event.what.kind == "decided"}
    assert len(written) == 24
    assert logged == set(written)
    assert bench.store.replayed(trial.id) == bench.store.trial(trial.id).state


def test_who_follows_the_log_misses_nothing_that_was_committed_late(bench: Workbench, engine: Engine) -> None:
    """One decision hangs before its commit while another begins; whoever asks what came next gets both in the end."""
    first, second = submit(bench), submit(bench, RECORD | {"id": "NCT90000002"})
    last = bench.store.events()[-1].sequence
    seen: list[Event] = []
    hanging, go = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        if not hanging.is_set():
            hanging.set()
            assert go.wait(10)

    def follow() -> None:
        seen.extend(bench.store.events(after=seen[-1].sequence if seen else last))

    def decided(trial: Trial) -> threading.Thread:
        worker = threading.Thread(target=lambda: decide(bench, trial, finding(trial, "age-maximum-conflict")))
        worker.start()
        return worker

    event.listen(engine, "commit", hang)
    workers = [decided(first)]
    assert hanging.wait(10)
    workers.append(decided(second))
    workers[1].join(0.5)
    follow()
    go.set()
    for worker in workers:
        worker.join(10)
    follow()
    assert sorted(one.trial for one in seen) == [first.id, second.id]


def test_a_dismissal_needs_a_reason(bench: Workbench) -> None:
    """Without one it is refused, and nothing is logged."""
    trial = submit(bench)
    with pytest.raises(InvalidEdit, match="with a reason"):
        decide(bench, trial, finding(trial, "age-maximum-conflict"), "dismissed", " ")
    assert bench.store.trial(trial.id).version == 1


def test_the_same_decision_again_changes_nothing(bench: Workbench) -> None:
    """No event is written where there is no difference."""
    trial = submit(bench)
    trial = decide(bench, trial, finding(trial, "age-maximum-conflict"))
    assert decide(bench, trial, finding(trial, "age-maximum-conflict")).version == 2


def test_undo_takes_back_the_last_change_that_stands(bench: Workbench) -> None:
    """A second undo goes one change further back; then there is nothing left."""
    trial = start = submit(bench)
    fingerprint = finding(trial, "age-maximum-conflict")
    trial = decide(bench, trial, fingerprint)
    trial = correct(bench, trial, KindEdit(criterion="E1", to="inclusion"))
    trial = asyncio.run(bench.undo(trial.id, trial.version, "anna"))
    assert (trial.document, trial.findings[0].state) == (start.document, "accepted")
    trial = asyncio.run(bench.undo(trial.id, trial.version, "anna"))
    assert trial.findings[0].state == "open"
    with pytest.raises(NotUndoable, match="no change that stands"):
        asyncio.run(bench.undo(trial.id, trial.version, "anna"))


def test_undoing_an_undoing_brings_the_change_back(bench: Workbench) -> None:
    """The document is again the corrected one."""
    corrected = correct(bench, submit(bench), KindEdit(criterion="E1", to="inclusion"))
    undone = asyncio.run(bench.undo(corrected.id, corrected.version, "anna"))
    redone = asyncio.run(bench.undo(undone.id, undone.version, "anna", undone.version))
    assert redone.document == corrected.document
    assert isinstance(bench.store.event(redone.id, redone.version).what, Undone)


def test_an_edit_that_another_built_on_cannot_be_undone(bench: Workbench) -> None:
    """The later change would be lost; it says so."""
    trial = correct(bench, submit(bench), RuleEdit(criterion="I2", rule=UNSTRUCTURED))
    trial = correct(bench, trial, KindEdit(criterion="I2", to="unknown"))
    with pytest.raises(NotUndoable, match="changed since"):
        asyncio.run(bench.undo(trial.id, trial.version, "anna", 2))


def test_an_earlier_edit_elsewhere_can_be_undone(bench: Workbench) -> None:
    """Corrections of different criteria do not stand in each other's way."""
    start = submit(bench)
    trial = correct(bench, start, RuleEdit(criterion="I2", rule=UNSTRUCTURED))
    trial = correct(bench, trial, KindEdit(criterion="E2", to="unknown"))
    trial = asyncio.run(bench.undo(trial.id, trial.version, "anna", 2))
    assert trial.document.criteria[1] == start.document.criteria[1]
    assert trial.document.criteria[-1].kind == "unknown"


def test_a_new_version_of_a_record_keeps_decisions_and_corrections(bench: Workbench) -> None:
    """What stands in the same words stays, though it moved; what is gone is named."""
    trial = submit(bench)
    trial = decide(bench, trial, finding(trial, "age-maximum-conflict"), "accepted")
    trial = correct(bench, trial, RuleEdit(criterion="I2", rule=UNSTRUCTURED))
    trial = correct(bench, trial, KindEdit(criterion="E1", to="unknown"))
    changed = str(RECORD["eligibility"]).replace("* Pregnancy", "* Pregnant women")
    changed = changed.replace("* Age", "* Signed consent\n* Age")
    trial = submit(bench, {**RECORD, "eligibility": changed})
    what = bench.store.event(trial.id, trial.version).what
    assert isinstance(what, Reparsed)
    assert [one.split("\n")[0] for one in what.moved.kept] == ["* HbA1c below 8 % and no insulin"]
    assert [one.split("\n")[0] for one in what.moved.lost] == ["* Pregnancy"]
    assert trial.findings[0].state == "accepted"
    assert trial.findings[0].fingerprint in what.moved.shifted
    moved = next(one for one in trial.document.criteria if one.rule.kind == "unstructured")
    assert moved.id == "I3"
    assert trial.document.text_of(moved.span) == moved.text == "* HbA1c below 8 % and no insulin"
    assert bench.store.replayed(trial.id) == trial.state


def test_reading_anew_without_a_difference_is_no_event(bench: Workbench) -> None:
    """The same parser reads the same record to the same document, corrections or not."""
    trial = correct(bench, submit(bench), RuleEdit(criterion="I2", rule=UNSTRUCTURED))
    assert asyncio.run(bench.reparse(trial.id, trial.version, "anna")) == trial
    again = asyncio.run(bench.submit(Source.of(RECORD), "anna"))
    assert (again[0].outcome, again[0].trial) == ("unchanged", trial)


def test_a_newer_parser_keeps_what_people_did(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The correction stands in the new reading, and undo brings the old one back."""
    trial = correct(bench, submit(bench), RuleEdit(criterion="I2", rule=UNSTRUCTURED))
    monkeypatch.setattr("critparse.parser.__version__", "9.9")
    monkeypatch.setattr("critparse.review.parsing.jobs.loaded", cache(loaded.__wrapped__))  # as a newer server begins
    newer = asyncio.run(bench.reparse(trial.id, trial.version, "anna"))
    assert newer.document.parser.version == "9.9"
    assert newer.document.criteria[1].rule.kind == "unstructured"
    assert newer.row.corrected
    undone = asyncio.run(bench.undo(trial.id, newer.version, "anna"))
    assert undone.document == trial.document
    assert undone.state.origin == trial.state.origin


def test_corrections_are_training_data(bench: Workbench) -> None:
    """JSON lines hold what the parser read and what stands now; brat files can be imported again."""
    import io
    import json
    import zipfile

    from critparse.annotations.standoff import read_standoff

    submit(bench, {**RECORD, "id": "NCT90000002"})
    trial = submit(bench)
    entity = next(one for one in trial.document.criteria[4].entities if one.label == "Condition")
    edit = ConceptEdit(criterion="E2", entity=entity.id, concepts=[{"system": "MESH", "code": "D048550"}])  # type: ignore[arg-type]
    trial = correct(bench, trial, edit)
    lines = [json.loads(line) for line in json_lines(bench.store)]
    assert [(line["trial"], line["text"]) for line in lines] == [("NCT90000001", "* Severe hepatic impairment")]
    assert lines[0]["corrected"]["criteria"][0]["entities"] != lines[0]["machine"]["criteria"][0]["entities"]
    with zipfile.ZipFile(io.BytesIO(brat_archive(bench.store))) as archive:
        assert sorted(archive.namelist()) == ["NCT90000001.ann", "NCT90000001.txt"]
        given = archive.read("NCT90000001.txt").decode()
        standoff = read_standoff(archive.read("NCT90000001.ann").decode(), given, "ann")
    codes = [code for mention in standoff.mentions.values() for code in mention.codes]
    assert ("MESH", "D048550", "") in codes


def test_split_parts_are_read_by_themselves(bench: Workbench) -> None:
    """A criterion cut in two makes two, with their own rules; those behind it are numbered on, and undo joins them."""
    start = submit(bench)
    second = start.document.criteria[1]
    cut = second.span.start + second.text.index("and no insulin")
    trial = correct(bench, start, SplitEdit(criterion="I2", at=(cut,)))
    ids = [one.id for one in trial.document.criteria]
    assert ids == ["I1", "I2", "I3", "I4", "E1", "E2"]
    assert [one.text for one in trial.document.criteria[1:3]] == ["* HbA1c below 8 %", "and no insulin"]
    assert trial.document.criteria[1].rule.kind == "measurement"
    for one in trial.document.walk():
        assert trial.document.text_of(one.span) == one.text
    assert asyncio.run(bench.undo(trial.id, trial.version, "anna")).document == start.document


def test_the_inbox_filters_and_pages(bench: Workbench) -> None:
    """Worst first; by code, severity, registry and words; page after page without gaps or repetitions."""
    for number in range(5):
        submit(bench, {**RECORD, "id": f"NCT9000001{number}"})
    calm = submit(bench, {**RECORD, "id": "ISRCTN12345678", "title": "Rest", "maximum_age": "70 Years"})
    assert [trial.trial_id for trial in bench.store.page(Inbox(search="walking NCT90000013")).trials] == ["NCT90000013"]
    found, after = [], None
    while True:
        page = bench.store.page(Inbox(code="age-maximum-conflict", limit=2, after=after))
        found += [trial.trial_id for trial in page.trials]
        after = page.next
        if after is None:
            break
    assert found == [f"NCT9000001{number}" for number in range(5)]
    everything = bench.store.page(Inbox(state=None)).trials
    assert [trial.id for trial in everything][-1] == calm.id
    assert [one.trial_id for one in bench.store.page(Inbox(state=None, registry="ISRCTN")).trials] == ["ISRCTN12345678"]
    assert not bench.store.page(Inbox(severity="error", search="100%")).trials
    first = next(count for count in bench.store.overview().codes if count.code == "age-maximum-conflict")
    assert (first.trials, first.findings) == (5, 5)


def test_what_was_decided_leaves_the_inbox(bench: Workbench) -> None:
    """A decided finding is found under its state, no longer under open."""
    trial = submit(bench)
    decide(bench, trial, finding(trial, "age-maximum-conflict"), "fixed")
    assert not bench.store.page(Inbox(code="age-maximum-conflict")).trials
    assert [one.id for one in bench.store.page(Inbox(code="age-maximum-conflict", state="fixed")).trials] == [trial.id]


def test_a_missing_trial_is_not_found(bench: Workbench) -> None:
    """Reading and writing say so alike."""
    with pytest.raises(NotFound, match="there is no trial 99"):
        bench.store.trial(99)
    with pytest.raises(NotFound):
        bench.store.events(99)


def test_the_tables_are_those_of_the_migrations(engine: Engine) -> None:
    """What the migrations make is what the code expects, on either database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from critparse.review.store.tables import Base

    def is_declared(name: str | None, kind: str, _parents: object) -> bool:
        return (kind, name) != ("column", "vector") and "trial_words" not in (name or "")  # each database's own index

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        assert compare_metadata(context, Base.metadata) == []


def test_a_file_is_copied_before_its_tables_change(tmp_path: Path) -> None:
    """A database of an older critparse gets the new tables; a copy beside it still has the old ones, and all rows."""
    engine = connect(str(tmp_path / "old.db"))
    migrate(engine)
    submit(Workbench(Store(engine), parser()))
    newer = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, newer)
    (newer / "versions" / "0003_more.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = '0003'\ndown_revision = '0002'\n"
        "def upgrade():\n    op.add_column('trial', sa.Column('more', sa.Text()))\n"
    )
    copy = migrate(engine, newer)
    assert copy is not None
    assert copy.name.startswith("old.db.before-0002-")
    for file, columns in ((tmp_path / "old.db", 1), (copy, 0)):
        with closing(sqlite3.connect(file)) as connection:
            assert sum(row[1] == "more" for row in connection.execute("PRAGMA table_info(trial)")) == columns
            assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
    with pytest.raises(StoreError, match=r"a newer critparse made it \(revision 0003\)"):
        migrate(engine)
    engine.dispose()


def test_a_database_that_cannot_be_used_is_named_without_its_password() -> None:
    """The error says which database, and keeps the password."""
    with pytest.raises(StoreError) as caught:
        connect("mysql://anna:secret@host/name")
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreError, match="no such folder"):
        connect("sqlite:////nowhere/at/all.db")
