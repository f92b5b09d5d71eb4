"""What may reach a terminal: text whose control characters are made visible, laid out to suit the stream."""

from __future__ import annotations

import io
import os
import re
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

PIPE_WIDTH = 120
# C0 and C1 controls, directional overrides, and halves of surrogate pairs, which no encoding can write
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BLANK = " \t\n\r\v\f"


def visible(text: str) -> str:
    """The text on one line: white space folded, control characters replaced by their pictures (ESC by ␛)."""
    return " ".join(_UNSAFE.sub(_picture, text).split())


def safe(text: str) -> str:
    """The text with nothing but its control characters replaced; tabs stay."""
    return _UNSAFE.sub(lambda match: match[0] if match[0] == "\t" else _picture(match), text)


def lines(text: str) -> str:
    """The text with its tabs and line ends (all as LF), other control characters replaced by their pictures."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub(lambda match: match[0] if match[0] in "\t\n" else _picture(match), text)


def _picture(match: re.Match[str]) -> str:
    char = match[0]
    if char in _BLANK:
        return " "
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\N{REPLACEMENT CHARACTER}"


def show(renderable: RenderableType, stream: IO[str]) -> None:
    """Print to a terminal in its width and colours, to anything else in plain lines of ``PIPE_WIDTH``."""
    from rich.console import Console

    if stream.isatty():
        Console(file=stream, markup=False, highlight=False, emoji=False).print(renderable)
    else:
        stream.write(plain(renderable))


def plain(renderable: RenderableType) -> str:
    """The renderable as text without colours, at most ``COLUMNS`` (``PIPE_WIDTH`` where that is not set) wide."""
    from rich.console import Console

    buffer = io.StringIO()
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) else PIPE_WIDTH
    Console(
        file=buffer, width=width, color_system=None, force_terminal=False, markup=False, highlight=False, emoji=False
    ).print(renderable)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().split("\n")[:-1])
