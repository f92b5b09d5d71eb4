"""Lists that run on inside one paragraph: "1) … 2) …", "- A - B - C", "… any of: a) …, b) …"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from critparse.segment.lines import Block
from critparse.segment.markers import Marker, ordered_at
from critparse.segment.vocabulary import vocabulary

_PLACE = re.compile(
    r"(?:(?<=\s)|(?<=[;:,.，；。)]))"
    r"[(（]?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[ivxIVX]{1,5}|[a-zA-Z]|[A-Z]{1,4}[- ]?\d{1,3})[.)）、:]|[①-⑳]"
)
_SIGN = re.compile(r"(?<=\s)(?P<sign>[•●○◦▪■□►➢➤✓✔‣⁃∙⦁]|‚Ä¢)\s{0,5}(?=\S)")
_DASH = re.compile(r"(?:(?<=\s)|(?<=[.;]))(?P<sign>[-–—*])\s+(?=[A-Z≥≤<>À-Þ]|\d{1,3}\s?[A-Za-z])")
_LOOSE_DASH = re.compile(r"(?<=\s)(?P<sign>[-–—*])\s+(?=\S)")
_PREFIX = re.compile(r"^[-*•]+(?=.)")
_ANNOUNCING = re.compile(r"following(?:\s{1,3}[a-z]{1,14}){0,1}[;,]?\s{1,3}$", re.IGNORECASE)
_LAST_WORD = re.compile(r"(\w{1,20})\W{0,3}$")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a list inside a paragraph."""

    start: int
    content: int
    end: int
    marker: Marker | None


@dataclass(frozen=True, slots=True)
class Enumeration:
    """How a paragraph falls apart: its own words end at ``head_end``; ``siblings`` are members of its own list."""

    head_end: int
    members: tuple[Member, ...]
    siblings: bool


def merged_siblings(text: str, block: Block, following: Block | None) -> Enumeration | None:
    """The further members of the block's own list that were merged into its paragraph, if any."""
    marker = block.marker
    if following and following.marker and marker and marker.ordinals and following.marker.follows(marker):
        return None
    if marker and marker.ordinals:
        chain = _chain(text, block.content, block.end, marker)
        if not chain and len(marker.path) == 2 and marker.path[-1] == 1:
            # "1.1. x; 2. y; 3. z": the list goes on by its last number
            chain = _chain(text, block.content, block.end, Marker(marker.start, marker.content, "1.", (1,)))
        return _enumeration(text, block.end, chain, siblings=True) if chain else None
    chain = _signs(text, block, _SIGN)
    if not chain and marker and marker.style in ("-", "*"):
        chain = _signs(text, block, _DASH)
        if len(chain) == 1 and text[chain[0].start - 2 : chain[0].start].strip()[-1:] not in (".", ";"):
            chain = []
    if not chain and marker is None:
        chain = _opened_chain(text, block, ".;")
        chain = chain if len(chain) >= 3 else []
    return _enumeration(text, block.end, chain, siblings=True) if chain else None


def sub_list(text: str, block: Block) -> Enumeration | None:
    """The list behind a colon inside the block, if any."""
    chain = _opened_chain(text, block, ":")
    if len(chain) < 2:
        chain = _colon_dashes(text, block)
    return _enumeration(text, block.end, chain, siblings=False) if len(chain) >= 2 else None


def _enumeration(text: str, end: int, chain: list[Marker], *, siblings: bool) -> Enumeration:
    members = []
    for i, marker in enumerate(chain):
        stop = chain[i + 1].start if i + 1 < len(chain) else end
        members.append(Member(marker.start, marker.content, _trimmed(text, marker.content, stop), marker))
    return Enumeration(_trimmed(text, 0, chain[0].start), tuple(members), siblings)


