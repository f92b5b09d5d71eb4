from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from review_support import PASSWORD, Client, application, signed_in
from sqlalchemy import Engine, text
from support import Run

from critparse.errors import AccountError, NotFound, SignInRefused
from critparse.review.accounts import Accounts, Sessions, Tokens, sessions, tokens
from critparse.review.config import Config, is_loopback


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass for sessions, lock-outs and tokens."""
    moved = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + moved

    def forward(by: timedelta) -> None:
        nonlocal moved
        moved += by

    monkeypatch.setattr(sessions, "datetime", Clock)
    monkeypatch.setattr(tokens, "datetime", Clock)
    return forward


def refused(found: Sessions, password: str = "wrong") -> None:
    """An attempt that fails."""
    with pytest.raises(SignInRefused):
        found.sign_in("anna", password)


def test_five_failures_lock_a_name_for_a_while(engine: Engine, pass_time: Callable[[timedelta], None]) -> None:
    """Then the right password does not help either, until a quarter of an hour has passed."""
    Accounts(engine).add("anna", "curator", PASSWORD)
    found = Sessions(engine)
    for _ in range(5):
        refused(found)
    refused(found, PASSWORD)
    pass_time(timedelta(minutes=14))
    refused(found, PASSWORD)
    pass_time(timedelta(minutes=2))
    assert found.sign_in("Anna ", PASSWORD).principal.name == "anna"


def test_success_forgets_failures(engine: Engine) -> None:
    """Four failures, a success, four failures: not locked."""
    Accounts(engine).add("anna", "curator", PASSWORD)
    found = Sessions(engine)
    for _ in range(2):
        for _ in range(4):
            refused(found)
        assert found.sign_in("anna", PASSWORD)


def test_names_that_are_no_account_lock_alike(sqlite: Engine) -> None:
    """Nothing tells whether there is such an account."""
    found = Sessions(sqlite)
    for _ in range(6):
        refused(found)
    Accounts(sqlite).add("anna", "viewer", PASSWORD)
    refused(found, PASSWORD)
    Accounts(sqlite).change("anna", active=True)
    assert found.sign_in("anna", PASSWORD)


def test_sessions_end(engine: Engine, pass_time: Callable[[timedelta], None]) -> None:
    """After two hours without use, and after twelve in any case."""
    Accounts(engine).add("anna", "curator", PASSWORD)
    found = Sessions(engine)
    secret = found.sign_in("anna", PASSWORD).secret
    for _ in range(7):
        pass_time(timedelta(minutes=100))
        known = found.known(secret)
        assert known is not None
        assert known.unnoted
        found.note(secret)
        assert found.known(secret) == (known.principal, False)
    pass_time(timedelta(minutes=100))
    assert found.known(secret) is None
    secret = found.sign_in("anna", PASSWORD).secret
    pass_time(timedelta(hours=2, minutes=1))
    assert found.known(secret) is None


def test_the_server_notes_that_sessions_and_tokens_are_used(
    engine: Engine, pass_time: Callable[[timedelta], None]
) -> None:
    """Whoever asks for something every 100 minutes stays signed in; a token knows when it was used last."""
    app = application(engine, auth=True)
    client, program = signed_in(engine, app), Client(app)
    token, secret = Tokens(engine).add("anna", "nightly")
    assert token.used is None
    program.headers["authorization"] = f"Bearer {secret}"
    for _ in range(3):
        pass_time(timedelta(minutes=100))
        assert client.get("/v1/me").status_code == 200
        assert program.get("/v1/me").status_code == 200
    [kept] = Tokens(engine).of(Accounts(engine).all()[0].id)
    assert kept.used is not None
    pass_time(timedelta(minutes=121))
    assert client.get("/v1/me").status_code == 401


def test_a_new_password_ends_sessions(sqlite: Engine) -> None:
    """Whoever was signed in with the old one is not any more."""
    accounts, found = Accounts(sqlite), Sessions(sqlite)
    accounts.add("anna", "curator", PASSWORD)
    secret = found.sign_in("anna", PASSWORD).secret
    accounts.change("anna", password="another long one")
    assert found.known(secret) is None
    assert found.sign_in("anna", "another long one")


def test_the_database_holds_no_secrets(sqlite: Engine) -> None:
    """Neither password nor session nor token can be found in it."""
    Accounts(sqlite).add("anna", "curator", PASSWORD)
    session = Sessions(sqlite).sign_in("anna", PASSWORD).secret
    token = Tokens(sqlite).add("anna", "nightly")[1]
    with sqlite.connect() as connection:
        rows = [
            str(row)
            for table in ("account", "session", "token")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert any("$argon2id$" in row for row in rows)
    for secret in (PASSWORD, session, token, token.removeprefix("critparse_")):
        assert not any(secret in row for row in rows)


def test_tokens_expire(engine: Engine, pass_time: Callable[[timedelta], None]) -> None:
    """On their day; those without one do not."""
    Accounts(engine).add("anna", "curator", PASSWORD)
    found = Tokens(engine)
    short, long = found.add("anna", "a", days=1)[1], found.add("anna", "b")[1]
    pass_time(timedelta(days=2))
    assert (found.known(short) is None, found.known(long) is None) == (True, False)
    with pytest.raises(NotFound):
        found.add("nobody", "a")


@pytest.mark.parametrize("name", ["", " ", "-anna", "a b", "a" * 81, "ännä"])
def test_a_name_must_be_one(sqlite: Engine, name: str) -> None:
    """Letters, digits and a few signs."""
    with pytest.raises(AccountError):
        Accounts(sqlite).add(name, "viewer", PASSWORD)


def test_the_first_admin_is_made_by_command(run: Run, tmp_path: Path) -> None:
    """Critparse users: add, list, token, close; errors are one line."""
    where = ("--database", str(tmp_path / "users.db"))
    secret = f"{PASSWORD}\n".encode()
    assert run("users", "add", "anna", "--role", "admin", "--password-stdin", *where, stdin=secret) == (
        0,
        "anna is admin\n",
        "",
    )
    code, _, err = run("users", "add", "anna", "--password-stdin", *where, stdin=secret)
    assert (code, err) == (2, "critparse: there is an account anna already\n")
    assert run("users", "token", "anna", "--label", "x", *where)[1].startswith("critparse_")
    assert run("users", "close", "anna", *where)[2] == "critparse: anna is the only admin\n"
    assert run("users", "list", *where)[1] == "anna\tadmin\topen\n"
    assert run("users", "password", "bert", "--password-stdin", *where, stdin=secret)[0] == 2


def test_no_auth_is_refused_elsewhere(run: Run) -> None:
    """Without accounts nobody but this machine is served: one clear line, and nothing is started."""
    code, _, err = run("serve", "--no-auth", "--host", "0.0.0.0")
    assert code == 2
    assert err == (
        "critparse: cannot serve: --no-auth is for this machine alone (127.0.0.1, ::1, localhost), not for 0.0.0.0\n"
    )
    Config(auth=False, host="::1").check()
    assert [is_loopback(host) for host in ("localhost", "127.0.0.2", "localhost.evil.example", "10.0.0.1", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
