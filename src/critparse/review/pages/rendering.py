"""Templates to pages. Everything from a record is escaped: autoescape is on, and nothing is ever marked safe."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from critparse._version import __version__
from critparse.review.accounts import Principal, allows

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.cache
def environment() -> Environment:
    """The templates of ``pages/templates``; an unknown name is an error, not an empty place."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # else every page looks at its files again
    )
    found.globals |= {"version": __version__, "allows": allows}
    return found


def page(template: str, who: Principal | None, status: int = 200, **context: object) -> HTMLResponse:
    """A page; templates know the asker as ``who`` and, for their forms, the field ``csrf``."""
    csrf = who.csrf if who is not None and who.csrf is not None else ""
    content = environment().get_template(template).render(who=who, csrf=csrf, **context)
    return HTMLResponse(content, status)
