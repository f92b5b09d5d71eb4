"""Trials are found by their words: the same on either database, whatever is typed."""

from __future__ import annotations

import shutil
import zlib
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from review_support import RECORD, Client, application
from sqlalchemy import Engine, insert

import critparse
from critparse.review.store import Inbox, Store, connect, migrate
from critparse.review.store.blobs import digest_of, packed
from critparse.review.store.excerpts import _plain, excerpts, missing
from critparse.review.store.migrate import SCRIPTS
from critparse.review.store.tables import Blob, TrialTable
from critparse.review.store.words import Said, words, words_of

TEXTS = {
    "NCT94000001": "Exclusion Criteria:\n\n* Current use of Warfarin or phenprocoumon\n* HbA1c above 9 %\n",
    "NCT94000002": "Inclusion Criteria:\n\n* Sjögren's syndrome, anti-Ro positive\n* Caf&eacute; au lait spots\n",
    "2019-001234-12-00": "Inclusion Criteria:\n\n* 糖尿病 (diabetes)\n* Age 18 to 70 years\n",
}


@pytest.fixture
def client(engine: Engine) -> Client:
    """A client of a workbench that has the trials of TEXTS, and RECORD, on either database."""
    found = Client(application(engine))
    for number, eligibility in TEXTS.items():
        found.submitted({"id": number, "title": "A trial", "conditions": ["Rare disease"], "eligibility": eligibility})
    found.submitted()
    return found


def numbers(client: Client, asked: str, **more: Any) -> list[str]:
    """The numbers of the trials that are found."""
    answer = client.get("/v1/trials", params={"q": asked, "every": "true", **more})
    assert answer.status_code == 200, answer.text
    return sorted(one["trial_id"] for one in answer.json()["trials"])


FIRST, SECOND, THIRD = TEXTS


def test_trials_are_found_by_what_their_texts_say(client: Client) -> None:
    """By words and their beginnings, however they are written; all must stand in the trial, in any place."""
    assert numbers(client, "warfarin") == numbers(client, "WARF") == [FIRST]
    assert numbers(client, "hba1c") == ["NCT90000001", FIRST]
    assert numbers(client, "rare hba1c") == [FIRST]
    assert numbers(client, "warfarin sjogren") == []
    assert numbers(client, "Sjo\u0308gren") == numbers(client, "SJOGREN'S") == numbers(client, "café") == [SECOND]
    assert numbers(client, "anti-ro") == numbers(client, "ro anti") == [SECOND]
    assert numbers(client, "糖尿") == numbers(client, "尿病") == numbers(client, "病") == [THIRD]
    assert numbers(client, "arfarin") == numbers(client, "糖病") == []
    assert len(numbers(client, "")) == len(numbers(client, "  ")) == 4


def test_trials_are_found_by_number(client: Client) -> None:
    """By its beginning, with or without letters, whole or in part."""
    assert numbers(client, "nct9400") == numbers(client, "9400") == [FIRST, SECOND]
    assert numbers(client, "NCT94000002") == [SECOND]
    assert numbers(client, "2019-001234") == numbers(client, "001234") == [THIRD]


def test_filters_and_pages_go_with_words(client: Client) -> None:
    """Words narrow down what the filters leave, and pages follow on each other."""
    assert numbers(client, "asthma", every="false", code="age-maximum-conflict") == ["NCT90000001"]
    assert numbers(client, "warfarin", code="age-maximum-conflict") == []
    first = client.get("/v1/trials", params={"q": "trial rare", "every": "true", "limit": 2}).json()
    rest = client.get("/v1/trials", params={"q": "trial rare", "every": "true", "cursor": first["next"]}).json()
    found = [one["trial_id"] for one in [*first["trials"], *rest["trials"]]]
    assert sorted(found) == sorted(TEXTS) and rest["next"] is None


