"""The functions of ``helpers.cql``, of which a library gets those that it uses."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib.resources import files

_DEFINED = re.compile(r'^define (?:function )?"([^"]+)"', re.MULTILINE)
_QUOTED = re.compile(r'"([^"\\\n]+)"')


def names() -> tuple[str, ...]:
    """The names that definitions of a library must not have."""
    return tuple(_definitions())


def needed(text: str) -> str:
    """The definitions that a library's text uses, and those that they use, in the order of the file."""
    found: set[str] = set()
    open_ = set(_QUOTED.findall(text)) & _definitions().keys()
    while open_:
        found |= open_
        used = {name for one in open_ for name in _QUOTED.findall(_definitions()[one])}
        open_ = (used & _definitions().keys()) - found
    return "\n\n".join(definition for name, definition in _definitions().items() if name in found)


@functools.cache
def _definitions() -> Mapping[str, str]:
    """The paragraphs of the file by the name that they define."""
    text = files(__package__).joinpath("helpers.cql").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for paragraph in text.split("\n\n"):
        if defined := _DEFINED.search(paragraph):
            found[defined[1]] = paragraph.strip()
    return found
