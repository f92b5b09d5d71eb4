"""Text that is UTF-8 read with a one-byte encoding ("â‰¥" and "‚â•" for "≥"), where that is certain.

Certain are the sequences that begin with one of the few characters which the first bytes of Latin letters, Greek,
punctuation and signs become, and go on as UTF-8 must: hardly any language puts these characters beside each other.
What was lost altogether (bullets turned into "?", U+FFFD) stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Edit = tuple[int, int, str]
"""Start and end of several characters of a text, and the one character that they stand for."""

_ENCODINGS = ("cp1252", "mac_roman")
_PAIR_LEADS = b"\xc2\xc3\xce\xcf"  # Latin-1 signs and letters, Greek
_TRIPLE_LEADS = b"\xe2\xef"  # punctuation, arrows, mathematical signs; full-width forms
_CONTINUATIONS = bytes(range(0x80, 0xC0))


def _byte_of(encoding: str) -> dict[str, int]:
    """The byte that each character beyond ASCII came from; Windows-1252 reads its five empty places as Latin-1."""
    found = {chr(byte): byte for byte in range(0x80, 0xA0)} if encoding == "cp1252" else {}
    for byte in range(0x80, 0x100):
        char = bytes([byte]).decode(encoding, errors="ignore")
        if char:
            found[char] = byte
    return found


_BYTES = {encoding: _byte_of(encoding) for encoding in _ENCODINGS}


def _class(encoding: str, members: bytes) -> str:
    return "[" + "".join(re.escape(char) for char, byte in _BYTES[encoding].items() if byte in members) + "]"


_PATTERN = re.compile(
    "|".join(
        f"(?P<{name}>{_class(name, _PAIR_LEADS)}{_class(name, _CONTINUATIONS)}"
        f"|{_class(name, _TRIPLE_LEADS)}{_class(name, _CONTINUATIONS)}{{2}})"
        for name in _ENCODINGS
    )
)


def repairs(text: str) -> Iterator[Edit]:
    """The damaged sequences of a text from left to right, each with the character it was."""
    if text.isascii():
        return
    for match in _PATTERN.finditer(text):
        if char := _decoded(match[0], str(match.lastgroup)):
            yield match.start(), match.end(), char


def _decoded(sequence: str, encoding: str) -> str | None:
    """The character whose UTF-8 was read as ``sequence``; ``None`` where that is no letter, mark, sign or blank."""
    char = bytes(_BYTES[encoding][part] for part in sequence).decode("utf-8")
    assigned = unicodedata.category(char) not in {"Cc", "Cn", "Co", "Cs"}
    return char if assigned else None
