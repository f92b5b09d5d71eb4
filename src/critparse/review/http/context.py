"""What is known of the request that is being answered, wherever one is in the code."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_who: ContextVar[list[str] | None] = ContextVar("who", default=None)


def begin(given: str | None) -> str:
    """Begin a request: with the caller's id, when it looks like one, or with a new one."""
    name = given if given and _GIVEN.fullmatch(given) else secrets.token_hex(8)
    _id.set(name)
    _who.set([])
    return name


def request_id() -> str | None:
    """The id of the request."""
    return _id.get()


def note_who(name: str) -> None:
    """Remember who asks, for the log."""
    found = _who.get()
    if found is not None:
        found[:] = [name]


def who() -> str | None:
    """Who asks, once that is known."""
    found = _who.get()
    return found[0] if found else None
