"""The application: services, API, pages, and what holds for every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from anyio import to_thread
from fastapi import FastAPI, Request
from sqlalchemy import Engine, text
from starlette.responses import Response

from critparse._version import __version__
from critparse.errors import StoreError
from critparse.review import api, pages
from critparse.review.api.views import Health, json_response
from critparse.review.config import Config
from critparse.review.http import problems
from critparse.review.http.metrics import Metrics
from critparse.review.http.middleware import Around, Limits
from critparse.review.parsing import Parsers
from critparse.review.services import Services, services
from critparse.review.store.engine import reading

_THREADS = 3
"""Requests whose pages and answers are put together at once: Python works on one at a time anyway, and the more
threads wait for their turn, the longer every turn takes (12 of them answered a third fewer requests)."""
_ABOUT = "Eligibility criteria of clinical trials: parsed, checked, reviewed. Every error is application/problem+json."


def create_app(config: Config, engine: Engine, parsers: Parsers) -> FastAPI:
    """The application over a database that was migrated and processes that read records; it closes both at its end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        yield
        parsers.close()
        engine.dispose()

    app = FastAPI(
        title="critparse",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{api.PREFIX}/openapi.json",
        docs_url=None,  # its pages come from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    metrics = Metrics(parsers)
    app.state.services = Services.over(config, engine, parsers)
    app.state.metrics = metrics
    problems.install(app)
    app.include_router(api.router())
    app.add_api_route("/health/live", _live, response_model=Health, tags=["operation"])
    app.add_api_route("/health/ready", _ready, response_model=Health, tags=["operation"])
    app.add_api_route("/metrics", _metrics, include_in_schema=False)
    pages.install(app)
    app.add_middleware(Limits, max_body=config.max_body, rate=config.rate, local_only=not config.auth)
    app.add_middleware(Around, metrics=metrics)
    _describe_problems(app)
    return app


async def _live() -> Response:
    """The server answers."""
    return json_response(Health(status="ok", at=datetime.now(UTC)))


async def _ready(request: Request) -> Response:
    """The database answers, and records can be read; 503 when not."""
    served = services(request)
    try:
        await to_thread.run_sync(_ask, served.engine)
        database = True
    except StoreError:
        database = False
    good = database and served.parsers.ready()
    found = Health(
        status="ok" if good else "unready",
        database=database,
        parser=served.parsers.version or None,
        at=datetime.now(UTC),
    )
    return json_response(found, 200 if good else 503)


def _ask(engine: Engine) -> None:
    with reading(engine) as session:
        session.execute(text("SELECT 1 FROM trial WHERE id = 0"))


async def _metrics(request: Request) -> Response:
    metrics: Metrics = request.app.state.metrics
    return metrics.response()


def _describe_problems(app: FastAPI) -> None:
    """Put the shape of errors into the description of the API, also where FastAPI has one of its own."""
    make = app.openapi

    def openapi() -> dict[str, object]:
        found = make()
        schemas = found["components"]["schemas"]
        schemas["Problem"] = problems.Problem.model_json_schema()
        for path in found["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return found

    app.openapi = openapi  # type: ignore[method-assign]
