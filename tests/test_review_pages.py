"""The workbench's pages without a browser: forms to corrections, the way through the inbox, roles, vendored scripts."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from pages import criterion_of
from review_support import RECORD, Client, application, signed_in
from sqlalchemy import Engine
from support import ROOT

import critparse
from critparse.errors import InvalidEdit
from critparse.review.pages import wordforms
from critparse.review.pages.comparing import compared, pieces

HTML = {"accept": "text/html"}
AROUND = {"before": "Inclusion Criteria:", "reason": "heading"}
"""What stands before the first criterion, and what its words that are left out are."""
STATIC = ROOT / "src/critparse/review/pages/static"


def post(client: Client, path: str, **fields: Any) -> Any:
    """A form that is sent."""
    headers = {**HTML, "content-type": "application/x-www-form-urlencoded"}
    return client.request("POST", path, content=urlencode(fields), headers=headers)


def test_words_are_found_in_a_criterion() -> None:
    """Blanks match any blanks, “…” joins words that stand apart, a place chosen with the mouse comes first."""
    one = criterion_of("asthma with\n  wheezing, or asthma with cough")
    text = one.text
    (found,) = wordforms.places(one, "asthma with wheezing")
    assert text[found[0] - one.span.start : found[1] - one.span.start] == "asthma with\n  wheezing"
    assert len(wordforms.places(one, "asthma … cough")) == 2
    second = one.span.start + text.rindex("asthma")
    assert wordforms.places(one, "asthma", second)[0][0] == second
    with pytest.raises(InvalidEdit, match="does not stand"):
        wordforms.places(one, "eczema")


def test_lines_divide_a_criterion() -> None:
    """Parts on lines of their own become offsets; other words are refused."""
    one = criterion_of("asthma and  hay fever and eczema")
    cuts = wordforms.cuts(one, "asthma\nand hay fever\n\nand eczema")
    assert [one.text[at - one.span.start :][:6] for at in cuts] == ["and  h", "and ec"]
    with pytest.raises(InvalidEdit, match="unchanged"):
        wordforms.cuts(one, "asthma\nhay fever")
    with pytest.raises(InvalidEdit, match="line of its own"):
        wordforms.cuts(one, wordforms.one_line(one))


def test_codes_are_read_line_by_line() -> None:
    """A code has a system; its name may follow."""
    first, second = wordforms.codes("MESH:D001249 Asthma\n\nSNOMEDCT:195967001")
    assert (first.system, first.code, first.display) == ("MESH", "D001249", "Asthma")
    assert (second.code, second.display) == ("195967001", "")
    with pytest.raises(InvalidEdit, match="SYSTEM:CODE"):
        wordforms.codes("asthma")


def test_comparison_shows_what_changed() -> None:
    """Fields, words, readings and findings of two versions; what is the same is left out."""
    old = critparse.parse(RECORD, model=False)
    changes = {"maximum_age": "70 Years", "eligibility": RECORD["eligibility"].replace("below 8 %", "below 9 %")}  # type: ignore[attr-defined]
    new = critparse.parse(RECORD | changes, model=False)
    found = compared(old, new)
    assert [name for name, _, _ in found.fields] == ["ages"]
    assert [piece.text for piece in found.texts[0].pieces if piece.op != "same"] == ["8", "9"]
    (pair,) = found.criteria
    assert pair.before is not None and pair.after is not None and pair.before.id == pair.after.id == "I2"
    assert "rule: HbA1c < 9% and no insulin" in pair.added
    assert [code for code, _, _ in found.gone] == ["age-maximum-conflict"]
    assert compared(old, old).same


def test_long_texts_are_compared_in_bounded_time() -> None:
    """Beyond some thousand words, lines are compared, then the whole."""
    old, new = "word " * 50_000, "other " * 50_000
    assert [piece.op for piece in pieces(old, new)] == ["removed", "added"]


def test_next_leads_through_the_whole_list(sqlite: Engine) -> None:
    """From trial to trial with the same filters, each once, also when findings are decided on the way."""
    client = Client(application(sqlite))
    for number in range(4):
        client.submitted({**RECORD, "id": f"NCT9100000{number}"})
    where, seen = "/next?q=NCT91", []
    while (answer := client.get(where, headers=HTML)).headers["location"].startswith("/trials/"):
        page = client.get(answer.headers["location"], headers=HTML)
        seen.append(answer.headers["location"].split("?")[0])
        finding = re.search(r'action="(/trials/\d+/findings/\w+)"', page.text)
        assert finding is not None
        post(client, finding[1], version=1, state="accepted", number=1)
        where = re.search(r'href="(/next\?[^"]+)"', page.text)[1].replace("&amp;", "&")  # type: ignore[index]
    assert len(seen) == len(set(seen)) == 4
    assert "last trial" in client.get("/", headers=HTML).text


def test_pages_of_the_inbox_hold_every_trial_once(sqlite: Engine) -> None:
    """Following “Next page” shows all of them."""
    client = Client(application(sqlite))
    lines = [RECORD | {"id": f"NCT92{number:06}", "eligibility": "* Age 18 to 70 years"} for number in range(60)]
    assert client.post("/v1/trials", {"source": json.dumps(lines)}).status_code == 201
    seen, where = [], "/"
    while where:
        page = client.get(where, headers=HTML).text
        seen += re.findall(r'class="stop" href="/trials/(\d+)', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        where = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 60


def test_pages_by_role(sqlite: Engine) -> None:
    """Viewers read; forms that they cannot send are not shown, and refused when sent all the same."""
    app = application(sqlite, auth=True)
    trial = signed_in(sqlite, app).submitted()["trial"]["id"]
    viewer = signed_in(sqlite, app, "viewer", "vera")
    page = viewer.get(f"/trials/{trial}", headers=HTML).text
    assert "Accept" not in page and "Correct" not in page
    assert "Save the rule" not in viewer.get(f"/trials/{trial}/criteria/I1", headers=HTML).text
    assert post(viewer, f"/trials/{trial}/undo", version=1).status_code == 403
    assert viewer.get("/users", headers=HTML).status_code == 403
    stranger = Client(app)
    answer = stranger.get(f"/trials/{trial}?in=q%3Da", headers=HTML)
    assert answer.headers["location"] == f"/login?next=%2Ftrials%2F{trial}%3Fin%3Dq%253Da"


def test_a_page_at_hand_is_answered_at_once_and_is_the_same(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time a thread puts it together, then none, whatever is decided; one that shows much takes a thread."""
    client = signed_in(sqlite, application(sqlite, auth=True))
    trial = client.submitted()
    threads = []

    async def noted(work: Callable[[], object]) -> object:
        threads.append(work)
        return work()

    monkeypatch.setattr("critparse.review.pages.trials.to_thread", SimpleNamespace(run_sync=noted))
    pages = [client.get(f"/trials/{trial['trial']['id']}").text for _ in range(2)]
    assert len(threads) == 1
    assert pages[0] == pages[1]
    found = trial["findings"][0]["fingerprint"]
    decision = {"version": 1, "state": "accepted"}
    assert client.post(f"/v1/trials/{trial['trial']['id']}/findings/{found}/decision", decision).status_code == 200
    assert client.get(f"/trials/{trial['trial']['id']}").text != pages[0]
    assert len(threads) == 1
    monkeypatch.setattr("critparse.review.pages.trialviews._QUICK_CHARACTERS", 1000)
    client.get(f"/trials/{trial['trial']['id']}")
    assert len(threads) == 2


