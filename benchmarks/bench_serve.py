"""The workbench under load: curators who click, and clients that never rest, against a server of its own.

    python benchmarks/bench_serve.py [--clients 50] [--seconds 60] [--workers 2] [--database URL] [--seed 1]

It starts ``critparse serve`` on a database of its own (SQLite in a temporary folder, or an empty one by URL) with
NCT01741857 and two hundred made-up records, signs every client in, and lets them work twice: as curators, who look at
what they got for one to two seconds before they click again, and in a closed loop, where each asks again at once.
Of a hundred requests, 45 are trial pages (every third the one of NCT01741857), 25 inbox pages, 15 trials as JSON,
10 decisions, 3 parses of NCT01741857, and 2 of it with a number added to each line, so that nothing of it was read
before (the processes that read records remember lines). Times are what a client waits, on a machine that may have other
things to do; the CPU time of a request, which does not depend on that, is measured one request after another.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from critparse.review.accounts import Accounts
from critparse.review.store import connect, migrate

ROOT = Path(__file__).resolve().parents[1]
RECORD = (ROOT / "corpora" / "NCT01741857.txt").read_text("utf-8")
PASSWORD = "a long password"
MIX = {"trial page": 45, "inbox": 25, "trial as JSON": 15, "decision": 10, "parse": 3, "parse, new text": 2}
MADE_UP = 200
ALONE = {"parse": 15, "parse, new text": 15, "decision": 60}
"""Requests of a kind for the CPU time of one; 150 of the others."""


def main() -> None:
    """Start, fill, measure, end."""
    options = parsed()
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or f"sqlite:///{Path(folder) / 'bench.db'}"
        names = accounts(database, options.clients)
        with served(database, options.workers, Path(folder)) as (process, port):
            clients = [signed_in(port, name) for name in names]
            trials = filled(port, clients[0])
            print(f"{len(trials)} trials, {options.clients} clients, load of the machine {os.getloadavg()[0]:.1f}")
            drawn = random.Random(options.seed)
            load = Load(port, clients, trials, drawn)
            asyncio.run(load.alone(process))
            asyncio.run(load.run("curators, 1 to 2 s between clicks", options.seconds, (1.0, 2.0), process))
            asyncio.run(load.run("closed loop, no pause", options.seconds, None, process))


def parsed() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description="The workbench under load.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database", help="an empty database, in place of SQLite in a temporary folder")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


# --- the server ------------------------------------------------------------------------------------------------------


def accounts(database: str, count: int) -> list[str]:
    """The names of so many curators."""
    engine = connect(database)
    migrate(engine)
    kept = Accounts(engine)
    names = [f"curator{number}" for number in range(count)]
    for name in names:
        kept.add(name, "curator", PASSWORD)
    engine.dispose()
    return names


@contextmanager
def served(database: str, workers: int, folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    """The server, ready, and its port; told to end afterwards."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "critparse", "serve", "--port", str(port), "--rate-limit", "0"]
    command += ["--workers", str(workers), "--queue", "200"]
    environment = os.environ | {"CRITPARSE_DATABASE": database, "PYTHONPATH": str(ROOT / "src")}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log, env=environment, cwd=folder)
        try:
            wait_until_ready(server, port)
            yield psutil.Process(server.pid), port
        finally:
            server.send_signal(signal.SIGTERM)
            print(f"the server ended with {server.wait(60)}")


def wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait until database and every process that reads records are there."""
    while server.poll() is None:
        time.sleep(0.5)
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise SystemExit("the server did not start")


def filled(port: int, client: Client) -> list[int]:
    """Submit the records; the numbers of their trials, NCT01741857 first."""
    sources = [RECORD, *("\n".join(map(json.dumps, made_up(first, 50))) for first in range(0, MADE_UP, 50))]
    headers = {"Cookie": client.cookie, "X-CSRF-Token": client.csrf}
    trials = []
    for source in sources:
        url = f"http://127.0.0.1:{port}/v1/trials"
        answer = httpx.post(url, json={"source": source}, headers=headers, timeout=600).raise_for_status()
        trials += [one["trial"]["id"] for one in answer.json()["records"]]
    return trials


def made_up(first: int, count: int) -> list[dict[str, object]]:
    """Records that contradict themselves here and there, each of ten to thirty criteria."""
    drawn = random.Random(first)
    wanted = [
        "Age {a} to {b} years", "HbA1c between {a}.5 and {b} %", "Diagnosis of asthma for at least {a} months",
        "FEV1 above {b} % of predicted", "Body mass index below {b} kg/m2", "Able to give informed consent",
        "Stable dose of metformin for {a} weeks before screening",
    ]  # fmt: skip
    refused = [
        "Pregnancy or lactation", "Insulin within the last {a} months", "Creatinine above {a}.2 mg/dL",
        "Severe hepatic impairment", "Age above {b} years", "Myocardial infarction within {a} weeks",
        "Known allergy to penicillin", "ALT > {a} x ULN",
    ]  # fmt: skip

    def lines(kinds: list[str]) -> str:
        chosen = drawn.choices(kinds, k=drawn.randrange(5, 16))
        return "\n".join("* " + one.format(a=drawn.randrange(2, 9), b=drawn.randrange(30, 90)) for one in chosen)

    return [
        {
            "id": f"NCT9{number:07}", "title": f"Made-up trial {number} in asthma", "conditions": ["Asthma"],
            "minimum_age": "18 Years", "maximum_age": "60 Years", "sex": "All",
            "eligibility": f"Inclusion Criteria:\n\n{lines(wanted)}\n\nExclusion Criteria:\n\n{lines(refused)}\n",
        }
        for number in range(first, first + count)
    ]  # fmt: skip


# --- clients ---------------------------------------------------------------------------------------------------------


@dataclass
class Client:
    """A browser that is signed in, with one connection that it keeps."""

    port: int
    cookie: str
    csrf: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str, body: object = None) -> tuple[int, bytes]:
        """Status and body of an answer; a connection that the server closed is opened anew."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        head += f"Cookie: {self.cookie}\r\nX-CSRF-Token: {self.csrf}\r\nAccept-Encoding: gzip\r\n"
        head += f"Accept: text/html\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self.writer.write(head.encode() + content)
        answered = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in answered[1:] if line)
        found = await self._body(fields)
        if fields.get("connection") == "close":
            self.close()
        return int(answered[0].split()[1]), found

    async def _body(self, fields: dict[str, str]) -> bytes:
        assert self.reader is not None
        if fields.get("transfer-encoding") != "chunked":
            return await self.reader.readexactly(int(fields.get("content-length", 0)))
        found = b""
        while size := int(await self.reader.readline(), 16):
            found += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return found

    def close(self) -> None:
        """Let go of the connection."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


def signed_in(port: int, name: str) -> Client:
    """A client with a session."""
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/session", json={"name": name, "password": PASSWORD}, timeout=60)
    found = answer.raise_for_status()
    return Client(port, f"critparse_session={found.cookies['critparse_session']}", found.json()["csrf"])


@dataclass
class Load:
    """What the clients do, and how long they waited."""

    port: int
    clients: list[Client]
    trials: list[int]
    drawn: random.Random
    waited: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    versions: dict[int, tuple[int, str]] = field(default_factory=dict)
    new: Iterator[int] = field(default_factory=itertools.count)

    async def run(self, name: str, seconds: float, think: tuple[float, float] | None, server: psutil.Process) -> None:
        """Let all clients work for so long, then print the table."""
        self.waited, self.errors = defaultdict(list), Counter()
        worked, started = cpu(server), time.perf_counter()
        await asyncio.gather(*(self._work(number, started + seconds, think) for number in range(len(self.clients))))
        took = time.perf_counter() - started
        spent = [now - then for now, then in zip(cpu(server), worked, strict=True)]
        count = sum(map(len, self.waited.values()))
        print(
            f"\n{name}: {count} requests in {took:.0f} s ({count / took:.0f} a second); load {os.getloadavg()[0]:.1f};"
            f" CPU: server {spent[0] / took:.0%}, parsers {spent[1] / took:.0%}"
        )
        print(f"{'':<16}{'requests':>9}{'errors':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
        for kind in MIX:
            times = sorted(self.waited[kind]) or [0.0]
            at = [times[min(int(len(times) * part), len(times) - 1)] * 1000 for part in (0.5, 0.95, 0.99)]
            figures = "".join(f"{one:9.0f}" for one in at)
            print(f"{kind:<16}{len(self.waited[kind]):>9}{self.errors[kind]:>8}{figures}")

    async def alone(self, server: psutil.Process) -> None:
        """What one request of each kind costs the server, asked one after another."""
        print(f"\n{'one at a time':<16}{'requests':>9}{'CPU ms':>9}{'of parsers':>12}{'p50 ms':>9}{'bytes':>9}")
        client, own = self.clients[0], self.trials[1]
        for kind in MIX:
            for trial in (self.trials[0], own):
                await self._ask(client, kind, trial)
            self.waited, times = defaultdict(list), ALONE.get(kind, 150)
            worked, size = cpu(server), 0
            for _ in range(times):
                size = await self._ask(client, kind, own if kind == "decision" else self.trials[0])
            spent = [(now - then) * 1000 / times for now, then in zip(cpu(server), worked, strict=True)]
            middle = sorted(self.waited[kind])[times // 2] * 1000
            print(f"{kind:<16}{times:>9}{spent[0]:>9.1f}{spent[1]:>12.1f}{middle:>9.1f}{size:>9}")
        client.close()

    async def _work(self, number: int, end: float, think: tuple[float, float] | None) -> None:
        client, own = self.clients[number], self.trials[1 + number % (len(self.trials) - 1)]
        drawn = random.Random(self.drawn.random())
        await asyncio.sleep(drawn.uniform(0, think[1]) if think else 0)
        while time.perf_counter() < end:
            kind = drawn.choices(list(MIX), list(MIX.values()))[0]
            elsewhere = drawn.choice(self.trials) if drawn.random() > 1 / 3 else self.trials[0]
            await self._ask(client, kind, own if kind == "decision" else elsewhere)
            if think:
                await asyncio.sleep(drawn.uniform(*think))
        client.close()

    async def _ask(self, client: Client, kind: str, trial: int) -> int:
        """One request; the bytes of its answer. Decisions know the version from the page before, as people do."""
        if kind == "decision" and trial not in self.versions:
            _, found = await client.ask(f"/v1/trials/{trial}/findings")
            self._know(trial, found)
        path, body = self._request(kind, trial)
        started = time.perf_counter()
        try:
            status, found = await client.ask(path, body)
        except (OSError, asyncio.IncompleteReadError):
            status, found = 0, b""
            client.close()
        self.waited[kind].append(time.perf_counter() - started)
        self.errors[kind] += status != 200
        if kind == "decision" and status == 200:
            self._know(trial, found)
        return len(found)

    def _request(self, kind: str, trial: int) -> tuple[str, object]:
        version, fingerprint = self.versions.get(trial, (0, ""))
        decision = {"version": version, "state": "dismissed", "reason": f"reason {version}"}
        requests: dict[str, tuple[str, object]] = {
            "trial page": (f"/trials/{trial}", None),
            "inbox": (f"/?{urllib.parse.urlencode({'q': 'asthma'})}" if trial % 4 == 0 else "/", None),
            "trial as JSON": (f"/v1/trials/{trial}", None),
            "decision": (f"/v1/trials/{trial}/findings/{fingerprint}/decision", decision),
            "parse": ("/v1/parse", {"source": RECORD}),
            "parse, new text": ("/v1/parse", {"source": re.sub(r"(?m)(?<=.{40})$", f" ({next(self.new)})", RECORD)}),
        }
        return requests[kind]

    def _know(self, trial: int, found: bytes) -> None:
        known = json.loads(found)
        version = known["version"] if "version" in known else known["trial"]["version"]
        self.versions[trial] = version, known["findings"][0]["fingerprint"]


def cpu(server: psutil.Process) -> tuple[float, float]:
    """CPU seconds of the server, and of the processes that read records."""
    times = [process.cpu_times() for process in server.children(recursive=True)]
    own = server.cpu_times()
    return own.user + own.system, sum(one.user + one.system for one in times)


if __name__ == "__main__":
    main()
