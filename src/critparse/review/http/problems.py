"""Errors in one shape, RFC 9457's ``application/problem+json``."""

from __future__ import annotations

import http
import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from critparse.errors import (
    AccountError,
    CritparseError,
    InputError,
    InputTooLarge,
    InvalidEdit,
    MissingExtra,
    NotFound,
    NotUndoable,
    ParserBusy,
    ParseTimeout,
    SignInRefused,
    StoreError,
    UnknownTarget,
    VersionConflict,
)
from critparse.review.http.context import request_id

_log = logging.getLogger(__name__)
MEDIA = "application/problem+json"
_MOST = 20
_STATUS: tuple[tuple[type[CritparseError], int], ...] = (
    (NotFound, 404),
    (VersionConflict, 409),
    (NotUndoable, 409),
    (InvalidEdit, 422),
    (AccountError, 422),
    (SignInRefused, 401),
    (ParserBusy, 503),
    (StoreError, 503),
    (ParseTimeout, 504),
    (InputTooLarge, 413),
    (InputError, 422),
    (UnknownTarget, 404),
    (MissingExtra, 501),
)


class Problem(BaseModel):
    """What went wrong. ``code`` is stable; ``current`` is the version of a trial that has changed meanwhile."""

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    request_id: str | None = None
    errors: list[dict[str, Any]] | None = Field(default=None, description="What is wrong with which part of a request")
    trial: int | None = None
    current: int | None = None


class ProblemResponse(JSONResponse):
    """A response of this shape."""

    media_type = MEDIA


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "Any error", "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
}


def status_of(error: CritparseError) -> int:
    """The status that says most of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem_of(error: CritparseError) -> Problem:
    """An error of critparse's own as a problem."""
    status = status_of(error)
    found = Problem(
        type=f"urn:critparse:error:{error.code}",
        title=(type(error).__doc__ or "").split(". Details", 1)[0].split(". No details", 1)[0].strip(". "),
        status=status,
        detail=str(error),
        code=error.code,
        request_id=request_id(),
    )
    if isinstance(error, VersionConflict):
        update = {"trial": error.details["trial"], "current": error.details["version"]}
        return found.model_copy(update=update)
    return found


def plain(status: int, detail: str = "", **more: Any) -> Problem:
    """A problem that HTTP has a name for."""
    title = http.HTTPStatus(status).phrase
    return Problem(
        type="about:blank", title=title, status=status, detail=detail or title, request_id=request_id(), **more
    )


def respond(problem: Problem, headers: dict[str, str] | None = None) -> ProblemResponse:
    """The response that tells of a problem."""
    return ProblemResponse(problem.model_dump(exclude_none=True), problem.status, headers)


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as a page, where one was asked for and the application has one; else as JSON."""
    page: Callable[[Problem], Response] | None = getattr(request.app.state, "problem_page", None)
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")
    if page is None or not wants_page:
        return respond(problem, headers)
    found = page(problem)
    found.headers.update(headers or {})
    return found


def install(app: FastAPI) -> None:
    """Answer every error of the application in this shape."""
    app.add_exception_handler(CritparseError, _own)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


async def _own(request: Request, error: Exception) -> Response:
    assert isinstance(error, CritparseError)
    if isinstance(error, StoreError):
        _log.error("the database does not answer: %s", error)
        return answer(
            request, problem_of(error).model_copy(update={"detail": "the database cannot be used at the moment"})
        )
    return answer(request, problem_of(error), {"Retry-After": "5"} if isinstance(error, ParserBusy) else None)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer(request, plain(error.status_code, str(error.detail)), dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        {"where": [str(part)[:100] for part in one["loc"]], "what": str(one["msg"])[:300], "kind": one["type"]}
        for one in error.errors()[:_MOST]
    ]
    return answer(request, plain(422, "the request does not have the shape that is expected", errors=found))