def test_forms_need_the_token_of_the_session(sqlite: Engine) -> None:
    """A form without it changes nothing; with it, it does."""
    app = application(sqlite, auth=True)
    client = signed_in(sqlite, app)
    trial = client.submitted()["trial"]["id"]
    token = client.headers.pop("x-csrf-token")
    fields = {"version": 1, "change": "kind", "to": "exclusion"}
    assert post(client, f"/trials/{trial}/criteria/I1", **fields).status_code == 403
    answer = post(client, f"/trials/{trial}/criteria/I1", csrf=token, **fields)
    assert answer.status_code == 303
    assert client.get(f"/v1/trials/{trial}").json()["document"]["criteria"][0]["kind"] == "exclusion"


@pytest.mark.parametrize(
    ("fields", "criterion_id", "after"),
    [
        ({"change": "kind", "to": "exclusion"}, "E1", "Age 18 to 70"),
        ({"change": "split", "parts": "HbA1c below 8 %\nand no insulin"}, "I3", "and no insulin"),
        ({"change": "merge"}, "E1", "Pregnancy\n* Severe hepatic"),
        ({"change": "note", "reason": "narrative"}, "E1", "Severe hepatic"),
        ({"change": "extent", **AROUND, "own": "* Age 18 to", "behind": "70 years"}, "I1", "* Age 18 to"),
    ],
)
def test_whole_criteria_are_changed_by_forms(
    sqlite: Engine,
    fields: dict[str, str],
    criterion_id: str,
    after: str,
) -> None:
    """Kind, division, joining, taking out: the criterion of that id has other words afterwards."""
    client = Client(application(sqlite))
    trial = client.submitted()["trial"]["id"]
    start = {"kind": "I1", "extent": "I1", "split": "I2"}.get(fields["change"], "E1")
    answer = post(client, f"/trials/{trial}/criteria/{start}", version=1, **fields)
    assert answer.status_code == 303, answer.text
    criteria = client.get(f"/v1/trials/{trial}").json()["document"]["criteria"]
    assert after in next(one["text"] for one in criteria if one["id"] == criterion_id)


