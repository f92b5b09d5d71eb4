from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from review_server import Server
from review_support import RECORD, Postgres

from critparse.review.store import Store, connect

pytestmark = pytest.mark.slow  # each starts a server


def submitted(server: Server) -> dict[str, Any]:
    """A trial of ours."""
    answer = httpx.post(f"{server.url}/v1/trials", json={"source": RECORD}, timeout=60)
    number = answer.json()["records"][0]["trial"]["id"]
    found: dict[str, Any] = httpx.get(f"{server.url}/v1/trials/{number}").json()
    return found


def decide(server: Server, trial: dict[str, Any], name: str, acknowledged: list[tuple[int, str]]) -> None:
    """Decide and decide again, until the server is gone; note what it acknowledged."""
    number, fingerprint = trial["trial"]["id"], trial["findings"][0]["fingerprint"]
    count = 0
    with httpx.Client(base_url=server.url) as client:
        try:
            while True:
                found = client.get(f"/v1/trials/{number}/findings")
                if found.status_code == 503:  # the database is gone
                    return
                version = found.json()["version"]
                body = {"version": version, "state": "dismissed", "reason": f"{name} {count}"}
                answer = client.post(f"/v1/trials/{number}/findings/{fingerprint}/decision", json=body)
                if answer.status_code == 200:
                    acknowledged.append((answer.json()["trial"]["version"], body["reason"]))
                    count += 1
        except httpx.TransportError:
            return


def written_until(server: Server, trial: dict[str, Any], stop: Any) -> list[tuple[int, str]]:
    """What two curators wrote and the server acknowledged before ``stop`` was called."""
    acknowledged: list[tuple[int, str]] = []
    curators = [threading.Thread(target=decide, args=(server, trial, name, acknowledged)) for name in ("anna", "bert")]
    for curator in curators:
        curator.start()
    time.sleep(4)
    stop()
    for curator in curators:
        curator.join(60)
    assert len(acknowledged) > 5
    return acknowledged


def logged(database: str, trial: int) -> set[tuple[int, str]]:
    """The decisions in the log, whose state is what is stored."""
    engine = connect(database)
    store = Store(engine)
    events = store.events(trial, limit=100_000)
    assert store.replayed(trial) == store.trial(trial).state
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    engine.dispose()
    return {(event.version, event.what.after.reason) for event in events if event.what.kind == "decided"}


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(database: str, tmp_path: Path) -> None:
    """Kill -9 while two curators write: every decision that was answered is in the log; the server starts again."""
    server = Server(database, tmp_path)
    trial = submitted(server)
    acknowledged = written_until(server, trial, lambda: server.end(signal.SIGKILL))
    assert set(acknowledged) <= logged(database, trial["trial"]["id"])
    assert len(acknowledged) == len(set(acknowledged))
    again = Server(database, tmp_path)
    found = httpx.get(f"{again.url}/v1/trials/{trial['trial']['id']}").json()
    assert found["trial"]["version"] >= max(version for version, _ in acknowledged)
    assert again.end(signal.SIGTERM) == 0


def test_nothing_acknowledged_is_lost_when_postgresql_stops_at_once(postgres: Postgres, tmp_path: Path) -> None:
    """The database itself goes down in the middle, as in a power cut, and recovers."""
    database = postgres.database()
    server = Server(database, tmp_path)
    trial = submitted(server)

    def stop() -> None:
        postgres.stop("immediate")
        server.end(signal.SIGKILL)

    acknowledged = written_until(server, trial, stop)
    postgres.start()
    assert set(acknowledged) <= logged(database, trial["trial"]["id"])


def test_a_server_that_is_told_to_end_answers_first(tmp_path: Path) -> None:
    """SIGTERM while a record is being read: its answer comes, then the server ends with 0 and leaves no process."""
    server = Server(f"sqlite:///{tmp_path / 'review.db'}", tmp_path)
    answers: list[int] = []
    text = "Inclusion Criteria:\n" + "* HbA1c below 8 % and no insulin within 3 months\n" * 400

    def ask() -> None:
        answers.append(httpx.post(f"{server.url}/v1/parse", json={"source": text}, timeout=60).status_code)

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.3)
    assert server.end(signal.SIGTERM) == 0
    asker.join(60)
    assert answers == [200]
