"""The workbench in a real browser: the whole way by mouse and by keyboard, for everybody, and safe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import SCREENS, Workbench, hold_against_axe, needs_chromium, running_workbench
from pages import HOSTILE
from playwright.sync_api import expect
from review_support import PASSWORD, RECORD
from support import FIRST_TRIAL

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One workbench for all tests; each has trials of its own."""
    with running_workbench(tmp_path_factory.mktemp("workbench")) as running:
        yield running


def submitted(workbench: Workbench, number: int, **fields: Any) -> int:
    """A trial of our own writing, under this number."""
    found: int = workbench.client().submitted({**RECORD, "id": f"NCT9000{number:04}", **fields})["trial"]["id"]
    return found


def test_the_whole_way_by_mouse(browser: Browser, workbench: Workbench) -> None:
    """Sign in, paste the first record, see the ages contradict, accept, correct a rule, export it."""
    context = workbench.context(browser, None, accept_downloads=True)
    page = context.new_page()
    page.goto("/upload")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Paste a record").fill(FIRST_TRIAL.read_text("utf8").replace("NCT01741857", "NCT01741858"))
    page.get_by_role("button", name="Read").click()
    finding = page.locator(".finding", has_text="age-maximum-conflict")
    expect(finding.locator("td mark")).to_have_text(["60 Years", "from 15 to 60 years", "from 15 to 70 years"])
    page.get_by_role("button", name="Accept finding 1").click()
    expect(page.get_by_role("status")).to_have_text("Finding 1: accepted.")
    expect(page.locator("details.decided summary")).to_contain_text("accepted by anna")
    page.get_by_role("link", name="Correct I1", exact=True).click()
    limits = page.get_by_label("Upper limit")
    assert limits.evaluate_all("all => all.map(one => one.value)").count("60") == 1
    page.locator("input[name$='.upper'][value='60']").fill("65")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.locator("#c1 .rule")).to_contain_text("age 15 to 65 years")
    page.get_by_role("link", name="Export").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download json").click()
    document = json.loads(taken.value.path().read_text("utf8"))
    assert '"value": 65' in json.dumps(document["criteria"][0]["rule"])
    context.close()


def test_the_whole_way_by_keyboard(browser: Browser, workbench: Workbench) -> None:  # noqa: PLR0915  the whole way
    """The same without a mouse, with Tab, Enter and the keys that are listed."""
    context = workbench.context(browser, None, accept_downloads=True)
    page = context.new_page()
    page.goto("/upload")
    keyboard = page.keyboard
    keyboard.type("anna")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    page.wait_for_url("**/upload")
    tab_to(page, "Paste a record, or its eligibility criteria")
    keyboard.insert_text(FIRST_TRIAL.read_text("utf8").replace("NCT01741857", "NCT01741859"))
    keyboard.press("Control+Enter")
    page.wait_for_url("**/trials/*")
    expect(page.locator("[data-stop='f1']")).to_be_focused()
    keyboard.press("g")
    assert "aged" in focused(page), "from the finding to its words"
    keyboard.press("g")
    keyboard.press("a")
    expect(page.get_by_role("status")).to_have_text("Finding 1: accepted.")
    expect(page.locator("[data-stop='f2']")).to_be_focused()
    keyboard.press("d")
    keyboard.press("Enter")
    expect(page.locator("#wrong2")).to_have_text("Say why: a finding is dismissed with a reason.")
    expect(page.locator("#reason2")).to_be_focused()
    keyboard.type("the dose is in the protocol")
    keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Finding 2: dismissed. All findings of this trial are decided.")
    expect(page.locator("#main")).to_be_focused()
    for _ in range(8):
        keyboard.press("j")
        if page.evaluate("document.activeElement.id") == "c1":
            break
    keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('.given') !== null"), "the words of the criterion"
    keyboard.press("e")
    page.wait_for_url("**/criteria/I1*")
    while True:
        tab_to(page, "Upper limit")
        if page.evaluate("document.activeElement.value") == "60":
            break
    keyboard.press("Control+a")
    keyboard.type("65")
    keyboard.press("Enter")
    expect(page.locator("#c1 .rule")).to_contain_text("age 15 to 65 years")
    tab_to(page, "Skip to the content", back=True)
    keyboard.press("Enter")
    tab_to(page, "Export")
    keyboard.press("Enter")
    page.wait_for_url("**/export")
    tab_to(page, "Download omop")
    with page.expect_download() as taken:
        keyboard.press("Enter")
    assert (
        taken.value.suggested_filename.startswith("NCT01741859") and '"ConceptSets"' in taken.value.path().read_text()
    )
    context.close()


