from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from review_support import PASSWORD, RECORD, Client, application, signed_in
from sqlalchemy import Engine
from support import FIRST_TRIAL

import critparse
from critparse.errors import ParserBusy, ParserFailed, ParseTimeout, StoreError
from critparse.review.accounts import Accounts
from critparse.review.parsing import Inline


@pytest.fixture
def local(sqlite: Engine) -> Client:
    """A client of a server without accounts."""
    return Client(application(sqlite))


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem that an answer tells of."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert found["status"] == answer.status_code
    assert found["request_id"] == answer.headers["x-request-id"]
    return found


def test_parse_answers_what_the_command_line_writes(local: Client) -> None:
    """The document of POST /v1/parse is that of critparse.parse, byte for byte."""
    source = FIRST_TRIAL.read_text(encoding="utf-8")
    answer = local.post("/v1/parse", {"source": source})
    assert answer.content.decode() == critparse.parse(source, model=False).model_dump_json()


def test_check_answers_the_findings(local: Client) -> None:
    """A record as an object is checked: the age of its field against its text."""
    found = local.post("/v1/check", {"source": RECORD}).json()
    assert found["trial_id"] == "NCT90000001"
    assert "age-maximum-conflict" in [finding["code"] for finding in found["findings"]]


def test_export_takes_a_record_or_a_document(local: Client) -> None:
    """Both give the same files; what cannot be expressed is listed."""
    document = local.post("/v1/parse", {"source": RECORD}).json()
    one = local.post("/v1/export", {"to": "fhir", "source": RECORD}).json()
    assert one == local.post("/v1/export", {"to": "fhir", "document": document}).json()
    assert json.loads(one["files"][0]["content"])["resourceType"] == "Bundle"
    assert problem(local.post("/v1/export", {"to": "fhir"}))["detail"] == "give either a source or a document"
    assert problem(local.post("/v1/export", {"to": "nothing", "source": RECORD}))["code"] == "CP301"


def test_errors_have_one_shape(local: Client) -> None:
    """Unreadable records, unknown paths, wrong methods and shapes: all are problems with a request id."""
    assert problem(local.post("/v1/parse", {"source": "  "}))["code"] == "CP101"
    assert problem(local.post("/v1/parse", {"source": "x", "format": "nonsense"}))["code"] == "CP104"
    assert problem(local.get("/v1/nothing"))["status"] == 404
    assert problem(local.get("/v1/parse"))["status"] == 405
    assert problem(local.get("/v1/trials/99"))["code"] == "CP701"
    wrong = problem(local.post("/v1/parse", {"source": "x", "sauce": "y"}))
    assert wrong["errors"][0]["where"] == ["body", "sauce"]
    broken = local.request("POST", "/v1/parse", content=b"{", headers={"content-type": "application/json"})
    assert problem(broken)["status"] == 422


def test_people_see_errors_as_pages(local: Client) -> None:
    """A browser gets a page where it asked for one; the API answers problems whoever asks."""
    headers = {"accept": "text/html,*/*"}
    for path in ("/trials/99", "/nothing", "/trials/x"):
        page = local.get(path, headers=headers)
        assert page.status_code in {404, 422}
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["x-request-id"] in page.text
    assert problem(local.get("/v1/trials/99", headers=headers))["status"] == 404