@pytest.mark.parametrize(
    ("own", "behind", "what"),
    [
        ("* Age 18", "to 71 years", "as they stand"),
        (" ", "* Age 18 to 70 years", "leave it some words"),
        ("*", "Age 18 to 70 years", "but a marker"),
        ("* Age 18 to 70 years", "", "changes nothing"),
    ],
)
def test_words_are_only_moved_between_a_criterion_and_its_surroundings(
    sqlite: Engine, own: str, behind: str, what: str
) -> None:
    """Where a criterion begins and ends is refused at its field when words are changed, or none are left."""
    client = Client(application(sqlite))
    trial = client.submitted()["trial"]["id"]
    fields = {"change": "extent", **AROUND, "own": own, "behind": behind}
    answer = post(client, f"/trials/{trial}/criteria/I1", version=1, **fields)
    assert answer.status_code == 422
    said = re.search(r'id="extent-own-wrong"[^>]*>([^<]+)', answer.text)
    assert said is not None and what in said[1]


def test_mentions_are_changed_by_forms(sqlite: Engine) -> None:
    """Other words, another type, other codes, a new mention, and one that is none."""
    client = Client(application(sqlite))
    trial = client.submitted()["trial"]["id"]
    path = f"/trials/{trial}/criteria/E2"

    def entities() -> list[Any]:
        document = client.get(f"/v1/trials/{trial}").json()["document"]
        found: list[Any] = next(one for one in document["criteria"] if one["id"] == "E2")["entities"]
        return found

    mine = next(one["id"] for one in entities() if "hepatic" in one["text"])
    sent = {"change": "mention", "entity": mine, "words": "Severe hepatic impairment", "label": "Condition"}
    assert post(client, path, version=1, **sent).status_code == 303
    assert "Severe hepatic impairment" in [one["text"] for one in entities()]
    sent = {"change": "concept", "entity": mine, "codes": "MESH:D048550 Hepatic Insufficiency"}
    assert post(client, path, version=2, **sent).status_code == 303
    assert next(one for one in entities() if one["id"] == mine)["concepts"][0]["code"] == "D048550"
    refused = post(client, path, version=3, change="concept", entity=mine, codes="nonsense")
    assert refused.status_code == 422 and "is no code" in refused.text and ">nonsense<" in refused.text
    assert post(client, path, version=3, change="removal", entity=mine).status_code == 303
    assert mine not in [one["id"] for one in entities()]