def focused(page: Page) -> str:
    """The words of what has the focus."""
    found: str = page.evaluate("document.activeElement.textContent")
    return found


def tab_to(page: Page, name: str, back: bool = False) -> None:
    """Press Tab until something of this name has the focus."""
    script = """() => { const one = document.activeElement;
        return (one.labels && one.labels.length ? one.labels[0].textContent : one.textContent).trim(); }"""
    for _ in range(150):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate(script) == name:
            return
    pytest.fail(f"Tab does not lead to {name}")


def test_dismissal_and_undo(browser: Browser, workbench: Workbench) -> None:
    """A dismissal shows who and why; the last change is undone with one button, and the history tells all of it."""
    trial = submitted(workbench, 1)
    page = workbench.context(browser).new_page()
    page.goto(f"/trials/{trial}")
    page.get_by_label("Reason for finding 1").fill("agreed with the sponsor")
    page.get_by_role("button", name="Dismiss finding 1").click()
    expect(page.locator("details.decided summary")).to_contain_text("dismissed by anna")
    expect(page.locator("details.decided summary")).to_contain_text("agreed with the sponsor")
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("You took back version 2: ")
    expect(page.locator("[data-stop='f1']")).to_be_focused()
    expect(page.locator("div.stop .finding")).to_have_count(1)
    page.get_by_role("link", name="History").click()
    expect(page.locator(".events > li")).to_have_count(3)
    expect(page.locator(".events > li").nth(1)).to_contain_text("was taken back later")
    page.context.close()


def test_a_list_is_gone_through_with_two_keys(browser: Browser, workbench: Workbench) -> None:
    """A trial opens at its first open finding, decisions lead on, the last one to the next trial: all in view."""
    text = "Inclusion Criteria:\n\n" + "".join(f"* Age 18 to {70 + one} years, as in group {one}\n" for one in range(9))
    for number in (12, 13):
        submitted(workbench, number, title=f"Wombats {number}", eligibility=text)
    page = workbench.context(browser, viewport={"width": 1280, "height": 500}).new_page()
    page.goto("/?q=wombats")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    for number in (12, 13):
        expect(page.locator("h1")).to_contain_text(f"Wombats {number}")
        for _ in range(page.locator("div.stop .finding").count()):
            stop = page.locator("div.stop").first
            expect(stop).to_be_focused()
            assert stop.get_attribute("aria-label").startswith("Finding ")  # type: ignore[union-attr]
            expect(stop.locator(".message")).to_be_in_viewport(ratio=1)
            expect(stop.get_by_role("button", name="Accept")).to_be_in_viewport(ratio=1)
            code = stop.get_attribute("data-stop")
            page.keyboard.press("a")
            expect(page.locator(f"details[data-stop='{code}']")).to_be_visible()
            expect(page.get_by_role("status")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("status")).to_contain_text("All findings of this trial are decided.")
        expect(page.locator(".crumbs .next")).to_be_focused()
        page.keyboard.press("n")
    expect(page.get_by_role("status")).to_have_text("That was the last trial of this list.")
    page.context.close()


def test_words_and_rules_light_up_together(browser: Browser, workbench: Workbench) -> None:
    """By mouse or focus: a statement and its words, a finding and its passages."""
    trial = submitted(workbench, 2)
    page = workbench.context(browser).new_page()
    page.goto(f"/trials/{trial}")
    row = page.locator("#c2")
    leaf = row.locator("button.leaf", has_text="HbA1c")
    leaf.hover()
    assert "HbA1c below 8 %" in " ".join(row.locator(".given .lit").all_inner_texts())
    row.locator(".given span", has_text="insulin").first.hover()
    expect(row.locator("button.leaf.lit")).to_contain_text("insulin")
    leaf.focus()
    expect(leaf).to_have_class("leaf lit")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("k")
    page.locator("[data-stop='f1']").focus()
    expect(page.locator("#c1 .given .lit")).to_have_text("18 to 70 years")
    page.context.close()


