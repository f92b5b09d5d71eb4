"""Take the pictures of docs/serve.md: a workbench with the record critparse started from, in headless Chromium.

Needs the development environment and Chromium. The trial's own record and one of our own writing are shown.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser import Workbench, running_browser, running_workbench  # noqa: E402
from review_support import RECORD  # noqa: E402

from critparse.review.parsing import Inline  # noqa: E402
from critparse.review.parsing.jobs import Options  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = ROOT / "docs" / "images"
_LARGEST = 200_000


def main() -> None:
    """Write every picture; one that is too large is an error."""
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_workbench(Path(folder), Inline(Options())) as workbench,
        running_browser() as browser,
    ):
        trial = prepared(workbench)
        desk = opened(browser, workbench, 1120, 760, "light")
        desk.goto("/")
        take(desk, "inbox")
        desk.goto(f"/trials/{trial}")
        take(desk, "trial")
        desk.locator("#section1").scroll_into_view_if_needed()
        desk.evaluate("document.getElementById('section1').scrollIntoView()")
        desk.locator("#c1 button.leaf", has_text="age 15").focus()
        take(desk, "reading")
        desk.goto(f"/trials/{trial}/criteria/I2")
        desk.evaluate("document.getElementById('rule-title').scrollIntoView()")
        take(desk, "correct")
        conflict(browser, workbench, trial)
        desk.goto(f"/trials/{trial}/history")
        take(desk, "history")
        phone = opened(browser, workbench, 380, 760, "dark")
        phone.goto(f"/trials/{trial}#f1")
        take(phone, "narrow")


def prepared(workbench: Workbench) -> int:
    """Some trials; the number of the first record."""
    client = workbench.client()
    found = client.submitted((ROOT / "corpora" / "NCT01741857.txt").read_text("utf8"))
    for number, title in enumerate(("Walking in asthma", "Asthma at altitude", "Swimming with asthma"), 1):
        client.submitted({**RECORD, "id": f"NCT9000000{number}", "title": title})
    trial: int = found["trial"]["id"]
    return trial


def conflict(browser: Browser, workbench: Workbench, trial: int) -> None:
    """Two curators correct the same rule."""
    pages = [opened(browser, workbench, 1120, 760, "light", name) for name in ("anna", "ben")]
    for page, limit in zip(pages, ("2", "1.5"), strict=True):
        page.goto(f"/trials/{trial}/criteria/I2")
        page.locator("input[name$='.lower'][value='1']").fill(limit)
        page.locator("#comment-rule").fill("as in the protocol")
    for page in pages:
        page.get_by_role("button", name="Save the rule").click()
        page.wait_for_load_state()
    take(pages[1], "conflict")


def opened(browser: Browser, workbench: Workbench, width: int, height: int, scheme: str, name: str = "anna") -> Page:
    """A page of that size in light or dark."""
    viewport = {"width": width, "height": height}
    return workbench.context(browser, name, viewport=viewport, color_scheme=scheme).new_page()


def take(page: Page, name: str) -> None:
    """One picture."""
    file = IMAGES / f"serve-{name}.png"
    page.screenshot(path=file)
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}: {size:,} bytes")
    assert size < _LARGEST, "too large"


if __name__ == "__main__":
    main()
