"""Trials fetched by number, from a server of our own that answers in the shape of the real one."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support import SHARED

import critparse
from critparse.cli.entry import main
from critparse.errors import (
    CritparseError,
    FetchError,
    FetchTimeout,
    InputError,
    NotInCache,
    RegistryUnavailable,
    UnknownTrial,
)
from critparse.sources.cache import Cache, default_folder
from critparse.sources.fetch import Fetcher, trial_number

NUMBER = "NCT00000001"
STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": NUMBER, "briefTitle": "Tea at Four"},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Age \\>= 18 years",
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
        },
    },
    "hasResults": False,
}
BODY = json.dumps(STUDY).encode()
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes = BODY, status: int = 200, *, length: int | None = None, **headers: str) -> Answer:
    """An answer with these headers (``_`` for ``-``) and, in place of the true one, this length."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return send


class Registry:
    """The server: gives the answers in turn, the last one for ever, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [answer()]
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.end = threading.Event()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = len(registry.asked)
                registry.asked.append((self.path, dict(self.headers)))
                registry.answers[min(number, len(registry.answers) - 1)](self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v2/studies"

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing, until the test is over."""
        self.end.wait(30)
        handler.close_connection = True

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a byte now and then."""
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not self.end.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    """The server, running, at the address that critparse takes; with an empty cache."""
    registry = Registry()
    monkeypatch.setenv("CRITPARSE_CTGOV_URL", registry.url)
    monkeypatch.setenv("CRITPARSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    registry.server.handle_error = lambda *_: None  # type: ignore[method-assign]  a client that has left is no matter
    thread = threading.Thread(target=registry.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield registry
    registry.end.set()
    registry.server.shutdown()
    registry.server.server_close()
    thread.join()


class Waits(list[float]):
    """Notes how long it was to wait, and does not."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def _error(fetcher: Fetcher, kind: type[CritparseError]) -> str:
    with pytest.raises(kind) as caught:
        fetcher.fetch(NUMBER)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestNumbers:
    @pytest.mark.parametrize("text", ["NCT01234567", "nct01234567", "Nct01234567"])
    def test_numbers(self, text: str) -> None:
        """In any case, returned in capitals."""
        assert trial_number(text) == "NCT01234567"

    @pytest.mark.parametrize(
        "text", ["", "NCT0123456", "NCT012345678", "NCT01234567.json", "x/NCT01234567", "NCT٠١٢٣٤٥٦٧"]
    )
    def test_other_texts(self, text: str) -> None:
        """Are none, and nothing is asked for them."""
        assert trial_number(text) is None
        with pytest.raises(InputError, match="it is no number"):
            Fetcher().fetch(text)


