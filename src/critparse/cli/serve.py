"""``critparse serve``."""

from __future__ import annotations

import importlib.util
import os
from typing import Annotated

import typer

from critparse.errors import MissingExtra

EPILOG = """Examples:

critparse serve --no-auth

critparse users add anna --role admin && critparse serve

critparse serve --host 0.0.0.0 --database postgresql://critparse@db/critparse

Set CRITPARSE_DATABASE in place of --database where the URL holds a password.
"""
DATABASE = "CRITPARSE_DATABASE"
_NEEDED = ("alembic", "argon2", "fastapi", "prometheus_client", "python_multipart", "sqlalchemy", "uvicorn")

Database = Annotated[
    str,
    typer.Option(
        metavar="URL",
        envvar=DATABASE,
        help="sqlite:///FILE (or a path), or postgresql://USER@HOST/NAME (extra [postgres]).",
    ),
]
DEFAULT_DATABASE = "sqlite:///critparse.db"


def need_web(what: str) -> None:
    """Nothing, when the packages of the extra ``[web]`` are there.

    Raises:
        MissingExtra: they are not.
    """
    missing = [package for package in _NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtra(what=what, packages=", ".join(missing), extra="web")


def serve(  # noqa: PLR0913, PLR0917  options of a command
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8080,
    database: Database = DEFAULT_DATABASE,
    auth: Annotated[
        bool, typer.Option("--auth/--no-auth", help="Accounts, or none: then only this machine is served.")
    ] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that read records, half a gigabyte each [cores, at most 4].")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds after which reading a record is cut off.")] = 60,
    queue: Annotated[int, typer.Option(min=1, help="Records that may wait to be read; more are refused.")] = 64,
    max_body: Annotated[int, typer.Option(min=1, max=20, metavar="MB", help="Megabytes of a request.")] = 10,
    rate_limit: Annotated[
        int, typer.Option(min=0, metavar="N", help="Requests a minute from one address; 0 for no limit.")
    ] = 1200,
    proxies: Annotated[
        str, typer.Option(metavar="ADDRESSES", help="Proxies whose X-Forwarded headers are believed, with commas.")
    ] = "127.0.0.1",
    model: Annotated[
        bool, typer.Option("--model/--no-model", help="Use the trained model, or lexicon and rules alone.")
    ] = True,
    vocab: Annotated[
        str | None, typer.Option("--vocab", metavar="NAME", help="A vocabulary of your own; see critparse parse.")
    ] = None,
) -> None:
    """Serve the curators' workbench and the HTTP API.

    Needs the extra: pip install 'critparse[web]'. Logs go to stderr as JSON lines. See docs/serve.md.
    """
    need_web("critparse serve")
    from critparse.review.config import MEGABYTE, Config
    from critparse.review.server import run

    run(
        Config(
            host=host,
            port=port,
            database=database,
            auth=auth,
            workers=workers or min(os.cpu_count() or 1, 4),
            queue=queue,
            timeout=timeout,
            max_body=max_body * MEGABYTE,
            rate=rate_limit,
            model=model,
            vocab=vocab,
            proxies=proxies,
        )
    )