def test_a_request_id_comes_back(local: Client) -> None:
    """The caller's, when it looks like one; else a new one."""
    assert local.get("/v1/me", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert local.get("/v1/me", headers={"x-request-id": "<script>"}).headers["x-request-id"] != "<script>"


def test_a_trial_is_submitted_decided_on_and_corrected(local: Client) -> None:
    """The way of a curator, each step on the version before; the log has them all."""
    trial = local.submitted()
    found = next(row for row in trial["findings"] if row["finding"]["code"] == "age-maximum-conflict")
    path = f"/v1/trials/{trial['trial']['id']}"
    body = {"version": 1, "state": "dismissed", "reason": "as planned"}
    trial = local.post(f"{path}/findings/{found['fingerprint']}/decision", body).json()
    assert trial["findings"][0]["state"] == "dismissed"
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    trial = local.post(f"{path}/corrections", {"version": 2, "edit": edit, "comment": "under the wrong heading"}).json()
    assert [one["id"] for one in trial["document"]["criteria"]] == ["I1", "I2", "I3", "I4", "E1"]
    undone = local.post(f"{path}/undo", {"version": 3}).json()
    assert undone["document"] == local.get(f"{path}/versions/1").json()
    events = local.get(f"{path}/events").json()
    assert [event["what"]["kind"] for event in events] == ["submitted", "decided", "edited", "undone"]
    assert events[2]["what"]["comment"] == "under the wrong heading"
    assert local.get("/v1/events", params={"after": events[1]["sequence"]}).json() == events[2:]


def test_a_conflict_names_the_present_version(local: Client) -> None:
    """409, with what to read again."""
    number = local.submitted()["trial"]["id"]
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    path = f"/v1/trials/{number}/corrections"
    assert local.post(path, {"version": 1, "edit": edit}).status_code == 200
    found = problem(local.post(path, {"version": 1, "edit": edit}))
    assert (found["status"], found["code"], found["trial"], found["current"]) == (409, "CP702", number, 2)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"change": "kind", "criterion": "I9", "to": "inclusion"}, "there is no criterion I9"),
        ({"change": "kind", "criterion": "I3.1", "to": "exclusion"}, "I3.1 is part of I3"),
        ({"change": "kind", "criterion": "E1", "to": "exclusion"}, "it changes nothing"),
        ({"change": "split", "criterion": "I3", "at": [5]}, "has a sub-list"),
        ({"change": "split", "criterion": "I2", "at": [1]}, "no place inside the words of I2"),
        ({"change": "span", "criterion": "I2", "entity": "T1", "spans": [[0, 5]]}, "has no entity T1"),
        ({"change": "merge", "criterion": "E2"}, "E2 is the last of its text"),
        ({"change": "concept", "criterion": "I2", "entity": "T999", "concepts": []}, "no entity T999"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused(local: Client, edit: dict[str, Any], reason: str) -> None:
    """422 with the reason in words; nothing is written."""
    number = local.submitted()["trial"]["id"]
    found = problem(local.post(f"/v1/trials/{number}/corrections", {"version": 1, "edit": edit}))
    assert found["code"] == "CP703"
    assert reason in found["detail"]
    assert len(local.get(f"/v1/trials/{number}/events").json()) == 1


def test_a_rule_must_have_the_shape_of_the_schema(local: Client) -> None:
    """A rule of unknown kind, and one whose spans lie outside the text, are refused."""
    trial = local.submitted()
    path = f"/v1/trials/{trial['trial']['id']}/corrections"
    edit: dict[str, Any] = {"change": "rule", "criterion": "I2", "rule": {"kind": "nonsense"}}
    assert problem(local.post(path, {"version": 1, "edit": edit}))["status"] == 422
    span = {"text_id": "eligibility", "start": 0, "end": 99_999}
    edit["rule"] = {"kind": "condition", "subject": {"text": "x", "spans": [span]}}
    assert "no place in a text" in problem(local.post(path, {"version": 1, "edit": edit}))["detail"]


def test_the_rule_of_a_part_changes_the_rule_of_the_whole(local: Client) -> None:
    """A criterion's rule includes those of its sub-list, also after one of them was corrected."""
    trial = local.submitted()
    rule = {"kind": "unstructured", "subject": {"text": "FEV1"}, "reason": "for a test"}
    edit = {"change": "rule", "criterion": "I3.1", "rule": rule}
    after = local.post(f"/v1/trials/{trial['trial']['id']}/corrections", {"version": 1, "edit": edit}).json()
    whole = after["document"]["criteria"][2]
    assert whole["children"][0]["rule"]["reason"] == "for a test"
    assert json.dumps(whole["rule"]).count("for a test") == 1


def test_entities_are_added_moved_coded_and_removed(local: Client) -> None:
    """Each in a step; codes reach the statement about the entity, and ids stay unlike."""
    trial = local.submitted()
    path, version = f"/v1/trials/{trial['trial']['id']}/corrections", 1
    text = trial["document"]["texts"][0]["text"]

    def edit(**what: Any) -> dict[str, Any]:
        nonlocal version
        answer = local.post(path, {"version": version, "edit": {"criterion": "E2", **what}})
        assert answer.status_code == 200, answer.text
        version += 1
        found: dict[str, Any] = answer.json()["document"]["criteria"][4]
        return found

    start = text.index("hepatic")
    impaired = next(one for one in trial["document"]["criteria"][4]["entities"] if "hepatic" in one["text"])
    code = {"system": "MESH", "code": "D048550", "display": "Hepatic Insufficiency"}
    coded = edit(change="concept", entity=impaired["id"], concepts=[code])
    assert coded["rule"]["subject"]["concepts"][0] | code == coded["rule"]["subject"]["concepts"][0]
    moved = edit(change="span", entity=impaired["id"], spans=[[start, start + 7]])
    assert moved["rule"]["subject"]["text"] == "hepatic"
    added = edit(change="mention", label="Observation", spans=[[start + 8, start + 18]])
    assert [one["text"] for one in added["entities"]][-1] == "impairment"
    whole = local.get(f"/v1/trials/{trial['trial']['id']}").json()["document"]["criteria"]
    every = [entity["id"] for one in whole for entity in one["entities"]]
    assert len(every) == len(set(every))
    removed = edit(change="removal", entity=added["entities"][-1]["id"])
    assert removed["entities"] == moved["entities"]


def test_a_criterion_can_become_a_note_and_two_can_be_one(local: Client) -> None:
    """Every character still belongs to a criterion or a note."""
    trial = local.submitted()
    path = f"/v1/trials/{trial['trial']['id']}/corrections"
    noted = local.post(
        path, {"version": 1, "edit": {"change": "note", "criterion": "E1", "reason": "narrative"}}
    ).json()
    assert [one["id"] for one in noted["document"]["criteria"]] == ["I1", "I2", "I3", "E1"]
    assert noted["document"]["notes"][-1]["reason"] == "narrative"
    merged = local.post(path, {"version": 2, "edit": {"change": "merge", "criterion": "I1"}}).json()
    assert merged["document"]["criteria"][0]["text"] == "* Age 18 to 70 years\n* HbA1c below 8 % and no insulin"


def test_several_records_are_submitted_together(local: Client) -> None:
    """Each has its outcome; one that cannot be read does not keep the others out."""
    lines = "\n".join([json.dumps(RECORD), "{broken", json.dumps({**RECORD, "id": "NCT90000002"})])
    answer = local.post("/v1/trials", {"source": lines})
    records = answer.json()["records"]
    assert (answer.status_code, [one["outcome"] for one in records]) == (201, ["new", "refused", "new"])
    assert records[1]["problem"]["code"] == "CP103"
    again = local.post("/v1/trials", {"source": RECORD})
    assert (again.status_code, again.json()["records"][0]["outcome"]) == (200, "unchanged")


def test_a_record_comes_back_as_it_was_uploaded(local: Client) -> None:
    """Byte for byte, as a download that no browser runs."""
    source = FIRST_TRIAL.read_text(encoding="utf-8")
    number = local.submitted(source)["trial"]["id"]
    answer = local.get(f"/v1/trials/{number}/record")
    assert answer.content == source.encode()
    assert answer.headers["content-disposition"].startswith("attachment")


def test_the_export_of_a_trial_has_its_corrections(local: Client) -> None:
    """What a curator changed is in the files."""
    trial = local.submitted()
    path = f"/v1/trials/{trial['trial']['id']}"
    before = local.get(f"{path}/export/csv").json()
    local.post(f"{path}/corrections", {"version": 1, "edit": {"change": "kind", "criterion": "E1", "to": "inclusion"}})
    assert local.get(f"{path}/export/csv").json() != before
    assert "I4" in json.dumps(local.get(f"{path}/export/csv").json())


def test_corrections_can_be_downloaded(local: Client) -> None:
    """As JSON lines and as a zip file."""
    trial = local.submitted()
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    local.post(f"/v1/trials/{trial['trial']['id']}/corrections", {"version": 1, "edit": edit})
    lines = local.get("/v1/corrections").text.splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["* Pregnancy"]
    assert local.get("/v1/corrections", params={"format": "brat"}).content.startswith(b"PK")


def test_the_inbox_is_paged(local: Client) -> None:
    """The cursor of a page leads to the next; one that nobody handed out is refused."""
    for number in range(3):
        local.submitted({**RECORD, "id": f"NCT9000001{number}"})
    first = local.get("/v1/trials", params={"limit": 2, "q": "walking"}).json()
    second = local.get("/v1/trials", params={"limit": 2, "q": "walking", "cursor": first["next"]}).json()
    ids = [one["trial_id"] for one in first["trials"] + second["trials"]]
    assert (ids, second["next"]) == (["NCT90000010", "NCT90000011", "NCT90000012"], None)
    assert problem(local.get("/v1/trials", params={"cursor": "nonsense"}))["status"] == 422
    summary = local.get("/v1/summary").json()
    assert summary["registries"] == [{"registry": "ClinicalTrials.gov", "trials": 3}]


def test_the_inbox_says_where_the_words_are(local: Client) -> None:
    """An excerpt for a word of the criteria, with its place; none for one that the title says, or without a search."""
    trial = local.submitted()["trial"]
    found = local.get("/v1/trials", params={"q": "pregn"}).json()
    [[excerpt]] = found["excerpts"].values()
    assert list(found["excerpts"]) == [str(trial["id"])]
    assert [excerpt["text"][start:end] for start, end in excerpt["hits"]] == ["Pregnancy"]
    titled = local.get("/v1/trials", params={"q": trial["title"].split()[0]}).json()
    assert [one["id"] for one in titled["trials"]] == [trial["id"]]
    assert titled["excerpts"] == {} == local.get("/v1/trials").json()["excerpts"]


def test_every_answer_has_security_headers(local: Client) -> None:
    """Pages, API and errors alike; no inline script can run."""
    for path in ("/", "/v1/me", "/v1/nothing", "/static/review.css"):
        headers = local.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_text_of_a_record_is_never_markup(local: Client) -> None:
    """Scripts in title and text come out escaped."""
    evil = "<script>alert(1)</script>"
    record = {**RECORD, "title": evil, "eligibility": f"Inclusion Criteria:\n\n* Asthma {evil}\n"}
    number = local.submitted(record)["trial"]["id"]
    for path in ("/", f"/trials/{number}"):
        page = local.get(path).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_a_body_has_a_limit(sqlite: Engine) -> None:
    """413, whether or not the length is announced."""
    client = Client(application(sqlite, max_body=1000))
    assert problem(client.post("/v1/parse", {"source": "x" * 1000}))["status"] == 413

    async def parts() -> Any:
        for _ in range(20):
            yield b"x" * 100

    assert problem(client.request("POST", "/v1/parse", content=parts()))["status"] == 413


def test_an_address_may_ask_so_often(sqlite: Engine) -> None:
    """429 with the seconds to wait; health is always answered."""
    client = Client(application(sqlite, rate=4))
    answers = [client.get("/v1/me").status_code for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert int(client.get("/v1/me").headers["retry-after"]) > 0
    assert client.get("/health/live").status_code == 200


def test_without_accounts_only_localhost_is_answered(local: Client) -> None:
    """A name that leads here by way of DNS is refused."""
    assert local.get("/v1/me", headers={"host": "evil.example"}).status_code == 421
    for name in ("localhost:8080", "127.0.0.1:8080", "[::1]:8080"):
        assert local.get("/v1/me", headers={"host": name}).json() == {"name": "local", "role": "admin", "csrf": None}


def test_without_accounts_other_sites_cannot_write(local: Client) -> None:
    """A page elsewhere that makes the browser post is refused; a program without Origin is not."""
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert problem(local.post("/v1/trials", {"source": RECORD}, headers=headers))["status"] == 403
    assert local.post("/v1/trials", {"source": RECORD}, headers={"origin": "http://localhost"}).status_code == 201


class _Failing(Inline):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def run(self, job: Any) -> Any:  # type: ignore[override]
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ParseTimeout(seconds=60), 504),
        (ParserBusy(waiting=64), 503),
        (ParserFailed(reason="the process that read it died"), 500),
        (StoreError(where="secret", reason="secret"), 503),
        (RuntimeError("secret"), 500),
    ],
)
def test_what_goes_wrong_inside_is_a_problem_too(sqlite: Engine, error: Exception, status: int) -> None:
    """Whatever it is; and nothing of the inside is told."""
    client = Client(application(sqlite, _Failing(error)))
    found = problem(client.post("/v1/parse", {"source": "Age over 18"}))
    assert found["status"] == status
    assert "secret" not in json.dumps(found)


