"""What the tests of the workbench share: databases (PostgreSQL too), records of our own writing, a client."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from support import skip_without

from critparse.review.accounts import Accounts, Role
from critparse.review.app import create_app
from critparse.review.config import Config
from critparse.review.parsing import Inline, Parsers
from critparse.review.store import connect, migrate

PASSWORD = "a long password"
RECORD = {
    "id": "NCT90000001",
    "title": "Walking in asthma",
    "conditions": ["Asthma"],
    "minimum_age": "18 Years",
    "maximum_age": "60 Years",
    "sex": "All",
    "eligibility": (
        "Inclusion Criteria:\n\n"
        "* Age 18 to 70 years\n"
        "* HbA1c below 8 % and no insulin\n"
        "* Asthma that is controlled:\n"
        "  * FEV1 above 70 %\n"
        "  * no severe exacerbation within 3 months\n\n"
        "Exclusion Criteria:\n\n"
        "* Pregnancy\n"
        "* Severe hepatic impairment\n"
    ),
}
"""It contradicts itself: the field says 60 years, the text 70."""


class Client:
    """A browser or program that asks the application, in this process."""

    def __init__(self, app: Any, **headers: str) -> None:
        self._app = app
        self.headers = {"host": "localhost", **headers}
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, on an event loop of its own."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=("127.0.0.1", 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=self.cookies) as one:
                headers = {**self.headers, **options.pop("headers", {})}
                answer = await one.request(method, path, headers=headers, **options)
                self.cookies = one.cookies
                return answer

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        """POST of JSON."""
        return self.request("POST", path, json=json, **options)

    def submitted(self, record: dict[str, Any] | str = RECORD) -> dict[str, Any]:
        """A trial of the record, as the API shows it."""
        answer = self.post("/v1/trials", {"source": record})
        assert answer.status_code in {200, 201}, answer.text
        number = answer.json()["records"][0]["trial"]["id"]
        found: dict[str, Any] = self.get(f"/v1/trials/{number}").json()
        return found


def application(engine: Engine, parsers: Parsers | None = None, **options: Any) -> Any:
    """The application over a database; requests are not limited."""
    return create_app(Config(**{"rate": 0, "auth": False, **options}), engine, parsers or parser())


def signed_in(engine: Engine, app: Any, role: Role = "curator", name: str = "anna") -> Client:
    """A client with a session, which sends its CSRF token."""
    Accounts(engine).add(name, role, PASSWORD)
    client = Client(app)
    answer = client.post("/v1/session", {"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["x-csrf-token"] = answer.json()["csrf"]
    return client


@cache
def parser() -> Inline:
    """Reads records in this process, without the trained model: quick to load."""
    from critparse.review.parsing.jobs import Options

    return Inline(Options(model=False))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Postgres:
    """A PostgreSQL of the tests' own; it does not run as root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder, self.port = programs, folder, free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "critparse", "-E", "UTF8", "--no-locale")
        self.start()

    def start(self) -> None:
        """Start it, on 127.0.0.1."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1"
        self._run(
            "pg_ctl", "-D", str(self._folder / "data"), "-l", str(self._folder / "log"), "-o", options, "-w", "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it; ``immediate`` is what a power cut is."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", mode, "-w", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        import psycopg

        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://critparse@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        assert done.returncode == 0, done.stderr.decode()


def _programs() -> Path | None:
    """Where PostgreSQL's programs are: on the path, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found and Path(found).resolve().with_name("pg_ctl").exists():
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of a process."""
    programs = _programs()
    if programs is None:
        skip_without("postgresql", "PostgreSQL is not installed (Debian: apt-get install postgresql)")
    if importlib.util.find_spec("psycopg") is None:
        skip_without("postgresql", "PostgreSQL's driver is not installed (the extra [postgres])")
    folder = Path(tempfile.mkdtemp(prefix="critparse-pg-"))
    server = Postgres(programs, folder)
    yield server
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'review.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """A database of either kind with its tables."""
    found = connect(database)
    migrate(found)
    yield found
    found.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """An SQLite database with its tables, where the kind does not matter."""
    found = connect(str(tmp_path / "review.db"))
    migrate(found)
    yield found
    found.dispose()
