"""``critparse serve`` in a process of its own, for tests of what only a real server shows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
from review_support import free_port
from support import ROOT


class Server:
    """critparse serve, in a process of its own."""

    def __init__(self, database: str, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        options = ["--no-auth", "--no-model", "--workers", "1", "--rate-limit", "0"]
        command = [
            sys.executable,
            "-m",
            "critparse",
            "serve",
            "--port",
            str(self.port),
            "--database",
            database,
            *options,
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        self._log = (folder / "server.log").open("ab")
        self.process = subprocess.Popen(command, cwd=folder, stderr=self._log, env=environment)
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, "the server did not start"
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise AssertionError("the server does not become ready")

    def end(self, sign: int) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(sign)
        self._log.close()
        return self.process.wait(30)
