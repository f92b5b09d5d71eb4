"""Running the server until it is told to end."""

from __future__ import annotations

import logging
import signal

from critparse.review import pauses
from critparse.review.accounts import Accounts
from critparse.review.app import create_app
from critparse.review.config import Config
from critparse.review.http import logs
from critparse.review.pages.rendering import environment
from critparse.review.parsing import Pool
from critparse.review.parsing.jobs import Options
from critparse.review.store import connect, migrate

_log = logging.getLogger(__name__)
_GRACE = 20
"""Seconds that requests have to end when the server is told to."""


def run(config: Config) -> None:
    """Migrate the database, start the processes, and serve; SIGTERM and SIGINT end it when all requests are answered.

    Raises:
        ServeError: it cannot be served so.
        StoreError: the database cannot be used.
    """
    import uvicorn

    config.check()
    # uvicorn ends in order at SIGTERM, then raises it once more for whoever handled it before: to end so is no failure
    signal.signal(signal.SIGTERM, lambda *_: None)
    logs.configure()
    engine = connect(config.database)
    copy = migrate(engine)
    if copy is not None:
        _log.info("the database was copied before its tables changed", extra={"copy": str(copy)})
    options = Options(model=config.model, vocab=config.vocab, max_bytes=config.max_body)
    parsers = Pool(config.workers, options, timeout=config.timeout, most=config.queue)
    if config.auth and not Accounts(engine).any():
        _log.warning("nobody can sign in: there is no account (critparse users add NAME --role admin)")
    try:
        app = create_app(config, engine, parsers)
        environment()  # the templates are loaded before the first page
        pauses.settled()
        uvicorn.run(
            app,
            host=config.host,
            port=config.port,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=config.proxies,
            timeout_graceful_shutdown=_GRACE,
        )
    finally:
        parsers.close()
        engine.dispose()
