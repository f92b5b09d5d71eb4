"""Who asks: a session's cookie, a token, or, without accounts, whoever is at this machine.

Requests of browsers that change something must come from our own pages: by their Origin, and with the session's CSRF
token in the header ``X-CSRF-Token`` or the form field ``csrf``. Tokens need neither: no browser sends them by itself.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response

from critparse.review.accounts import Principal, Role, Sessions, SignedIn, Tokens, allows
from critparse.review.http.context import note_who
from critparse.review.services import Services, services
from critparse.review.store.engine import at_hand

COOKIE = "critparse_session"
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MOST = 50_000_000
"""Characters of a field of a form; the whole request is bounded before."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_AT_ONCE = 8
_signing_in = threading.BoundedSemaphore(_MOST_AT_ONCE)
_passwords = CapacityLimiter(_MOST_AT_ONCE)
"""Threads of their own: checking a password takes long, and nobody else should wait for it."""
_bearer = HTTPBearer(auto_error=False, description="A token (POST /v1/tokens, or critparse users token)")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="A session (POST /v1/session)")


async def principal_of(request: Request) -> Principal | None:
    """Who asks; None for nobody we know."""
    found = services(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await _holder(found, found.tokens, secret.strip())
    if not found.config.auth:
        return Principal("local", "admin")
    cookie = request.cookies.get(COOKIE)
    return await _holder(found, found.sessions, cookie) if cookie else None


async def _holder(served: Services, kept: Sessions | Tokens, secret: str) -> Principal | None:
    """Whose secret it is. Every request asks, and the way to a thread and back takes longer than SQLite's answer."""
    known = kept.known(secret) if at_hand(served.engine) else await to_thread.run_sync(kept.known, secret)
    if known is not None and known.unnoted:
        await to_thread.run_sync(kept.note, secret)
    return known.principal if known is not None else None


async def asker(
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    _session: Annotated[str | None, Depends(_cookie)],
) -> Principal:
    """Whoever asks; the two parameters are for the description of the API.

    Raises:
        HTTPException: 401 for nobody, 403 where a browser was led here from elsewhere.
    """
    principal = await principal_of(request)
    if principal is None:
        raise HTTPException(401, "sign in, or send a token", {"WWW-Authenticate": "Bearer"})
    note_who(principal.name)
    await check_origin(request, principal)
    return principal


def requires(role: Role) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the asker, who must have the role or a higher one.

    Raises:
        HTTPException: 403.
    """

    async def dependency(principal: Annotated[Principal, Depends(asker)]) -> Principal:
        if not allows(principal.role, role):
            raise HTTPException(403, f"only a {role} may do this")
        return principal

    return dependency


Viewer = Annotated[Principal, Depends(requires("viewer"))]
Curator = Annotated[Principal, Depends(requires("curator"))]
Admin = Annotated[Principal, Depends(requires("admin"))]


async def check_origin(request: Request, principal: Principal | None) -> None:
    """Nothing, when the request may change something.

    Raises:
        HTTPException: 403, when it comes from another site, or lacks the token of the session.
    """
    if request.method in _SAFE or "authorization" in request.headers:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if (origin is not None and urlsplit(origin).netloc != request.headers.get("host")) or site == "cross-site":
        raise HTTPException(403, "this request comes from another site")
    if principal is not None and principal.csrf is not None:
        given = request.headers.get(CSRF_HEADER) or await _field(request)
        if not hmac.compare_digest(given.encode(), principal.csrf.encode()):
            raise HTTPException(403, f"the CSRF token ({CSRF_HEADER}, or the field {CSRF_FIELD}) is missing or wrong")


async def sign_in(request: Request, name: str, password: str) -> SignedIn:
    """A new session for a name and its password; checking passwords takes memory, so only so many at once.

    Raises:
        SignInRefused: they do not belong together.
        HTTPException: 403 for another site's page, 409 without accounts, 429 for too many at once.
    """
    found = services(request)
    if not found.config.auth:
        raise HTTPException(409, "this server runs without accounts")
    await check_origin(request, None)
    if not _signing_in.acquire(blocking=False):
        raise HTTPException(429, "too many people sign in at this moment", {"Retry-After": "2"})
    try:
        return await to_thread.run_sync(found.sessions.sign_in, name, password, limiter=_passwords)
    finally:
        _signing_in.release()


def open_session(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Hand a session to the browser."""
    response.set_cookie(
        COOKIE, signed_in.secret, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )


def close_session(response: Response) -> None:
    """Take it back."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


async def _field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    found = (await request.form(max_part_size=MOST)).get(CSRF_FIELD, "")
    return found if isinstance(found, str) else ""