def test_errors_stand_at_their_fields(browser: Browser, workbench: Workbench) -> None:
    """What the schema does not accept is said at the field; what was typed stays, also when parts are added."""
    trial = submitted(workbench, 3)
    page = workbench.context(browser).new_page()
    page.goto(f"/trials/{trial}/criteria/I1")
    page.get_by_label("Upper limit").fill("seventy")
    page.get_by_role("button", name="Save the rule").click()
    field = page.get_by_label("Upper limit")
    expect(field).to_have_value("seventy")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[id='r.range.upper-wrong']")).to_contain_text("this is no number")
    page.get_by_role("button", name="Put into a group of the whole rule").click()
    page.get_by_role("button", name="Add a statement").click()
    expect(page.get_by_label("About")).to_have_count(2)
    expect(page.get_by_label("Upper limit").first).to_have_value("seventy")
    page.get_by_label("Upper limit").first.fill("65")
    page.get_by_label("About").nth(1).fill("asthma")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.locator("#c1 .rule")).to_have_text("age 18 to 65 years or asthma")
    page.context.close()


def test_the_focus_goes_on_with_what_a_button_adds(browser: Browser, workbench: Workbench) -> None:
    """A dose is added, typed and mended by keyboard alone; what is wrong has the focus."""
    trial = submitted(workbench, 12)
    page = workbench.context(browser).new_page()
    page.goto(f"/trials/{trial}/criteria/E1")
    page.get_by_role("button", name="Add a dose").press("Enter")
    amount = page.get_by_role("group", name="Dose").get_by_label("Lower limit").first
    expect(amount).to_be_focused()
    page.keyboard.type("ten")
    page.keyboard.press("Enter")
    expect(page.locator("[id='r.dose.amount.lower-wrong']")).to_contain_text("this is no number")
    expect(amount).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trials/*#c*")
    criteria = workbench.client().get(f"/v1/trials/{trial}").json()["document"]["criteria"]
    rule = next(one for one in criteria if one["id"] == "E1")["rule"]
    assert rule["dose"]["amount"]["lower"] == {"value": 10, "inclusive": True}
    page.context.close()


def test_two_curators_at_once(browser: Browser, workbench: Workbench) -> None:
    """The second sees what the first did, beside what was typed; saving then keeps both in the history."""
    trial = submitted(workbench, 4)
    anna, ben = (workbench.context(browser, name).new_page() for name in ("anna", "ben"))
    for page, limit in ((anna, "65"), (ben, "66")):
        page.goto(f"/trials/{trial}/criteria/I1")
        page.get_by_label("Upper limit").fill(limit)
    ben.locator("#comment-rule").fill("as in the protocol")
    anna.get_by_role("button", name="Save the rule").click()
    expect(anna.locator("#c1 .rule")).to_contain_text("65")
    ben.get_by_role("button", name="Save the rule").click()
    expect(ben.get_by_role("heading", name="Somebody was faster")).to_be_visible()
    expect(ben.locator(".conflict")).to_contain_text("anna corrected the rule of I1")
    expect(ben.locator(".conflict .added")).to_contain_text("rule: age 18 to 65 years")
    expect(ben.get_by_label("Upper limit")).to_have_value("66")
    expect(ben.locator("#comment-rule")).to_have_value("as in the protocol")
    assert workbench.client().get(f"/v1/trials/{trial}").json()["trial"]["version"] == 2, "nothing was overwritten"
    ben.get_by_role("button", name="Save the rule").click()
    expect(ben.locator("#c1 .rule")).to_contain_text("66")
    events = workbench.client().get(f"/v1/trials/{trial}/events").json()
    assert [one["who"] for one in events] == ["anna", "anna", "ben"]
    anna.context.close()
    ben.context.close()


def test_words_marked_with_the_mouse_become_a_mention(browser: Browser, workbench: Workbench) -> None:
    """They come into the form; of words that stand there twice, the ones that were marked are taken."""
    text = "Inclusion Criteria:\n\n* Likes zorbing and asthma, or zorbing with asthma\n"
    trial = submitted(workbench, 11, eligibility=text)
    page = workbench.context(browser).new_page()
    page.goto(f"/trials/{trial}/criteria/I1")
    page.evaluate("""() => {
        const given = document.querySelector("#criterion .given");
        const walker = document.createTreeWalker(given, NodeFilter.SHOW_TEXT);
        let node = null;
        while (walker.nextNode()) if (walker.currentNode.data.includes("zorbing")) node = walker.currentNode;
        const at = node.data.lastIndexOf("zorbing");
        getSelection().setBaseAndExtent(node, at, node, at + 7);
        document.dispatchEvent(new MouseEvent("mouseup"));
    }""")
    expect(page.locator("#words-new")).to_have_value("zorbing")
    page.locator("#label-new").fill("Observation")
    page.get_by_role("button", name="Add the mention").click()
    page.wait_for_url("**/trials/*#c1")
    (criterion,) = workbench.client().get(f"/v1/trials/{trial}").json()["document"]["criteria"]
    (mention,) = [one for one in criterion["entities"] if one["text"] == "zorbing"]
    assert mention["spans"][0]["start"] == text.rindex("zorbing")
    page.context.close()


def test_buttons_of_a_form_tell_of_conflicts(browser: Browser, workbench: Workbench) -> None:
    """Adding a part to a form whose trial has changed shows what changed, with the part added and the words kept."""
    trial = submitted(workbench, 10)
    page = workbench.context(browser, "ben").new_page()
    page.goto(f"/trials/{trial}/criteria/I1")
    page.get_by_label("Upper limit").fill("66")
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    workbench.client().post(f"/v1/trials/{trial}/corrections", {"version": 1, "edit": edit})
    page.get_by_role("button", name="Put into a group of the whole rule").click()
    expect(page.get_by_role("heading", name="Somebody was faster")).to_be_visible()
    expect(page.locator(".conflict")).to_contain_text("changed the kind of E1")
    expect(page.get_by_role("group", name="Part 1")).to_be_visible()
    expect(page.get_by_label("Upper limit")).to_have_value("66")
    page.context.close()


def test_two_decisions_at_once(browser: Browser, workbench: Workbench) -> None:
    """A decision on what somebody else has decided meanwhile is asked for once more, with the reason kept."""
    trial = submitted(workbench, 5)
    anna, ben = (workbench.context(browser, name).new_page() for name in ("anna", "ben"))
    for page in (anna, ben):
        page.goto(f"/trials/{trial}")
    anna.get_by_role("button", name="Accept finding 1").click()
    expect(anna.get_by_role("status")).to_contain_text("Finding 1: accepted.")
    ben.get_by_label("Reason for finding 1").fill("a typo")
    ben.get_by_role("button", name="Dismiss finding 1").click()
    expect(ben.get_by_role("heading", name="Somebody was faster")).to_be_focused()
    expect(ben.locator("#main")).to_contain_text("open → accepted")
    expect(ben.locator("#main")).to_contain_text("Finding 1: dismissed (a typo)")
    ben.get_by_role("button", name="Do it all the same").click()
    expect(ben.locator("details.decided summary")).to_contain_text("dismissed by ben")
    anna.context.close()
    ben.context.close()


def test_hostile_record_is_harmless(browser: Browser, workbench: Workbench) -> None:
    """Script tags and broken markup in every text of a record are words on every page: nothing runs or is fetched."""
    criteria = f"Inclusion Criteria:\n* Age 18 to 70 years {HOSTILE}\n* {HOSTILE}\n* <b>Asthma</b> <!-- </main>\n"
    fields = {"title": HOSTILE, "conditions": [HOSTILE], "eligibility": criteria, "description": HOSTILE}
    trial = submitted(workbench, 6, **fields)
    page = workbench.context(browser).new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "/criteria/I1", "/history", "/compare", "/export?to=fhir"):
        page.goto(f"/trials/{trial}{path}")
        assert page.locator("main script, main img, main b").count() == 0
        shows_words = path not in {"/history", "/compare"}
        assert ("<script>alert(1)</script>" in page.locator("body").inner_text()) == shows_words
    page.goto("/?state=all&q=NCT90000006")
    expect(page.locator(".inbox .title")).to_contain_text("<script>alert(1)</script>")
    assert said == [] and all(one.startswith(workbench.base) for one in asked if not one.startswith("data:"))
    page.context.close()


def test_works_without_scripts(browser: Browser, workbench: Workbench) -> None:
    """Filters, decisions with their errors, and the form of a rule need no script."""
    trial = submitted(workbench, 7)
    page = workbench.context(browser, java_script_enabled=False).new_page()
    page.goto("/?q=NCT90000007")
    page.get_by_role("link", name="NCT90000007").click()
    page.get_by_role("button", name="Dismiss finding 1").click()
    expect(page.locator("#wrong1")).to_contain_text("Say why")
    page.get_by_role("button", name="Fixed at the source (finding 1)").click()
    expect(page.get_by_role("status")).to_contain_text("Finding 1: fixed at the source.")
    page.goto(f"/trials/{trial}/criteria/E1")
    page.get_by_role("button", name="Put into a group of the whole rule").click()
    page.get_by_role("button", name="Add a statement of the whole rule").click()
    page.get_by_label("About").nth(1).fill("lactation")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.locator(".rule", has_text="or lactation")).to_have_count(1)
    page.context.close()


def test_inbox_filters_as_one_types(browser: Browser, workbench: Workbench) -> None:
    """The list follows the fields without a button, and the address with it."""
    submitted(workbench, 8, title="Quokkas with asthma")
    page = workbench.context(browser).new_page()
    page.goto("/")
    page.get_by_label("Words").press_sequentially("quokka")
    expect(page.locator(".inbox tbody tr")).to_have_count(1)
    page.wait_for_url("**/?q=quokka*")
    page.get_by_label("Words").press_sequentially(" insul")
    expect(page.locator(".inbox mark")).to_have_text("insulin")
    expect(page.locator(".inbox tbody tr")).to_contain_text("Eligibility criteria: ")
    page.get_by_label("Severity").select_option("info")
    expect(page.locator("#results")).to_contain_text("No trial is like this")
    page.context.close()


