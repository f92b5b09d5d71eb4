"""Templates to pages. Everything from a record is escaped: autoescape is on, and nothing is ever marked safe."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from critparse._version import __version__
from critparse.checks import catalogue
from critparse.exports.html import templates
from critparse.review.accounts import Principal, allows

if TYPE_CHECKING:
    from jinja2 import Environment

_SAID = "critparse_said"
"""The cookie that carries one sentence from an action to the page behind it."""


@functools.cache
def environment() -> Environment:
    """The templates of ``pages/templates``, with the parts of the pages that are exported."""
    found = templates.environment(__package__)
    found.globals |= {"version": __version__, "allows": allows, "STATES": STATES}
    found.globals["titles"] = {check.code: check.title for check in catalogue()}
    found.filters |= {"when": when, "path": lambda text: quote(text, safe="")}
    return found


def macro(template: str, name: str) -> Callable[..., str]:
    """A macro of a template; what it writes is markup, in which everything from a record is escaped."""
    found: Callable[..., str] = getattr(environment().get_template(template).module, name)
    return found


STATES = {"open": "open", "accepted": "accepted", "dismissed": "dismissed", "fixed": "fixed at the source"}
"""What people say of a finding, as pages write it."""


def when(at: datetime) -> str:
    """A time as pages write it; all are UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def page(
    template: str, who: Principal | None, status: int = 200, *, request: Request | None = None, **context: object
) -> HTMLResponse:
    """A page; templates know the asker as ``who`` and, for their forms, the field ``csrf``.

    With ``request``, it also says what :func:`redirect` has to say.
    """
    csrf = who.csrf if who is not None and who.csrf is not None else ""
    said = unquote(request.cookies.get(_SAID, ""))[:300] if request is not None else ""
    content = environment().get_template(template).render(who=who, csrf=csrf, said=said, **context)
    response = HTMLResponse(content, status, {"Cache-Control": "no-store"})
    if said:
        response.delete_cookie(_SAID, path="/", httponly=True, samesite="lax")
    return response


def redirect(path: str, said: str = "") -> RedirectResponse:
    """Lead on to a page of ours, which says what was done."""
    response = RedirectResponse(path, 303)
    if said:
        response.set_cookie(_SAID, quote(said), max_age=60, httponly=True, samesite="lax", path="/")
    return response
