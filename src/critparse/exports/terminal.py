"""What may reach a terminal: text whose control characters are made visible, and consoles that suit their stream."""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120
# C0 and C1 controls, directional overrides, and halves of surrogate pairs, which no encoding can write
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BLANK = " \t\n\r\v\f"


def visible(text: str) -> str:
    """The text on one line: white space folded, control characters replaced by their pictures (ESC by ␛)."""
    return " ".join(_UNSAFE.sub(_picture, text).split())


def _picture(match: re.Match[str]) -> str:
    char = match[0]
    if char in _BLANK:
        return " "
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\N{REPLACEMENT CHARACTER}"


def console(stream: IO[str]) -> Console:
    """A console that takes text as it is: no markup, no highlighting; as wide as the terminal, or as ``PIPE_WIDTH``."""
    from rich.console import Console

    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