def test_health_and_metrics(local: Client) -> None:
    """Alive, ready, and counted by route."""
    local.submitted()
    local.get("/v1/trials/77")
    assert local.get("/health/live").json()["status"] == "ok"
    assert local.get("/health/ready").json()["database"] is True
    lines = local.get("/metrics").text.splitlines()
    assert 'critparse_requests_total{method="GET",route="/v1/trials/{id}",status="404"} 1.0' in lines
    assert "critparse_parses_waiting 0.0" in lines


def test_two_curators_who_ask_at_once_lose_no_update(sqlite: Engine) -> None:
    """Of ten decisions on one version, sent together, one is made and nine are conflicts."""
    app = application(sqlite)
    local = Client(app)
    trial = local.submitted()
    path = f"/v1/trials/{trial['trial']['id']}/findings/{trial['findings'][0]['fingerprint']}/decision"

    async def both() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            bodies = [{"version": 1, "state": "dismissed", "reason": f"curator {number}"} for number in range(10)]
            return await asyncio.gather(*(client.post(path, json=body) for body in bodies))

    answers = asyncio.run(both())
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    made = next(answer for answer in answers if answer.status_code == 200).json()["findings"][0]["reason"]
    assert local.get(f"/v1/trials/{trial['trial']['id']}").json()["findings"][0]["reason"] == made


