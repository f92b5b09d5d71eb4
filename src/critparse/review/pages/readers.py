"""Who looks at pages: people who are signed in; others are led to the form first."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from critparse.review.accounts import Principal
from critparse.review.http.context import note_who
from critparse.review.http.security import principal_of


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
        query = f"?{request.url.query}" if request.url.query else ""
        raise SignInFirst(f"{request.url.path}{query}")
    note_who(principal.name)
    return principal


Reader = Annotated[Principal, Depends(reader)]


def install(app: FastAPI) -> None:
    """Lead people to the form."""
    app.add_exception_handler(SignInFirst, _sign_in_first)


async def _sign_in_first(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    return RedirectResponse(f"/login?next={quote(error.back, safe='')}", 303)


def own_path(given: str) -> str:
    """A path on this server; never another one, however it is written."""
    parts = urlsplit(given)
    plain = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable() and "\\" not in given
    return given if plain and not parts.scheme and not parts.netloc else "/"