@pytest.fixture(scope="module")
def visited(workbench: Workbench) -> dict[str, str]:
    """Every page, by name."""
    client = workbench.client()
    first = client.submitted(FIRST_TRIAL.read_text("utf8"))["trial"]["id"]
    trial = submitted(workbench, 9)
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    client.post(f"/v1/trials/{trial}/corrections", {"version": 1, "edit": edit})
    return {
        "inbox": "/?state=all",
        "found": "/?state=all&q=insulin",
        "empty": "/?q=nothing-like-it",
        "first": f"/trials/{first}",
        "trial": f"/trials/{trial}",
        "criterion": f"/trials/{first}/criteria/I3",
        "history": f"/trials/{trial}/history",
        "compare": f"/trials/{trial}/compare",
        "export": f"/trials/{trial}/export?to=omop",
        "upload": "/upload",
        "keys": "/keys",
        "users": "/users",
        "missing": "/trials/999999",
    }


@SCREENS
def test_every_page_is_accessible_and_fits(
    browser: Browser, workbench: Workbench, visited: dict[str, str], width: int, scheme: Any
) -> None:
    """On wide and narrow screens, in light and dark: no violation that axe knows, no scrolling sideways."""
    viewport: Any = {"width": width, "height": 900}
    with_admin = workbench.context(browser, "root", viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = with_admin.new_page()
    for name, path in visited.items():
        page.goto(path)
        for details in page.locator("details:not([open]) > summary").all():
            if details.is_visible():
                details.click()
        hold_against_axe(page, (name, width, scheme))
    page.goto("/")
    page.keyboard.press("?")
    hold_against_axe(page, ("keys", width, scheme))
    with_admin.close()
    signed_out = workbench.context(browser, None, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = signed_out.new_page()
    page.goto("/")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    hold_against_axe(page, ("login", width, scheme))
    signed_out.close()


@SCREENS
def test_errors_and_conflicts_are_accessible(browser: Browser, workbench: Workbench, width: int, scheme: Any) -> None:
    """So are the pages that say that something went wrong."""
    trial = submitted(workbench, 100 + width + len(scheme))
    viewport: Any = {"width": width, "height": 900}
    context = workbench.context(browser, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"/trials/{trial}/criteria/I1")
    page.get_by_label("Upper limit").fill("x")
    page.get_by_role("button", name="Save the rule").click()
    hold_against_axe(page, ("form", width, scheme))
    stale = context.new_page()
    stale.goto(f"/trials/{trial}")
    page.goto(f"/trials/{trial}")
    page.get_by_role("button", name="Accept finding 1").click()
    expect(page.get_by_role("status")).to_contain_text("Finding 1: accepted.")
    stale.get_by_role("button", name="Dismiss finding 1").click()
    expect(stale.locator("#wrong1, h1[data-focus]")).to_be_visible()
    hold_against_axe(stale, ("conflict", width, scheme))
    context.close()


def test_fetches_nothing_from_elsewhere(browser: Browser, workbench: Workbench) -> None:
    """Pages, styles and scripts come from the workbench alone; no script stands in a page."""
    page = workbench.context(browser).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    assert {one.removeprefix(workbench.base) for one in asked if not one.startswith("data:")} == {
        "/", "/static/parts.css", "/static/review.css", "/static/htmx.min.js", "/static/review.js",
    }  # fmt: skip
    assert page.locator("script:not([src])").count() == 0 and page.locator("[style], style").count() == 0
    page.context.close()


def test_screenshots_are_small() -> None:
    """The pictures in the documentation load quickly."""
    pictures = list((Path(__file__).parent.parent / "docs" / "images").glob("serve-*.png"))
    assert pictures and all(one.stat().st_size < 200_000 for one in pictures)
