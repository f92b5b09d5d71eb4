"""Signing in, and all pages put together; each page calls the same workbench as the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Form, Query, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from critparse.errors import SignInRefused
from critparse.exports.html import templates
from critparse.review.http.problems import Problem
from critparse.review.http.security import COOKIE, Viewer, close_session, open_session, principal_of, sign_in
from critparse.review.pages import editing, exporting, history, inbox, readers, trials, uploads, users
from critparse.review.pages.readers import Reader, own_path
from critparse.review.pages.rendering import page
from critparse.review.services import Served

STATIC = Path(__file__).parent / "static"
routes = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Add the pages to the application."""
    app.include_router(routes)
    for module in (inbox, trials, editing, history, exporting, uploads, users):
        app.include_router(module.routes)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.state.problem_page = problem_page
    readers.install(app)


@routes.get("/static/parts.css")
async def parts() -> Response:
    """The styles that these pages share with those that are exported."""
    return Response(templates.style(), media_type="text/css", headers={"Cache-Control": "no-cache"})


@routes.get("/keys")
async def keys(who: Reader) -> Response:
    """The keys that go faster."""
    return page("keys.html", who)


@routes.get("/login")
async def login(request: Request, back: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """The form to sign in."""
    who = await principal_of(request)
    if who is not None:
        return RedirectResponse(own_path(back), 303)
    return page("login.html", None, back=own_path(back), refused="", name="")


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
        return page("login.html", None, 401, back=own_path(back), refused=str(error), name=name)
    response = RedirectResponse(own_path(back), 303)
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


def problem_page(problem: Problem) -> Response:
    """What went wrong, for people."""
    return page("problem.html", None, problem.status, problem=problem)