class TestFetching:
    def test_a_study(self, registry: Registry) -> None:
        """Is what the API has, and a source of the parser; the request says who asks."""
        study = critparse.fetch(" nct00000001 ")
        assert study == STUDY
        (path, headers) = registry.asked[0]
        assert path == f"/api/v2/studies/{NUMBER}"
        assert headers["User-Agent"].startswith(f"critparse/{critparse.__version__}")
        trial = critparse.parse(study, model=False)
        assert (trial.trial_id, trial.source_format) == (NUMBER, "ctgov-v2")
        assert [criterion.text for criterion in trial.criteria] == ["* Age \\>= 18 years"]

    def test_unknown_number(self, registry: Registry) -> None:
        """404 is an answer, not a failure: it is not asked again."""
        registry.answers = [answer(b"NCT number not found", 404)]
        waits = Waits()
        assert _error(Fetcher(sleep=waits), UnknownTrial) == (
            "cannot fetch NCT00000001: 127.0.0.1 has no trial of that number"
        )
        assert (len(registry.asked), waits) == (1, [])

    def test_a_number_that_was_replaced(self, registry: Registry) -> None:
        """The registry sends on to the other."""
        registry.answers = [answer(b"", 301, Location=f"{registry.url}/NCT00000002"), answer()]
        assert Fetcher().fetch(NUMBER) == STUDY
        assert registry.asked[1][0] == "/api/v2/studies/NCT00000002"

    @pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
    def test_no_other_way_is_followed(self, registry: Registry, location: str) -> None:
        """Only the web."""
        registry.answers = [answer(b"", 302, Location=location)]
        with pytest.raises(FetchError):
            Fetcher(retries=0).fetch(NUMBER)
        with pytest.raises(FetchError, match="no address on the web"):
            Fetcher(url="file:///etc").fetch(NUMBER)

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"<html>Down for maintenance</html>", "the answer is not JSON (line 1, column 1: expecting value)"),
            (BODY[:60], "the answer is not JSON (line 1, column 56: unterminated string starting at; the input"),
            (b"\xff\xfe\xff", "the answer is not JSON"),
            (b'{"studies": []}', "the answer is JSON, but no study"),
            (b"[]", "the answer is JSON, but no study"),
            (b"", "the answer is not JSON (line 1, column 1: expecting value; the input seems to be cut off)"),
        ],
    )
    def test_an_answer_that_is_no_study(self, registry: Registry, body: bytes, reason: str) -> None:
        """Is an error, and not kept."""
        registry.answers = [answer(body)]
        assert _error(Fetcher(), FetchError).startswith(f"cannot fetch NCT00000001: {reason}")
        with pytest.raises(NotInCache):
            Fetcher(offline=True).fetch(NUMBER)

    def test_an_endless_answer(self, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
        """Has a bound."""
        monkeypatch.setattr("critparse.sources.web.MAX_BYTES", 100)
        assert "more than 100 bytes" in _error(Fetcher(), FetchError)


class TestPatience:
    def test_too_many_requests(self, registry: Registry) -> None:
        """The registry says how long to wait; so long is waited."""
        registry.answers = [answer(b"", 429, Retry_After="7"), answer()]
        waits = Waits()
        assert Fetcher(sleep=waits).fetch(NUMBER) == STUDY
        assert waits == [7.0]

    def test_a_date_to_wait_for(self, registry: Registry) -> None:
        """Is understood too."""
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
        registry.answers = [answer(b"", 503, Retry_After=soon), answer(b"", 503, Retry_After="soon"), answer()]
        waits = Waits()
        assert Fetcher(sleep=waits).fetch(NUMBER) == STUDY
        assert 15 < waits[0] <= 20
        assert 0.5 < waits[1] < 1.5

    def test_too_long_a_wait(self, registry: Registry) -> None:
        """Is left to the user."""
        registry.answers = [answer(b"", 429, Retry_After="3600")]
        waits = Waits()
        assert _error(Fetcher(sleep=waits), RegistryUnavailable) == (
            "cannot fetch NCT00000001: 127.0.0.1 answers 429 (Too Many Requests) and asks to wait 3600 seconds"
        )
        assert waits == []

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_errors_that_pass(self, registry: Registry, status: int) -> None:
        """Are met with growing patience."""
        registry.answers = [answer(b"", status), answer(b"", status), answer()]
        waits = Waits()
        assert Fetcher(sleep=waits).fetch(NUMBER) == STUDY
        assert 0.3 < waits[0] < 0.7 < waits[1] < 1.4

    def test_errors_that_do_not_pass(self, registry: Registry) -> None:
        """End the patience after the last attempt; other errors at once."""
        registry.answers = [answer(b"", 500)]
        waits = Waits()
        assert "answers 500 (Internal Server Error)" in _error(Fetcher(retries=2, sleep=waits), RegistryUnavailable)
        assert (len(registry.asked), len(waits)) == (3, 2)
        registry.answers = [answer(b"", 403)]
        assert "answers 403 (Forbidden)" in _error(Fetcher(sleep=waits), FetchError)
        assert len(registry.asked) == 4

    def test_an_answer_that_breaks_off(self, registry: Registry) -> None:
        """Is asked for again."""
        registry.answers = [answer(BODY[:50], length=len(BODY)), answer()]
        waits = Waits()
        assert Fetcher(sleep=waits).fetch(NUMBER) == STUDY
        assert len(waits) == 1

    def test_no_answer(self, registry: Registry) -> None:
        """Is waited for so long and no longer, each time."""
        registry.answers = [registry.hang]
        waits = Waits()
        begin = time.monotonic()
        message = _error(Fetcher(timeout=0.2, retries=1, sleep=waits), FetchTimeout)
        assert message == "cannot fetch NCT00000001: no answer from 127.0.0.1 within 0.2 seconds"
        assert 0.4 <= time.monotonic() - begin < 5
        assert len(waits) == 1

    def test_an_answer_in_drops(self, registry: Registry) -> None:
        """Is late as a whole, though every drop comes in time."""
        registry.answers = [registry.drip]
        _error(Fetcher(timeout=0.3, retries=0), FetchTimeout)

    def test_no_connection(self, registry: Registry) -> None:
        """Nobody listens there."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        waits = Waits()
        message = _error(Fetcher(url=f"http://127.0.0.1:{port}/x", retries=1, sleep=waits), RegistryUnavailable)
        assert message == "cannot fetch NCT00000001: no connection to 127.0.0.1 (Connection refused)"
        assert len(waits) == 1

    def test_errors_are_inputs_errors_with_codes_of_their_own(self) -> None:
        """So that whoever handles what cannot be read handles these too."""
        kinds = (FetchError, UnknownTrial, RegistryUnavailable, FetchTimeout, NotInCache)
        assert all(issubclass(kind, InputError) for kind in kinds)
        assert len({kind.code for kind in (*kinds, InputError)}) == 6


class TestCache:
    def test_a_copy_is_taken(self, registry: Registry) -> None:
        """For a week; then, and with ``refresh``, the registry is asked."""
        assert [critparse.fetch(NUMBER) for _ in range(2)] == [STUDY, STUDY]
        assert len(registry.asked) == 1
        critparse.fetch(NUMBER, refresh=True)
        assert len(registry.asked) == 2
        (copy,) = Path(os.environ["CRITPARSE_CACHE"]).rglob("*.json")
        old = time.time() - 8 * 24 * 3600
        os.utime(copy, (old, old))
        critparse.fetch(NUMBER)
        assert len(registry.asked) == 3

    def test_offline(self, registry: Registry) -> None:
        """A copy of any age, and no request; without a copy an error that says where it was looked for."""
        with pytest.raises(NotInCache, match=r"offline, and there is no copy in .*cache$"):
            critparse.fetch(NUMBER, offline=True)
        critparse.fetch(NUMBER)
        (copy,) = Path(os.environ["CRITPARSE_CACHE"]).rglob("*.json")
        os.utime(copy, (0, 0))
        assert critparse.fetch(NUMBER, offline=True) == STUDY
        assert len(registry.asked) == 1

    def test_copies_of_another_address_are_apart(self, registry: Registry) -> None:
        """What a mirror said is not what the registry says."""
        critparse.fetch(NUMBER)
        with pytest.raises(NotInCache):
            Fetcher(url=f"{registry.url}x", offline=True).fetch(NUMBER)
        assert Fetcher(url=f"{registry.url}/", offline=True).fetch(NUMBER) == STUDY

    def test_a_damaged_copy(self, registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
        """Is replaced."""
        critparse.fetch(NUMBER)
        (copy,) = Path(os.environ["CRITPARSE_CACHE"]).rglob("*.json")
        copy.write_bytes(BODY[:50])
        assert critparse.fetch(NUMBER) == STUDY
        assert "is damaged" in caplog.text
        assert copy.read_bytes() == BODY

    def test_writing_leaves_nothing_half_done(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The old copy stays when the new one cannot be finished."""
        cache = Cache(tmp_path)
        cache.put("u", "a", b"old")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", fail)
        cache.put("u", "a", b"new")
        assert cache.get("u", "a", max_age=60) == b"old"
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1

    def test_a_cache_that_cannot_be_used(
        self, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Costs the copy, not the answer."""
        blocked = tmp_path / "file"
        blocked.write_text("")
        monkeypatch.setenv("CRITPARSE_CACHE", str(blocked))
        caplog.set_level(logging.WARNING)
        assert critparse.fetch(NUMBER) == STUDY
        assert "the cache cannot be written" in caplog.text

    def test_the_usual_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Is the platform's, unless another is named."""
        monkeypatch.delenv("CRITPARSE_CACHE", raising=False)
        monkeypatch.setattr("sys.platform", "linux")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_folder() == tmp_path / "critparse"
        monkeypatch.setattr("sys.platform", "darwin")
        assert default_folder() == Path.home() / "Library" / "Caches" / "critparse"

    def test_copies_are_plain_files(self, registry: Registry) -> None:
        """With the registry's own words, readable by the one who fetched them."""
        critparse.fetch(NUMBER)
        (copy,) = Path(os.environ["CRITPARSE_CACHE"]).rglob("*.json")
        assert (copy.name, copy.read_bytes()) == (f"{NUMBER}.json", BODY)
        assert stat.S_IMODE(copy.stat().st_mode) & 0o400


class TestCommandLine:
    def _run(self, *arguments: str) -> int:
        with pytest.raises(SystemExit) as end:
            main([*arguments])
        return int(end.value.code or 0)

    def test_numbers_as_arguments(self, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
        """Several, in any case, beside files; each is one record."""
        other = json.dumps(STUDY).replace(NUMBER, "NCT00000002").encode()
        registry.answers = [answer(), answer(other)]
        assert self._run("parse", "--no-model", "--format", "jsonl", NUMBER, "nct00000002") == 0
        trials = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [trial["trial_id"] for trial in trials] == [NUMBER, "NCT00000002"]
        assert {trial["source_format"] for trial in trials} == {"ctgov-v2"}

    def test_check_takes_numbers(self, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
        """As parse does."""
        assert self._run("check", "--no-model", "--format", "json", NUMBER) == 0
        assert NUMBER in capsys.readouterr().out

    def test_a_file_goes_before(
        self, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Of that very name, in the working directory."""
        monkeypatch.chdir(tmp_path)
        Path(NUMBER).write_text("Inclusion Criteria:\n- Likes tea\n")
        assert self._run("parse", "--no-model", "--format", "jsonl", NUMBER) == 0
        assert json.loads(capsys.readouterr().out)["source_format"] == "text"
        assert registry.asked == []

    def test_one_that_fails_does_not_cost_the_others(
        self, registry: Registry, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It is one line on stderr, and the exit code says so."""
        registry.answers = [answer(b"", 404), answer()]
        assert self._run("parse", "--no-model", "--format", "jsonl", "NCT99999999", NUMBER) == 2
        shown = capsys.readouterr()
        assert shown.err == "critparse: cannot fetch NCT99999999: 127.0.0.1 has no trial of that number\n"
        assert json.loads(shown.out)["trial_id"] == NUMBER

    def test_refresh_and_offline(self, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
        """The options do what the library's do."""
        assert self._run("parse", "--no-model", "--offline", NUMBER) == 2
        assert "offline, and there is no copy" in capsys.readouterr().err
        assert self._run("parse", "--no-model", NUMBER) == 0
        assert self._run("parse", "--no-model", "--offline", NUMBER) == 0
        assert self._run("parse", "--no-model", NUMBER) == 0
        assert len(registry.asked) == 1
        assert self._run("parse", "--no-model", "--refresh", NUMBER) == 0
        assert len(registry.asked) == 2


STUDIES = SHARED / "registry" / "originals" / "v2"


@pytest.mark.skipif(not STUDIES.exists(), reason="the registry's own files are not here")
@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.json")), ids=lambda path: path.stem)
def test_what_the_registry_really_serves_is_read(registry: Registry, path: Path) -> None:
    """A study as ClinicalTrials.gov serves it, fetched by its number, gives the same document as its file."""
    registry.answers = [answer(path.read_bytes())]
    trial = critparse.parse(critparse.fetch(path.stem), model=False)
    assert trial == critparse.parse(path, model=False)
    assert trial.trial_id == path.stem and trial.criteria
    assert registry.asked[0][0].endswith(path.stem)