def test_nothing_typed_is_lost_when_its_mention_is_gone(sqlite: Engine) -> None:
    """Codes for a mention that somebody has removed meanwhile are shown beside what they did."""
    client = Client(application(sqlite))
    trial = client.submitted()["trial"]
    found = client.get(f"/v1/trials/{trial['id']}").json()["document"]["criteria"]
    mine = next(one for one in found if one["id"] == "E1")["entities"][0]["id"]
    path = f"/trials/{trial['id']}/criteria/E1"
    assert post(client, path, version=1, change="removal", entity=mine).status_code == 303
    sent = {"change": "concept", "entity": mine, "codes": "MESH:D011247 Pregnancy", "comment": "checked"}
    answer = post(client, path, version=1, **sent)
    assert answer.status_code == 409
    assert "removed a mention from E1" in answer.text
    assert ">MESH:D011247 Pregnancy<" in answer.text and ">checked<" in answer.text


def test_upload_says_what_became_of_each_file(sqlite: Engine) -> None:
    """A good file is kept, a bad one is refused with the reason, and what was pasted stays in the form."""
    client = Client(application(sqlite))
    files = [("files", ("good.txt", b"Inclusion Criteria:\n* Asthma\n")), ("files", ("bad.json", b"\x00\x01\x02"))]
    answer = client.request("POST", "/upload", data={"text": " "}, files=files, headers=HTML)
    assert answer.status_code == 422
    assert "good.txt" in answer.text and re.search(r"bad\.json</strong>: [^<]+", answer.text)
    again = client.request("POST", "/upload", data={"text": "Inclusion Criteria:\n* Eczema"}, headers=HTML)
    assert again.status_code == 303
    assert "Paste a record, or choose a file" in client.request("POST", "/upload", data={}, headers=HTML).text


def test_exports_are_taken_as_files(sqlite: Engine) -> None:
    """One file as it is, several as a zip that is the same each time; never shown by the browser."""
    client = Client(application(sqlite))
    trial = client.submitted()["trial"]["id"]
    one = client.get(f"/trials/{trial}/export/omop", headers=HTML)
    assert one.headers["content-disposition"].startswith('attachment; filename="NCT90000001.')
    several = client.get(f"/trials/{trial}/export/csv", headers=HTML)
    assert len(zipfile.ZipFile(io.BytesIO(several.content)).namelist()) > 1
    assert several.content == client.get(f"/trials/{trial}/export/csv", headers=HTML).content
    assert client.get(f"/trials/{trial}/export/nonsense", headers=HTML).status_code == 404
    assert b"Age 18 to 70 years" in client.get(f"/trials/{trial}/record", headers=HTML).content


def test_admins_keep_accounts(sqlite: Engine) -> None:
    """Accounts are added, changed and closed on the page; what is wrong is said there."""
    app = application(sqlite, auth=True)
    admin = signed_in(sqlite, app, "admin", "root")
    add = {"name": "ben", "role": "curator", "password": "short"}
    assert re.search(r'class="wrong"[^>]*>[^<]*has 10 to', post(admin, "/users", **add).text)
    assert post(admin, "/users", **add | {"password": "long enough now"}).status_code == 303
    assert post(admin, "/users/ben", do="role", role="viewer").status_code == 303
    assert "ben is viewer now." in admin.get("/users", headers=HTML).text
    assert post(admin, "/users/ben", do="close").status_code == 303
    assert "The account of ben is closed." in admin.get("/users", headers=HTML).text
    assert "only admin" in post(admin, "/users/root", do="role", role="viewer").text


def test_vendored_scripts_are_what_they_are_said_to_be() -> None:
    """Every script of others has its digest in VENDORED.toml, and every file that is named there is there."""
    pins = tomllib.loads((STATIC / "VENDORED.toml").read_text("utf8"))
    for pin in pins.values():
        assert hashlib.sha256((STATIC / pin["file"]).read_bytes()).hexdigest() == pin["sha256"]
    own = {"review.js", "review.css", "VENDORED.toml"}
    assert {file.name for file in STATIC.iterdir()} == own | {pin["file"] for pin in pins.values()}


