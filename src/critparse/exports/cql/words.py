"""CQL's own notation: identifiers, strings, numbers, comments. Nothing that a record says can leave its place."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from decimal import Decimal

from critparse.exports.passages import readable
from critparse.exports.terminal import lines, visible
from critparse.exports.unsaid import Unsaid

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "'": "\\'"})
_WIDTH = 116
_MAX_NAME = 72
_MAX_DIGITS, _MAX_PLACES = 20, 8  # of CQL's Decimal: 28 digits, 8 of them after the point


def string(text: str) -> str:
    """A string literal of one line."""
    return f"'{visible(text).translate(_ESCAPES)}'"


def identifier(name: str) -> str:
    """A quoted identifier of a name that :class:`Names` gave."""
    return f'"{name.translate(_ESCAPES)}"'


def comment(text: str, mark: str = "", width: int = _WIDTH) -> str:
    """Words as line comments, which only a line end closes; ``mark`` stands before the first."""
    first = f"// {mark}"
    rows: list[str] = []
    for row in lines(readable(text)).split("\n"):
        shown = visible(row)
        if shown:
            rows += textwrap.wrap(
                shown, width, initial_indent=first, subsequent_indent="// ", break_long_words=False,
                break_on_hyphens=False,
            )  # fmt: skip
            first = "// "
    return "\n".join(rows) or first.rstrip()


def number(value: float) -> str:
    """A number without exponent. Raises Unsaid for one that CQL's Decimal cannot hold."""
    exact = Decimal(repr(value)).normalize()
    _, digits, exponent = exact.as_tuple()
    assert isinstance(exponent, int), "limits are finite"
    if -exponent > _MAX_PLACES or len(digits) + max(exponent, 0) > _MAX_DIGITS:
        raise Unsaid("range", "CQL has no number of that size")
    return f"{exact:f}"


def quantity(value: float, ucum: str) -> str:
    """A quantity with its UCUM unit."""
    return f"{number(value)} {string(ucum)}"


class Names:
    """Names of definitions, all different, also where case does not count."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in reserved}

    def new(self, words: str, suffix: str = "") -> str:
        """A name of these words: on one line, shortened before the suffix, with a number when it is taken."""
        shown = visible(readable(words)).replace('"', "”").replace("\\", "/")
        base = (_shortened(shown) or "unnamed") + suffix
        name, count = base, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{base} ({count})"
        self._taken.add(name.casefold())
        return name


def _shortened(words: str) -> str:
    if len(words) <= _MAX_NAME:
        return words
    cut = words[: _MAX_NAME - 1]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip(' ,;:.(')}…"
