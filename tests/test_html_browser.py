"""Pages in a real browser: nothing that axe-core objects to, nothing too wide, nothing fetched, no script run.

Needs Chromium (``apt-get install chromium``, or its path in ``CRITPARSE_CHROMIUM``); skipped without.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import SCREENS, hold_against_axe, needs_chromium
from pages import hostile, page_of, trial
from support import FIRST_TRIAL, Run

import critparse
from critparse.exports.html.page import Index

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of every make: a trial, several, a hostile one, an index."""
    folder = tmp_path_factory.mktemp("pages")
    index = io.StringIO()
    with Index(lambda: index) as written:
        written.add(trial(), "T1.html")
        written.end(unreadable=1)
        listed = index.getvalue()
    contents = {
        "trial": page_of(critparse.parse(FIRST_TRIAL, model=False)),
        "several": page_of(trial(), trial(id="T2"), unreadable=2),
        "hostile": page_of(hostile()),
        "index": listed,
    }
    for name, content in contents.items():
        (folder / f"{name}.html").write_text(content, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in contents}


@SCREENS
@pytest.mark.parametrize("name", ["trial", "several", "hostile", "index"])
def test_is_accessible_and_fits(browser: Browser, files: dict[str, Path], name: str, width: int, scheme: str) -> None:
    """On wide and narrow screens, in light and dark: no violation, and no scrolling sideways."""
    look(browser, files[name], width, scheme)


@SCREENS
def test_report_is_accessible_and_fits(browser: Browser, run: Run, tmp_path: Path, width: int, scheme: str) -> None:
    """So is the page of ``critparse check``, which is made of the same parts."""
    run("check", str(FIRST_TRIAL), "--no-model", "--format", "html", "-o", "report.html")
    look(browser, tmp_path / "report.html", width, scheme)


def look(browser: Browser, file: Path, width: int, scheme: str) -> None:
    """Hold a page against axe-core and the width of its screen."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,  # the page would not let axe-core run
    )
    page = context.new_page()
    page.goto(file.as_uri())
    hold_against_axe(page, (file.name, width, scheme))
    context.close()


@pytest.mark.parametrize("name", ["trial", "hostile"])
def test_nothing_is_fetched_and_nothing_runs(browser: Browser, files: dict[str, Path], name: str) -> None:
    """The browser asks for the page alone, and has nothing to complain of."""
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(files[name].as_uri())
    assert asked == [files[name].as_uri()] and said == []
    assert page.evaluate("getComputedStyle(document.querySelector('.tile')).borderTopStyle") == "solid"
    page.close()


def test_links_of_findings_lead_to_the_words(browser: Browser, files: dict[str, Path]) -> None:
    """“in the text” brings the passage into view, and its number brings the finding back."""
    page = browser.new_page(viewport={"width": 1280, "height": 600})
    page.goto(files["trial"].as_uri())
    page.get_by_role("link", name="in the text").first.click()
    passage = page.locator(":target")
    assert passage.bounding_box() is not None and 0 <= passage.bounding_box()["y"] < 600  # type: ignore[index]
    passage.click()
    assert page.locator(".finding:target").count() == 1
    page.close()