def test_trials_are_found_by_their_findings(client: Client) -> None:
    """By the words of messages, as long as the finding is there: a correction removes it, undoing brings it back."""
    trial = next(one for one in client.get("/v1/trials").json()["trials"] if one["trial_id"] == "NCT90000001")
    path = f"/v1/trials/{trial['id']}"
    findings = client.get(f"{path}/findings").json()["findings"]
    message = next(one["finding"]["message"] for one in findings if one["finding"]["code"] == "age-maximum-conflict")
    document = client.get(path).json()["document"]
    told = set(words(message)) - set(words(" ".join(one["text"] for one in document["texts"])))
    only = max(told - set(words("Asthma NCT90000001")), key=len)
    assert numbers(client, only) == ["NCT90000001"]
    decided = {"version": 1, "state": "dismissed", "reason": "as planned"}
    fingerprint = next(one["fingerprint"] for one in findings if one["finding"]["message"] == message)
    assert client.post(f"{path}/findings/{fingerprint}/decision", decided).status_code == 200
    assert numbers(client, only) == ["NCT90000001"]
    rule = {"kind": "unstructured", "subject": {"text": "Age"}, "reason": "for a test"}
    edit = {"change": "rule", "criterion": "I1", "rule": rule}
    answer = client.post(f"{path}/corrections", {"version": 2, "edit": edit})
    assert message not in [one["finding"]["message"] for one in answer.json()["findings"]]
    assert numbers(client, only) == []
    assert client.post(f"{path}/undo", {"version": 3}).status_code == 200
    assert numbers(client, only) == ["NCT90000001"]


def test_a_new_version_of_a_record_is_found_by_its_new_words_only(client: Client) -> None:
    """What the record says no longer finds it no longer."""
    eligibility = str(RECORD["eligibility"]).replace("Pregnancy", "Lactation")
    assert numbers(client, "pregnancy") == ["NCT90000001"]
    client.submitted({**RECORD, "eligibility": eligibility})
    assert numbers(client, "pregnancy") == []
    assert numbers(client, "lactation insulin") == ["NCT90000001"]


def test_the_inbox_shows_where_the_words_stand(client: Client) -> None:
    """Below the title, marked, as text; where number and title say it all, nothing more is shown."""
    evil = "Inclusion Criteria:\n\n* Use \\> 2 days of <b>heparin</b> & <script>alert(1)</script>\n"
    client.submitted({"id": "NCT94000009", "title": "Clots", "conditions": [], "eligibility": evil})
    page = client.get("/?state=all&q=hepar", headers={"accept": "text/html"}).text
    assert "Use &gt; 2 days of &lt;b&gt;<mark>heparin</mark>&lt;/b&gt; &amp; &lt;script&gt;alert" in page
    page = client.get("/?state=all&q=NCT94000009 clots", headers={"accept": "text/html"}).text
    assert "NCT94000009" in page and "<mark>" not in page


HOSTILE = [
    *("'", '"', "*", "%", "_", "\\", "\0", "\ud800", "(", ")", ":*", "&", "|", "!", "<->", "^", "{", "+", "ﷺ"),
    *("NEAR(a b)", "OR", "AND", "NOT", "words:", "-warfarin", "warf*", "'warfarin':A", "warfarin\0", "a" * 5000),
]


def test_signs_mean_nothing(client: Client) -> None:
    """No sign is an operator or a wildcard; without any word nothing is found."""
    for sign in ("%", "*", "'", '"', "_", "\\", "★", "≥"):
        assert numbers(client, sign) == []
        assert numbers(client, f"{sign}warfarin{sign}") == [FIRST]
    assert numbers(client, "warfarin OR sjogren") == numbers(client, "warfarin NOT hba1c") == []
    assert numbers(client, "-warfarin") == numbers(client, "warf*") == numbers(client, "use:warfarin") == [FIRST]


class Filled(NamedTuple):
    """The store behind ``client``, and the words of its trials by their numbers."""

    store: Store
    said: dict[str, list[str]]

    def found(self, asked: str) -> set[str]:
        """The numbers of the trials that are found."""
        return {str(one.trial_id) for one in self.store.page(Inbox(state=None, search=asked)).trials}


@pytest.fixture
def filled(client: Client, engine: Engine) -> Filled:
    """What ``client`` asks, without the HTTP."""
    store = Store(engine)
    rows = store.page(Inbox(state=None)).trials
    return Filled(store, {str(one.trial_id): words_of(store.trial(one.id).document).split() for one in rows})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*HOSTILE, *" ".join(TEXTS.values()).split()]) | st.text(max_size=6), max_size=6))
def test_whatever_is_typed_finds_the_trials_that_have_its_words(filled: Filled, typed: list[str]) -> None:
    """The databases find what going through all words by hand does, and excerpts can be had of it."""
    asked = " ".join(typed)
    wanted = list(words(asked))
    every = bool(wanted) or not asked.strip()
    having = {
        number: all(any(one.startswith(word) for one in said) for word in wanted)
        for number, said in filled.said.items()
    }
    assert filled.found(asked) == {number for number, has in having.items() if has and every}
    filled.store.excerpts(filled.store.page(Inbox(state=None)).trials, asked)


