"""What all tests share."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from review_support import database, engine, postgres, sqlite  # noqa: F401  fixtures of the workbench
from support import Run

from critparse.cli import main

# Deadlines measure the machine (other test processes, a cold start), not critparse; benchmarks do that.
settings.register_profile("critparse", deadline=None)
settings.load_profile("critparse")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the program in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRITPARSE_DEBUG", "")

    def call(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, out, err

    return call