def test_templates_never_mark_anything_safe() -> None:
    """No text of a record can become markup: nothing is exempt from escaping, nothing runs in a page."""
    for file in (STATIC.parent / "templates").glob("*.html"):
        text = file.read_text("utf8")
        assert not re.search(r"\|\s*safe|autoescape|\son\w+=|\sstyle=|<script(?! src)|javascript:", text), file.name


@pytest.mark.parametrize(
    "path",
    [
        "/?q=%00&code=%00&registry=%00%ff&state=x&severity=y&corrected=z",
        "/next?cursor=nonsense&q=%00",
        "/trials/1?in=%00%0d%0a//elsewhere",
        "/trials/1/criteria/%00",
        "/trials/1/criteria/I1?in=javascript:alert(1)",
        "/trials/1/compare?from=1&to=99",
        "/trials/1/export?to=%00",
        "/users/%00",
    ],
)
def test_odd_addresses_are_answered(engine: Engine, path: str) -> None:
    """Whatever stands in an address, the answer is a page or says what is wrong, on either database."""
    client = Client(application(engine))
    client.submitted()
    assert client.get(path, headers=HTML).status_code in {200, 303, 404, 405, 422}


def test_odd_forms_are_answered(engine: Engine) -> None:
    """Forms with fields missing, or with values that no browser sends, are refused with a page."""
    client = Client(application(engine))
    client.submitted()
    finding = client.get("/v1/trials/1/findings").json()["findings"][0]["fingerprint"]
    paths = [
        "/trials/1/undo",
        "/trials/1/reparse",
        "/trials/1/criteria/I1",
        f"/trials/1/findings/{finding}",
        "/users",
        "/upload",
    ]
    for path in paths:
        for fields in ({}, {"version": "x"}, {"version": 9}, {"version": 1, "change": "\0", "do": "\0", "state": "\0"}):
            answer = post(client, path, **fields)
            assert answer.status_code in {303, 404, 409, 422}, (path, fields, answer.text[:300])


def test_long_records_can_be_pasted(sqlite: Engine) -> None:
    """More than a megabyte of text fits into the form."""
    client = Client(application(sqlite))
    text = "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n* " + "x" * 1_100_000
    files = [("files", ("", b""))]
    assert client.request("POST", "/upload", data={"text": text}, files=files, headers=HTML).status_code == 303


def test_without_scripts_a_decision_leads_to_the_next_open_finding(sqlite: Engine) -> None:
    """The address behind a decision names the next finding that is open, then the first; behind an undo, that one."""
    app = application(sqlite)
    client = Client(app)
    text = "Inclusion Criteria:\n\n* Age 18 to 70 years\n* ALT below 3\n* Pregnancy test = 5 mg\n"
    trial = client.submitted({**RECORD, "eligibility": text})
    number, findings = trial["trial"]["id"], trial["findings"]
    assert len(findings) >= 2
    last = len(findings)
    path = f"/trials/{number}/findings/"
    answer = post(client, f"{path}{findings[0]['fingerprint']}", version=1, number=1, state="accepted")
    assert answer.headers["location"] == f"/trials/{number}#stop2"
    answer = post(client, f"{path}{findings[0]['fingerprint']}", version=2, number=1, state="open")
    answer = post(client, f"{path}{findings[-1]['fingerprint']}", version=3, number=last, state="accepted")
    assert answer.headers["location"] == f"/trials/{number}#stop1"
    answer = post(client, f"/trials/{number}/undo", version=4)
    assert answer.headers["location"] == f"/trials/{number}#stop{last}"
    assert "You took back version 4: " in unquote(answer.headers["set-cookie"])


