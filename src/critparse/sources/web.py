"""Asking a server, politely and with patience: bounded in time and size, again when the error may pass."""

from __future__ import annotations

import http.client
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib import error as urlerror
from urllib import request
from urllib.parse import urlsplit

from critparse._version import __version__
from critparse.errors import FetchError, FetchTimeout, RegistryUnavailable
from critparse.sources.load import MAX_BYTES

USER_AGENT = f"critparse/{__version__} (reads eligibility criteria; Python urllib)"
MAX_WAIT = 60.0  # seconds; a server that asks for more is not waited for
_FIRST_WAIT = 0.5  # seconds, doubled each time
_BLOCK = 1 << 16
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_log = logging.getLogger(__name__)


class NotFound(Exception):
    """The server says that there is no such thing (404, 410)."""


class _Passing(Exception):
    """An error that may pass: what to raise when it does not, and how long the server asks to wait (seconds)."""

    def __init__(self, error: RegistryUnavailable, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Client:
    """``timeout`` (seconds) is for each attempt as a whole; ``sleep`` waits between attempts."""

    timeout: float
    retries: int
    sleep: Callable[[float], None] = time.sleep

    def get(self, url: str, where: str, *, accept: str) -> bytes:
        """The body at the address; ``where`` names it in messages.

        Raises:
            NotFound: there is nothing.
            RegistryUnavailable: no connection, no answer in time, or errors, also in the last attempt.
            FetchError: an answer that another attempt would not change.
        """
        asked = request.Request(url, headers={"User-Agent": USER_AGENT, "Accept": accept})  # noqa: S310  see below
        if urlsplit(url).scheme not in {"http", "https"}:
            raise FetchError(where=where, reason=f"{url!r} is no address on the web")
        for attempt in range(self.retries + 1):
            try:
                with self._translated(where, host(url)):
                    return self._body(asked, where, time.monotonic() + self.timeout)
            except _Passing as passing:
                wait = _FIRST_WAIT * 2**attempt * random.uniform(0.75, 1.25)  # noqa: S311  spreads clients out
                wait = wait if passing.wait is None else passing.wait
                if attempt == self.retries or wait > MAX_WAIT:
                    raise passing.error from None
                _log.info("%s; trying again in %.1f seconds", passing.error, wait)
                self.sleep(wait)
        raise AssertionError("unreachable")

    def _body(self, asked: request.Request, where: str, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        with _opener().open(asked, timeout=self.timeout) as answer:
            while block := answer.read1(_BLOCK):
                parts.append(block)
                size += len(block)
                if size > MAX_BYTES:
                    raise FetchError(where=where, reason=f"the answer has more than {MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise TimeoutError
            if answer.length:  # of the announced length so much is missing
                raise http.client.IncompleteRead(b"", answer.length)
        return b"".join(parts)

    @contextmanager
    def _translated(self, where: str, server: str) -> Iterator[None]:
        """What goes wrong, as an error of ours."""
        try:
            yield
        except urlerror.HTTPError as error:
            with error:
                raise _of_status(error, where, server) from None
        except TimeoutError:
            raise self._too_late(where, server) from None
        except urlerror.URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._too_late(where, server) from None
            raise _unreachable(where, server, error.reason) from None
        except (http.client.HTTPException, OSError) as error:
            raise _unreachable(where, server, error) from None

    def _too_late(self, where: str, server: str) -> _Passing:
        return _Passing(FetchTimeout(where=where, registry=server, seconds=self.timeout))


def host(url: str) -> str:
    """The server in an address, for messages."""
    return urlsplit(url).hostname or url


@cache
def _opener() -> request.OpenerDirector:
    """What follows http and https (through the proxies of the environment), and no file or ftp address."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _of_status(error: urlerror.HTTPError, where: str, server: str) -> Exception:
    if error.code in {404, 410}:
        return NotFound()
    reason = f"{server} answers {error.code} ({http.client.responses.get(error.code, 'no standard status')})"
    if error.code not in _PASSING:
        return FetchError(where=where, reason=reason)
    wait = _seconds(error.headers.get("Retry-After"))
    if wait is not None and wait > MAX_WAIT:
        reason += f" and asks to wait {wait:.0f} seconds"
    return _Passing(RegistryUnavailable(where=where, reason=reason), wait)


def _unreachable(where: str, server: str, reason: Any) -> _Passing:
    said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return _Passing(RegistryUnavailable(where=where, reason=f"no connection to {server} ({said})"))


def _seconds(retry_after: str | None) -> float | None:
    """The seconds that the header ``Retry-After`` asks for, as a number or as a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
