"""Signing in, and the first pages; each page calls the same workbench as the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Form, Query, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from critparse.errors import SignInRefused
from critparse.review.accounts import Principal
from critparse.review.api.records import Served
from critparse.review.api.views import Number
from critparse.review.http.context import note_who
from critparse.review.http.problems import Problem
from critparse.review.http.security import COOKIE, Viewer, close_session, open_session, principal_of, sign_in
from critparse.review.pages.rendering import page
from critparse.review.store import Cursor, Inbox

STATIC = Path(__file__).parent / "static"
routes = APIRouter(include_in_schema=False)


class SignInFirst(Exception):
    """The page is for people who are signed in; ``back`` is where they wanted to go."""

    def __init__(self, back: str) -> None:
        self.back = back
        super().__init__(back)


async def reader(request: Request) -> Principal:
    """Who looks at a page.

    Raises:
        SignInFirst: nobody we know.
    """
    principal = await principal_of(request)
    if principal is None:
        raise SignInFirst(request.url.path)
    note_who(principal.name)
    return principal


Reader = Annotated[Principal, Depends(reader)]


def install(app: FastAPI) -> None:
    """Add the pages to the application."""
    app.include_router(routes)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.state.problem_page = problem_page


@routes.get("/login")
async def login(request: Request, back: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """The form to sign in."""
    who = await principal_of(request)
    if who is not None:
        return RedirectResponse(_own_path(back), 303)
    return page("login.html", None, back=_own_path(back), refused="")


@routes.post("/login")
async def enter(
    request: Request,
    name: Annotated[str, Form(max_length=80)],
    password: Annotated[str, Form(max_length=1000)],
    back: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Sign in, and go where one wanted to go."""
    try:
        found = await sign_in(request, name, password)
    except SignInRefused as error:
        return page("login.html", None, 401, back=_own_path(back), refused=str(error))
    response = RedirectResponse(_own_path(back), 303)
    open_session(request, response, found)
    return response


@routes.post("/logout")
async def leave(request: Request, served: Served, _: Viewer) -> Response:
    """Sign out."""
    if cookie := request.cookies.get(COOKIE):
        await to_thread.run_sync(served.sessions.sign_out, cookie)
    response = RedirectResponse("/login", 303)
    close_session(response)
    return response


@routes.get("/")
async def inbox(
    served: Served,
    who: Reader,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The inbox."""
    wanted = Inbox(search=q, after=Cursor.read(cursor) if cursor is not None else None)
    found = await to_thread.run_sync(served.store.page, wanted)
    return page("inbox.html", who, trials=found.trials, next=found.next, q=q)


@routes.get("/trials/{id}")
async def trial(id: Number, served: Served, who: Reader) -> Response:
    """One trial."""
    found = await to_thread.run_sync(served.store.trial, id)
    return page("trial.html", who, trial=found)


def problem_page(problem: Problem) -> Response:
    """What went wrong, for people."""
    return page("problem.html", None, problem.status, problem=problem)


async def _sign_in_first(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    return RedirectResponse(f"/login?next={quote(error.back, safe='')}", 303)


def _own_path(given: str) -> str:
    """A path on this server; never another one, however it is written."""
    parts = urlsplit(given)
    plain = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable() and "\\" not in given
    return given if plain and not parts.scheme and not parts.netloc else "/"