def test_thousands_of_words_are_answered(filled: Filled) -> None:
    """Each of them counts."""
    many = " ".join(f"w{number}" for number in range(3000))
    assert filled.found(f"warfarin {many}") == set()
    assert filled.found("warfarin " * 3000) == {FIRST}


@given(st.text(), st.text(max_size=5))
def test_excerpts_are_of_the_text(given_text: str, asked: str) -> None:
    """Offsets stay, whatever letters there are, and each excerpt has a mark that begins like a word asked for."""
    assert len(_plain(given_text)) == len(given_text)
    document = Said.model_validate({"texts": [{"label": "Text", "text": given_text}], "registry": {}})
    plain = " ".join(unescape(given_text).split())
    for excerpt in excerpts(document, missing(asked, "")):
        marked = [piece for piece, hit in excerpt.pieces if hit]
        assert marked and any(next(words(one)).startswith(tuple(words(asked))) for one in marked)
        assert plain or not marked


def test_excerpts_are_short() -> None:
    """Some words around, three places at most, however long words and texts are."""
    long = "x" * 50_000 + " insulin " + "y" * 50_000 + " z" * 100
    document = Said.model_validate({"texts": [{"label": "Text", "text": f"{long} or aspirin"}], "registry": {}})
    found = excerpts(document, ["insulin", "aspirin", "yy", "z", "xx"])
    assert [one.label for one in found] == ["Text"] * len(found) and 1 <= len(found) <= 3
    assert all(sum(len(piece) for piece, _ in one.pieces) < 300 for one in found)


def test_words_have_a_limit_that_both_databases_take(engine: Engine) -> None:
    """A text of more different words than PostgreSQL can index is kept, and found by the first million bytes."""
    many = " ".join(f"w{number:06}é" for number in range(200_000))
    found = words_of(Said.model_validate({"texts": [{"label": "T", "text": many}], "registry": {}}))
    assert 999_000 < len(found.encode()) <= 1_000_000
    assert found.startswith("w000000e w000001e ")
    with engine.begin() as connection:
        connection.execute(insert(Blob).values(digest="0", data=b""))
        connection.execute(insert(TrialTable).values(**row(1, "0"), words=found))


def row(number: int, digest: str) -> dict[str, Any]:
    """A trial without findings, but for its words."""
    now = datetime.now(UTC)
    return {
        "id": number, "key": str(number), "version": 1, "trial_id": f"NCT{number:08}", "title": "Old", "register": "x",
        "parser": "0", "weight": 0, "open_errors": 0, "open_warnings": 0, "open_infos": 0, "findings": 0,
        "corrected": False, "submitted": now, "changed": now, "document": digest, "origin": "",
    }  # fmt: skip


@pytest.fixture
def older(database: str, tmp_path: Path) -> Engine:
    """A database of either kind as revision 0001 made it, with more trials than are read at once; one is broken."""
    first = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, first, ignore=lambda _, names: [name for name in names if name.startswith("0002")])
    engine = connect(database)
    migrate(engine, first)
    parsed = critparse.parse("* Asthma", model=False)
    with engine.begin() as connection:
        for number in range(1, 251):
            texts = (parsed.texts[0].model_copy(update={"text": f"Warfarin and marker{number}"}),)
            data = packed(parsed.model_copy(update={"trial_id": f"NCT{number:08}", "texts": texts}))
            kept = zlib.compress(data) if number != 9 else b"no document"
            connection.execute(insert(Blob).values(digest=digest_of(data), data=kept))
            words = f"nct{number:08} old"
            connection.execute(insert(TrialTable).values(**row(number, digest_of(data)), words=words))
    return engine


def test_trials_of_an_older_database_are_found_after_its_migration(
    older: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """By the words of their documents; one that cannot be read, by what was known of it, and the log says so."""
    copy = migrate(older)
    assert (copy is not None) == (older.dialect.name == "sqlite")
    store = Store(older)

    def found(asked: str) -> list[int]:
        return sorted(one.id for one in store.page(Inbox(state=None, search=asked, limit=200)).trials)

    assert found("marker250 warf") == [250]
    assert found("marker1") == [1, *range(10, 20), *range(100, 200)]
    assert len(found("warfarin")) == 200
    assert found("nct00000009 old") == [9]
    assert "trial 9 " in caplog.text
    assert migrate(older) is None
    older.dispose()