# --- accounts --------------------------------------------------------------------------------------------------------


def test_without_a_session_nothing_is_answered(sqlite: Engine) -> None:
    """The API says 401, pages lead to the sign-in and back."""
    client = Client(application(sqlite, auth=True))
    assert problem(client.get("/v1/trials"))["status"] == 401
    answer = client.get("/trials/3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Ftrials%2F3")
    assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    ("role", "statuses"),
    [("viewer", [200, 200, 403, 403]), ("curator", [200, 200, 201, 403]), ("admin", [200, 200, 201, 200])],
)
def test_roles_may_what_they_may(sqlite: Engine, role: Any, statuses: list[int]) -> None:
    """Viewers read, curators write, admins keep accounts."""
    app = application(sqlite, auth=True)
    client = signed_in(sqlite, app, role)
    answers = [
        client.get("/v1/trials"),
        client.post("/v1/check", {"source": RECORD}),
        client.post("/v1/trials", {"source": RECORD}),
        client.get("/v1/accounts"),
    ]
    assert [answer.status_code for answer in answers] == statuses


def test_a_session_writes_only_with_its_csrf_token(sqlite: Engine) -> None:
    """Without it, or with another's, 403; so from another origin."""
    app = application(sqlite, auth=True)
    client = signed_in(sqlite, app)
    token = client.headers.pop("x-csrf-token")
    assert problem(client.post("/v1/trials", {"source": RECORD}))["status"] == 403
    assert client.post("/v1/trials", {"source": RECORD}, headers={"x-csrf-token": "x"}).status_code == 403
    headers = {"x-csrf-token": token}
    assert client.post("/v1/trials", {"source": RECORD}, headers=headers).status_code == 201
    headers["origin"] = "https://evil.example"
    assert client.post("/v1/trials", {"source": RECORD}, headers=headers).status_code == 403