def test_history_offers_comparisons_only_where_something_was_read_anew(sqlite: Engine) -> None:
    """A decision leaves the document as it is: nothing to compare, and no version to choose for it."""
    client = Client(application(sqlite))
    trial = client.submitted()
    number, finding = trial["trial"]["id"], trial["findings"][0]["fingerprint"]
    post(client, f"/trials/{number}/findings/{finding}", version=1, number=1, state="accepted")
    post(client, f"/trials/{number}/undo", version=2)
    assert "What changed" not in client.get(f"/trials/{number}/history", headers=HTML).text
    compared = client.get(f"/trials/{number}/compare", headers=HTML).text
    assert "3: as it is now" in compared and "took back" not in compared and "are the same" in compared
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    client.post(f"/v1/trials/{number}/corrections", {"version": 3, "edit": edit})
    assert client.get(f"/trials/{number}/history", headers=HTML).text.count("What changed") == 1


def test_upload_says_how_much_is_open(sqlite: Engine) -> None:
    """Of several records, how many are new, and for each how many findings wait."""
    client = Client(application(sqlite))
    one, other = (json.dumps({**RECORD, "id": f"NCT9000000{number}"}) for number in (1, 2))
    files = [("files", ("a.json", one)), ("files", ("b.json", other)), ("files", ("c.json", one))]
    answer = client.request("POST", "/upload", files=files, headers=HTML).text
    assert "3 records: 2 new, 1 unchanged." in answer
    assert "<strong>1 open finding</strong>" in answer
    assert "a.json: <a" in answer and "<h3>" not in answer


def test_decisions_on_different_findings_are_no_conflict(sqlite: Engine) -> None:
    """Two curators decide on a finding each of the same version; of one finding, the second is asked."""
    client = Client(application(sqlite))
    text = "Inclusion Criteria:\n\n* Age 18 to 70 years\n* ALT below 3\n* Pregnancy test = 5 mg\n"
    trial = client.submitted({**RECORD, "eligibility": text})
    number = trial["trial"]["id"]
    first, second = (one["fingerprint"] for one in trial["findings"][:2])
    path = f"/trials/{number}/findings/"
    assert post(client, f"{path}{first}", version=1, number=1, state="accepted").status_code == 303
    assert post(client, f"{path}{second}", version=1, number=2, state="fixed").status_code == 303
    assert post(client, f"{path}{first}", version=1, number=1, state="fixed").status_code == 409
    edit = {"change": "kind", "criterion": "I2", "to": "exclusion"}
    assert client.post(f"/v1/trials/{number}/corrections", {"version": 3, "edit": edit}).status_code == 200
    assert post(client, f"{path}{second}", version=3, number=2, state="open").status_code == 409, "it is read otherwise"
    events = client.get(f"/v1/trials/{number}/events").json()
    assert [one["what"]["kind"] for one in events] == ["submitted", "decided", "decided", "edited"]


def test_criteria_of_the_same_words_are_not_mixed_up() -> None:
    """One of two criteria of the same words changes: it alone is shown, and as changed, not as gone and new."""
    words = "Inclusion Criteria:\n\n* Asthma in {}\n\nExclusion Criteria:\n\n* Asthma in Peru\n"
    old, new = (critparse.parse({"eligibility": words.format(place)}, model=False) for place in ("Peru", "Chile"))
    (pair,) = compared(old, new).criteria
    assert pair.before is not None and pair.after is not None
    assert (pair.before.id, pair.after.id) == ("I1", "I1")
    assert [pair.before.text[-4:], pair.after.text[-5:]] == ["Peru", "Chile"]


def test_texts_are_compared_as_people_read_them() -> None:
    """Markup of the source is not in the way; where nothing else differs, it is shown."""
    texts = (
        "Inclusion Criteria:<br>- Asthma<br>",
        "Inclusion Criteria:<br>- Gout<br>",
        "Inclusion Criteria:\n- Asthma\n",
    )
    first, second, third = (critparse.parse({"eligibility": text}, model=False) for text in texts)
    assert not any("<br>" in piece.text for piece in compared(first, second).texts[0].pieces)
    assert any("<" in piece.text for piece in compared(first, third).texts[0].pieces)