def _trimmed(text: str, start: int, end: int) -> int:
    """``end`` without the blanks before it."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _chain(text: str, start: int, end: int, first: Marker) -> list[Marker]:
    """The markers in ``text[start:end]`` that continue the sequence ``first`` opens."""
    chain: list[Marker] = []
    last = first
    plain_style = _PREFIX.sub("", first.style)
    for found in _PLACE.finditer(text, start, end):
        marker = ordered_at(text, found.start(), end)
        if marker is None or marker.content >= end or marker.style != plain_style:
            continue
        last = Marker(last.start, last.content, plain_style, last.ordinals, last.path)
        if _successor(marker, last, text) and _stands_free(text, start, marker):
            chain.append(marker)
            last = marker
    return chain


def _successor(marker: Marker, last: Marker, text: str) -> bool:
    """Whether ``marker`` comes next after ``last``; one number may be missing where a capital follows a bracket."""
    if marker.follows(last):
        return True
    skips = marker.style == last.style and any(place + 2 in marker.ordinals for place in last.ordinals)
    return skips and marker.style.endswith(")") and text[marker.content].isupper()


def _opened_chain(text: str, block: Block, openers: str) -> list[Marker]:
    """The sequence that starts at 1 (a, i) right behind one of the ``openers``; the longest of the styles found."""
    chains: dict[str, list[Marker]] = {}
    for found in _PLACE.finditer(text, block.content, block.end):
        marker = ordered_at(text, found.start(), block.end)
        if marker is None or marker.content >= block.end:
            continue
        chain = chains.get(marker.style)
        if chain and marker.follows(chain[-1]) and _stands_free(text, block.content, marker):
            chain.append(marker)
        elif not chain and 1 in marker.ordinals:
            before = text[max(block.content, marker.start - 4) : marker.start].rstrip()
            announced = ":" in openers and _announced(text, block.content, marker.start)
            if before[-1:] and (before[-1] in openers or announced):
                chains[marker.style] = [Marker(marker.start, marker.content, marker.style, (1,), marker.path)]
    return max(chains.values(), key=len, default=[])


def _announced(text: str, start: int, stop: int) -> bool:
    """Whether "the following criteria" or the like stands right before ``stop``, in place of a colon."""
    return _ANNOUNCING.search(text, max(start, stop - 40), stop) is not None


def _stands_free(text: str, start: int, marker: Marker) -> bool:
    """Whether an inner marker stands where a new member may begin, not behind a noun that it numbers."""
    before = text[max(start, marker.start - 40) : marker.start]
    stripped = before.rstrip()
    if not stripped:
        return True
    if stripped[-1] in ";.,:，；。)）":
        return True
    word = _LAST_WORD.search(stripped)
    if word and vocabulary().has("ordinal_noun", word[1].lower()):
        return marker.style.endswith(")") and word[1].lower() in ("and", "or")
    following = text[marker.content : marker.content + 1]
    return following.isupper() or following in "<>≥≤" or marker.style.endswith(")") or before.endswith(("  ", "\n"))


def _signs(text: str, block: Block, pattern: re.Pattern[str]) -> list[Marker]:
    """The further bullets of the block's own kind inside it; of any kind when it has none."""
    own = text[block.start] if block.marker else ""
    places = [found for found in pattern.finditer(text, block.content, block.end) if found.end() < block.end]
    chain: list[Marker] = []
    for found in places:
        words_begin = chain[-1].content if chain else block.content
        if not text[words_begin : found.start()].strip():
            continue  # bullet after bullet: the words of the first are yet to come
        if found["sign"][0] in (own or found["sign"]) and not _between_digits(text, found):
            chain.append(_bullet(found))
    return chain


def _bullet(found: re.Match[str]) -> Marker:
    return Marker(found.start(), found.end(), "-" if found["sign"] in "-–—" else found["sign"])


def _between_digits(text: str, found: re.Match[str]) -> bool:
    """Whether the sign stands in a range or a product."""
    before = text[max(0, found.start() - 2) : found.start()].strip()
    return before[-1:].isdigit() and text[found.end() : found.end() + 1].isdigit()


def _colon_dashes(text: str, block: Block) -> list[Marker]:
    """The dashes behind "…: - a - b"; the first right behind the colon."""
    chain: list[Marker] = []
    for found in _LOOSE_DASH.finditer(text, block.content, block.end):
        if found.end() >= block.end or _between_digits(text, found):
            continue
        if chain:
            fits = found["sign"] == text[chain[0].start]
        else:
            fits = text[max(block.content, found.start() - 4) : found.start()].rstrip().endswith(":")
        if fits:
            chain.append(_bullet(found))
    return chain
