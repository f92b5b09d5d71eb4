"""What all tests share."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from review_support import database, engine, postgres, sqlite  # noqa: F401  fixtures of the workbench
from support import Run

from critparse.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Deadlines measure the machine (other test processes, a cold start), not critparse; benchmarks do that.
settings.register_profile("critparse", deadline=None)
settings.load_profile("critparse")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    from browser import running_browser

    with running_browser() as running:
        yield running


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
