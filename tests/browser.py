"""A real browser for tests, and a workbench for it to look at.

Needs Chromium (``apt-get install chromium``, or its path in ``CRITPARSE_CHROMIUM``); tests are skipped without.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from review_support import PASSWORD, Client, application, free_port
from support import needed

from critparse.review.accounts import Accounts
from critparse.review.parsing import Parsers
from critparse.review.store import connect, migrate

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("CRITPARSE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not needed("chromium"), reason="needs Chromium (apt-get install chromium)"
)
SCREENS = pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (380, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(380, "light", marks=pytest.mark.slow),
    ],
)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Headless Chromium; without its sandbox, which containers do not allow and pages of our own do not need."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


def hold_against_axe(page: Page, what: object) -> None:
    """Nothing that axe-core objects to, and nothing wider than the screen. The context must bypass the policy."""
    found = Axe().run(page).response["violations"]
    said = [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"][:2]]
    assert not said, f"{what}: {said}"
    viewport = page.viewport_size
    assert viewport is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], what


class Program(Client):
    """A program that asks a server; the browser's loop runs in this thread, so that no other can."""

    def __init__(self, base: str) -> None:
        super().__init__(None)
        self._base = base
        self.headers = {}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        headers = self.headers | options.pop("headers", {})
        with httpx.Client(base_url=self._base, cookies=self.cookies, timeout=60) as one:
            answer = one.request(method, path, headers=headers, **options)
            self.cookies = one.cookies
            return answer


class Workbench:
    """A workbench that listens on this machine, with accounts: anna and ben are curators, root is an admin."""

    def __init__(self, base: str) -> None:
        self.base = base

    def client(self, name: str = "anna") -> Client:
        """A program that is signed in."""
        client = Program(self.base)
        answer = client.post("/v1/session", {"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        return client

    def context(self, browser: Browser, name: str | None = "anna", **options: Any) -> BrowserContext:
        """A browser's context, signed in unless ``name`` is None."""
        context = browser.new_context(base_url=self.base, **{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        if name is not None:
            answer = context.request.post("/v1/session", data={"name": name, "password": PASSWORD})
            assert answer.ok, answer.text()
        return context


@contextmanager
def running_workbench(folder: Path, parsers: Parsers | None = None) -> Iterator[Workbench]:
    """A workbench over a new database in the folder."""
    engine = connect(str(folder / "review.db"))
    migrate(engine)
    for name, role in (("anna", "curator"), ("ben", "curator"), ("root", "admin"), ("vera", "viewer")):
        Accounts(engine).add(name, role, PASSWORD)  # type: ignore[arg-type]
    app, port = application(engine, parsers, auth=True), free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Workbench(f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(10)
    engine.dispose()
