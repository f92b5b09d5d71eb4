"""``critparse users``: the accounts of the workbench, kept by whoever runs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from critparse.cli.outputs import one_of
from critparse.cli.serve import DEFAULT_DATABASE, Database, need_web

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="Keep the accounts of the workbench (critparse serve).", no_args_is_help=True)
_ROLES = ("viewer", "curator", "admin")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


def _role(value: str) -> str:
    return one_of(value, _ROLES)


@app.command(epilog="Example:\n\ncritparse users add anna --role admin --database sqlite:///review.db")
def add(
    name: Name,
    role: Annotated[str, typer.Option(metavar="|".join(_ROLES), help="What it may do.", callback=_role)] = "curator",
    database: Database = DEFAULT_DATABASE,
    password_stdin: FromStdin = False,
) -> None:
    """Add an account; the password is asked for."""
    engine = _engine(database)
    from critparse.review.accounts import ROLES, Accounts

    known = next(one for one in ROLES if one == role)
    account = Accounts(engine).add(name, known, _password(from_stdin=password_stdin))
    typer.echo(f"{account.name} is {account.role}")


@app.command("list")
def list_(database: Database = DEFAULT_DATABASE) -> None:
    """List the accounts: name, role, and whether it is closed, with tabs between."""
    engine = _engine(database)
    from critparse.review.accounts import Accounts

    for account in Accounts(engine).all():
        typer.echo(f"{account.name}\t{account.role}\t{'open' if account.active else 'closed'}")


@app.command()
def password(name: Name, database: Database = DEFAULT_DATABASE, password_stdin: FromStdin = False) -> None:
    """Set another password; sessions end, and so does a lock-out."""
    engine = _engine(database)
    from critparse.review.accounts import Accounts

    Accounts(engine).change(name, password=_password(from_stdin=password_stdin))


@app.command()
def close(name: Name, database: Database = DEFAULT_DATABASE) -> None:
    """Close an account: its sessions and tokens open nothing any more."""
    engine = _engine(database)
    from critparse.review.accounts import Accounts

    Accounts(engine).change(name, active=False)


@app.command("open")
def open_(name: Name, database: Database = DEFAULT_DATABASE) -> None:
    """Open an account again, also one that is locked."""
    engine = _engine(database)
    from critparse.review.accounts import Accounts

    Accounts(engine).change(name, active=True)


@app.command(epilog="Example:\n\ncritparse users token anna --label nightly --days 90")
def token(
    name: Name,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it lasts [until revoked].")] = None,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Make a token for the account's programs and show it, this once."""
    engine = _engine(database)
    from critparse.review.accounts import Tokens

    typer.echo(Tokens(engine).add(name, label, days)[1])


def _engine(database: str) -> Engine:
    """The database, its tables made or brought up to date."""
    need_web("critparse users")
    from critparse.review.store import connect, migrate

    engine = connect(database)
    migrate(engine)
    return engine


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    entered: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered
