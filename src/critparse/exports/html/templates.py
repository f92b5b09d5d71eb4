"""The templates of all pages: everything that comes from a record is escaped, and the page's policy runs no script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from critparse._version import __version__
from critparse.checks import SEVERITIES
from critparse.exports.passages import readable
from critparse.exports.streams import plural
from critparse.exports.terminal import lines, visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, /, **context: object) -> str:
    """The template of that name, filled in."""
    return environment().get_template(f"{template}.html").render(context)


def opening(title: str) -> str:
    """A page up to where its content begins; ``title`` is its name and its first heading."""
    styles = style()
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return render("head", title=title, style=styles, policy=policy)


def closing() -> str:
    """The end of a page."""
    return render("foot", version=__version__)


@cache
def style() -> str:
    """The style sheet; its line ends are LF, since the page's policy knows it by its hash."""
    return (resources.files(__package__) / "templates" / "page.css").read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def environment(package: str = __package__) -> Environment:
    """The templates of a package and, behind them, those here; ``parts`` are the macros of ``parts.html``."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,  # else every page looks at its files again
    )
    found.filters |= {"line": visible, "lines": lines, "readable": readable, "plural": plural}
    found.globals |= {"severities": tuple(SEVERITIES)}
    found.globals["parts"] = found.get_template("parts.html").module  # macros, made once
    return found