def test_the_cookie_is_kept_from_scripts_and_other_sites(sqlite: Engine) -> None:
    """HttpOnly, SameSite, and Secure where the page came by https."""
    Accounts(sqlite).add("anna", "viewer", PASSWORD)
    app = application(sqlite, auth=True)
    body = {"name": "anna", "password": PASSWORD}
    cookie = Client(app).post("/v1/session", body).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert "Secure" in Client(app).post("https://localhost/v1/session", body).headers["set-cookie"]


def test_signing_out_ends_the_session(sqlite: Engine) -> None:
    """Also for whoever kept the cookie."""
    client = signed_in(sqlite, application(sqlite, auth=True))
    kept = httpx.Cookies(client.cookies)
    assert client.request("DELETE", "/v1/session").status_code == 204
    client.cookies = kept
    assert client.get("/v1/me").status_code == 401


def test_people_sign_in_on_a_page(sqlite: Engine) -> None:
    """The form leads back to a page of ours, never to another site; a wrong password says no more than that."""
    Accounts(sqlite).add("anna", "viewer", PASSWORD)
    client = Client(application(sqlite, auth=True))
    wrong = client.request("POST", "/login", data={"name": "anna", "password": "x", "next": "/"})
    assert wrong.status_code == 401
    assert "The name or the password is wrong" in wrong.text
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', wrong.text) == ["password"], "the name stays"
    for target, location in (("/trials/1", "/trials/1"), ("//evil.example", "/"), ("/\\evil.example", "/")):
        answer = client.request("POST", "/login", data={"name": "anna", "password": PASSWORD, "next": target})
        assert (answer.status_code, answer.headers["location"]) == (303, location)
    assert client.get("/").status_code == 200
    assert client.request("POST", "/logout").status_code == 403
    csrf = client.get("/v1/me").json()["csrf"]
    assert client.request("POST", "/logout", data={"csrf": csrf}).headers["location"] == "/login"
    assert client.get("/v1/me").status_code == 401


