"""What is done around every request, whichever route answers it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from critparse.review.config import is_loopback
from critparse.review.http import problems
from critparse.review.http.context import begin
from critparse.review.http.metrics import Metrics

_log = logging.getLogger("critparse.access")
_UPLOAD = 60.0
"""Seconds in which a request must have arrived."""
_ADDRESSES = 10_000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_EVERYWHERE = {header.lower().encode(): value.encode() for header, value in HEADERS.items()}
_HERE = _EVERYWHERE | {b"cache-control": b"no-store"}
_SECURELY = {b"strict-transport-security": b"max-age=31536000"}


class Around:
    """Request ids, security headers, the access log, metrics, and the answer to what nobody caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = begin(Headers(scope=scope).get("x-request-id"))
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(scope, message, name)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:  # noqa: BLE001  the boundary: no request goes without an answer
            _log.exception("a request failed")
            if not status:
                problem = problems.plain(500, "critparse itself failed; its log says how, under the request's id")
                await problems.respond(problem)(scope, receive, answer)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        if scope["path"].startswith("/v1/") and not route.startswith(("/v1/", "none")):
            route = f"/v1{route}"  # routers know their routes without the prefix
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.count(method, route, status, seconds)
        extra = {"method": method, "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
        level = logging.DEBUG if route.startswith("/health") else logging.INFO
        _log.log(level, "answered", extra=extra)


class Limits:
    """Which hosts are answered, how many requests an address may make, and how much and how slowly it may send."""

    def __init__(self, app: ASGIApp, *, max_body: int, rate: int, local_only: bool) -> None:
        self._app, self._max_body, self._local_only = app, max_body, local_only
        self._rates = _Rates(rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._local_only and not is_loopback(_host(headers.get("host", ""))):
            # a page elsewhere must not reach us by giving our address a name of its own
            await problems.respond(problems.plain(421, "without accounts, only localhost is answered"))(
                scope, receive, send
            )
            return
        wait = 0.0 if scope["path"].startswith("/health/") else self._rates.wait((scope.get("client") or ("", 0))[0])
        if wait:
            response = problems.respond(problems.plain(429), {"Retry-After": str(int(wait) + 1)})
            await response(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_UPLOAD):
                body = await _read(receive, self._max_body, headers)
        except TimeoutError:
            await problems.respond(problems.plain(408))(scope, receive, send)
            return
        if body is None:
            detail = f"a request may have {self._max_body} bytes"
            await problems.respond(problems.plain(413, detail), {"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


class _Rates:
    """A bucket for each address, filled steadily, that empties by one with each request."""

    def __init__(self, rate: int) -> None:
        self._rate = rate / 60
        self._most = max(float(rate) / 4, 10.0)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until the address may ask; 0 when it may now."""
        if not self._rate:
            return 0.0
        now = time.monotonic()
        left, then = self._buckets.pop(address, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate)
        allowed = left >= 1
        self._buckets[address] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate


async def _read(receive: Receive, most: int, headers: Headers) -> bytes | None:
    """The body of a request; None when it is larger than it may be."""
    if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > most:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _add_headers(scope: Scope, start: Message, name: str) -> None:
    """Add what every answer says; where this one says it otherwise, that stands."""
    own = start.get("headers", ())
    said = {header.lower() for header, _ in own}
    wanted = _EVERYWHERE if scope["path"].startswith("/static/") else _HERE
    if scope.get("scheme") == "https":
        wanted = wanted | _SECURELY
    start["headers"] = [*own, (b"x-request-id", name.encode()), *((k, v) for k, v in wanted.items() if k not in said)]


def _host(given: str) -> str:
    """The name in a Host header, without its port."""
    return given[: given.find("]") + 1] if given.startswith("[") else given.partition(":")[0]
