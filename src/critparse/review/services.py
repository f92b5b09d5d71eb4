"""What API and pages work with, made once for an application."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends
from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from critparse.review.accounts import Accounts, Sessions, Tokens
from critparse.review.config import Config
from critparse.review.parsing import Parsers
from critparse.review.store import Store
from critparse.review.workbench import Workbench


class Services(NamedTuple):
    """The workbench, the accounts, and how the server is set up."""

    config: Config
    engine: Engine
    workbench: Workbench
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens

    @property
    def store(self) -> Store:
        """The workbench's store."""
        return self.workbench.store

    @property
    def parsers(self) -> Parsers:
        """What reads records."""
        return self.workbench.parsers

    @classmethod
    def over(cls, config: Config, engine: Engine, parsers: Parsers) -> Services:
        """The services over a database that was migrated."""
        return cls(
            config, engine, Workbench(Store(engine), parsers), Accounts(engine), Sessions(engine), Tokens(engine)
        )


def services(connection: HTTPConnection) -> Services:
    """The services of the application that answers."""
    found: Services = connection.app.state.services
    return found


async def _served(connection: HTTPConnection) -> Services:
    return services(connection)


Served = Annotated[Services, Depends(_served)]
"""The services, for routes. What they depend on is async throughout: FastAPI gives plain functions a thread each."""