def test_tokens_are_shown_once_and_can_be_revoked(sqlite: Engine) -> None:
    """A program with the token may what its account may, without CSRF token, until it is revoked."""
    app = application(sqlite, auth=True)
    person = signed_in(sqlite, app)
    made = person.post("/v1/tokens", {"label": "nightly", "days": 1}).json()
    assert made["secret"] not in person.get("/v1/tokens").text
    program = Client(app, authorization=f"Bearer {made['secret']}")
    assert program.get("/v1/me").json()["name"] == "anna"
    assert program.post("/v1/trials", {"source": RECORD}).status_code == 201
    assert person.request("DELETE", f"/v1/tokens/{made['token']['id']}").status_code == 204
    assert program.get("/v1/me").status_code == 401


def test_admins_keep_accounts(sqlite: Engine) -> None:
    """They add, close and open; the last admin stays; a closed account's session ends."""
    app = application(sqlite, auth=True)
    admin = signed_in(sqlite, app, "admin")
    body = {"name": "Bert", "role": "viewer", "password": PASSWORD}
    assert admin.post("/v1/accounts", body).json()["name"] == "bert"
    assert problem(admin.post("/v1/accounts", body))["detail"] == "there is an account bert already"
    assert "10 to 1000" in problem(admin.post("/v1/accounts", {**body, "name": "c", "password": "short"}))["detail"]
    assert problem(admin.request("PATCH", "/v1/accounts/anna", json={"role": "viewer"}))["code"] == "CP706"
    other = Client(app)
    other.post("/v1/session", {"name": "bert", "password": PASSWORD})
    assert other.get("/v1/me").status_code == 200
    admin.request("PATCH", "/v1/accounts/bert", json={"active": False})
    assert other.get("/v1/me").status_code == 401
    assert "password" not in admin.get("/v1/accounts").json()[0]


def test_hostile_records_are_kept_or_refused(engine: Engine) -> None:
    """NUL, halves of surrogate pairs, depth and length: on either database an answer, never a fault."""
    client = Client(application(engine))
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"a": deep}
    sources: list[Any] = [
        deep,
        "[" * 5000,
        {**RECORD, "id": "NCT9\0", "title": "a\0b", "eligibility": "* Asthma\0\n"},
        {**RECORD, "id": "N\ud800", "title": "\ud800"},
        "Inclusion Criteria:\n* \udfff age above 3 years",
        {**RECORD, "id": "x" * 5000, "title": "é" * 50_000},
    ]
    headers = {"content-type": "application/json"}
    for source in sources:
        body = json.dumps({"source": source}).encode()
        answer = client.request("POST", "/v1/trials", content=body, headers=headers)
        assert answer.status_code in {201, 422}, answer.text
    for words in ("a\0b", "%", "_", "\\", "é"):
        assert client.get("/v1/trials", params={"q": words, "every": "true"}).status_code == 200
    assert [one["title"][0] for one in client.get("/v1/trials", params={"q": "ÉÉÉ"}).json()["trials"]] == ["é"]
