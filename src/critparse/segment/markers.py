"""List markers: bullets, numbers, letters, Roman numerals and codes, at the start of a line or inside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BULLET = re.compile(
    r"(?P<star>\*{1,5})(?=\s|[^\W_]|[<>≥≤(])"
    r"|(?P<sign>[•·●○◦▪■□▫►▶➢➤✓✔√»‣⁃∙⦁\uf0b7\uf0a7\uf0fc]|‚Ä¢)\s{0,20}(?=\S)"
    r"|(?P<dash>[-–—−‐‑‒]{1,2})(?=\s|[^\W\d_]|[<>≥≤(])"
    r"|(?P<soft>[o+§ØüÜ#])(?=\s{1,20}[^\W_]|\s{1,20}[<>≥≤(])|(?P<lost>\?)(?=\s{1,20}[^\W\d_])"
)
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_NUMBER = re.compile(
    rf"(?P<circled>[{_CIRCLED}])"
    r"|(?P<path>\d{1,2}(?:\.\d{1,2}){1,4})(?:(?P<closed>[.):])(?=\s{0,20}[^\W\d_]|\s)|(?=\s{1,20}[^\W\d_]|\s{1,20}[<>≥≤(]))"
    r"|(?P<open>[(（\[]?)\s?(?P<number>\d{1,3})\s?(?P<close>[.)\]）、．:]|\.\)|\)\.)(?=\s|[^\W\d_]|[<>≥≤(]|(?<=[)）、])\d|\Z)"
    r"|(?P<dashed>\d{1,2})\s?[-–]\s{1,3}(?=[A-Z])"
)
_LETTER = re.compile(
    r"(?P<open>[(（\[]?)(?P<letter>[ivxIVX]{1,5}|[a-zA-Z])(?P<close>[.)\]）]|\.\))(?=\s|(?<=[)）])[^\W_]|\Z)"
)
_CODE = re.compile(
    r"(?P<prefix>[A-Z]{1,4})(?P<join>[- #.]?)(?P<number>\d{1,3})(?:(?P<close>[.:)])(?=\s)|(?<=-\d)\s|(?<=-\d\d)\s)"
)
_BLANKS = re.compile(r"\s*")
_ROMAN = {"i": 1, "v": 5, "x": 10}
_DASHES = "-–—−‐‑‒"


@dataclass(frozen=True, slots=True)
class Marker:
    """A list marker. Markers of one list share ``style``; ``ordinals`` are the places in it they may stand for.

    A letter that is also a Roman numeral has two ordinals. ``path`` are the numbers of "2.1.3". ``weak`` markers
    (a capital letter, a code, a decimal path) count only where a neighbour in the sequence is seen. ``shift`` is the
    number of columns from the first of two bullets ("* •") to the second, which is the one that counts.
    """

    start: int
    content: int
    style: str
    ordinals: tuple[int, ...] = ()
    path: tuple[int, ...] = ()
    weak: bool = False
    shift: int = 0

    @property
    def bullet(self) -> bool:
        """Whether the marker has no order."""
        return not self.ordinals

    @property
    def first(self) -> bool:
        """Whether the marker may open a list."""
        return self.bullet or 1 in self.ordinals

    def follows(self, other: Marker) -> bool:
        """Whether this marker may come directly after ``other`` in one list."""
        if self.style != other.style or self.path[:-1] != other.path[:-1]:
            return False
        return self.bullet or any(place + 1 in self.ordinals for place in other.ordinals)


def marker_at(text: str, start: int, end: int) -> Marker | None:
    """The marker with which ``text[start:end]`` begins; a bullet in front of a number or a bullet goes with it."""
    bullet = _bullet(text, start, end)
    doubled = _bullet(text, bullet.content, end) if bullet and text[bullet.content] != text[start] else None
    if bullet and doubled and doubled.content < end:
        return Marker(start, doubled.content, doubled.style, shift=doubled.start - start)
    inner = ordered_at(text, bullet.content if bullet else start, end)
    if bullet and inner and not inner.weak and inner.content < end:
        return Marker(start, inner.content, bullet.style + inner.style, inner.ordinals, inner.path)
    found = bullet or inner
    return found if found and found.content < end else None


def _content(text: str, position: int, end: int) -> int:
    blanks = _BLANKS.match(text, position, end)
    return blanks.end() if blanks else position


def _bullet(text: str, start: int, end: int) -> Marker | None:
    found = _BULLET.match(text, start, end)
    if found is None:
        return None
    style = "-" if found["dash"] else found["star"] or found[0].strip()
    return Marker(start, _content(text, found.end(), end), style)


def ordered_at(text: str, start: int, end: int) -> Marker | None:
    """The ordered marker (number, letter, numeral or code) with which ``text[start:end]`` begins."""
    found = _NUMBER.match(text, start, end)
    if found:
        return _numbered(found, _content(text, found.end(), end))
    letter = _LETTER.match(text, start, end)
    if letter:
        return _lettered(letter, _content(text, letter.end(), end))
    code = _CODE.match(text, start, end)
    if code:
        style = f"{code['prefix']}{code['join']}0{code['close'] or ''}"
        return Marker(start, _content(text, code.end(), end), style, (int(code["number"]),), weak=True)
    return None


def _numbered(found: re.Match[str], content: int) -> Marker:
    if found["circled"]:
        return Marker(found.start(), content, "①", (_CIRCLED.index(found["circled"]) + 1,))
    if found["path"]:
        path = tuple(int(part) for part in found["path"].split("."))
        return Marker(found.start(), content, f"path{len(path)}", (path[-1],), path, weak=not found["closed"])
    if found["dashed"]:
        return Marker(found.start(), content, "1-", (int(found["dashed"]),), weak=True)
    style = f"{_bracket(found['open'])}1{_bracket(found['close'])}"
    return Marker(found.start(), content, style, (int(found["number"]),))


def _lettered(found: re.Match[str], content: int) -> Marker:
    letter = found["letter"]
    ordinals = [] if len(letter) > 1 else [ord(letter.lower()) - ord("a") + 1]
    if set(letter.lower()) <= set(_ROMAN):
        ordinals.append(_roman(letter.lower()))
    style = f"{_bracket(found['open'])}{'a' if letter.islower() else 'A'}{_bracket(found['close'])}"
    weak = not letter.islower() or (style == "a." and 1 not in ordinals)
    return Marker(found.start(), content, style, tuple(dict.fromkeys(ordinals)), weak=weak)


def _bracket(sign: str) -> str:
    return {"（": "(", "）": ")", "．": ".", "、": ".", ".)": ")", ").": ")"}.get(sign, sign)


def _roman(letters: str) -> int:
    values = [_ROMAN[letter] for letter in letters]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))


def confirmed(markers: list[Marker | None]) -> list[Marker | None]:
    """``markers`` without the weak ones whose neighbour in the sequence is missing."""
    seen = {(marker.style, marker.path[:-1], place) for marker in markers if marker for place in marker.ordinals}

    def holds(marker: Marker) -> bool:
        reach = (-3, -2, -1, 1, 2, 3) if "0" in marker.style else (-1, 1)  # codes may hide a neighbour inside a line
        places = [place + step for place in marker.ordinals for step in reach]
        return not marker.weak or any((marker.style, marker.path[:-1], place) in seen for place in places)

    return [marker if marker and holds(marker) else None for marker in markers]
