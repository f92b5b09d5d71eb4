"""brat standoff as annotators hand it back: every line understood or refused with its number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from critparse.concepts.document import LABELS
from critparse.errors import MalformedInput

MODIFIERS = frozenset({"Value", "Temporal", "Qualifier", "Negation", "Multiplier", "Reference_point", "Mood"})
"""Labels of words that say something about a thing and are none themselves."""
THINGS = LABELS | {"Person", "Visit"}
_NEGATED = "Negated"
_BLANKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]")
_PLACE = re.compile(r"(?P<label>\S{1,100}) (?P<spans>\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9}){0,50})")
_RELATION = re.compile(r"(?P<type>\S{1,100}) Arg1:(?P<first>\S{1,100}) Arg2:(?P<second>\S{1,100})")
_REFERENCE = re.compile(r"Reference (?P<target>\S{1,100}) (?P<system>[^\s:]{1,100}):(?P<code>\S{1,200})")

Spans = tuple[tuple[int, int], ...]
Key = tuple[str, Spans]
"""Label and places: what an entity is known by."""


@dataclass(slots=True)
class Mention:
    """A T line with what other lines say of it; ``codes``: (system, code, display)."""

    line: int
    id: str
    label: str
    spans: Spans
    negated: bool = False
    codes: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """Label and places."""
        return self.label, self.spans

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where it ends, words between its parts included."""
        return self.spans[-1][1]


@dataclass(frozen=True, slots=True)
class Standoff:
    """A text's mentions by id, and the relations among them: (type, first, second)."""

    mentions: dict[str, Mention]
    relations: tuple[tuple[str, str, str], ...]


def read_standoff(annotations: str, text: str, where: str) -> Standoff:
    """The annotations of ``text``. Notes (#) are for people and passed over.

    Raises:
        MalformedInput: a line that is none, a label that is none, offsets outside the text or where other words stand,
            a reference to a mention that is not there; with the number of the line.
    """
    lines = [
        (number, line.rstrip("\r").split("\t"))
        for number, line in enumerate(annotations.split("\n"), 1)
        if line.strip() and not line.startswith("#")
    ]
    mentions: dict[str, Mention] = {}
    relations: list[tuple[str, str, str]] = []
    for number, cells in sorted(lines, key=lambda line: not line[1][0].startswith("T")):
        try:
            if cells[0].startswith("T"):
                mention = _mention(number, cells, text)
                if mention.id in mentions:
                    raise ValueError(f"{mention.id} stands twice")
                mentions[mention.id] = mention
            else:
                relations.extend(_about(cells, mentions))
        except (ValueError, IndexError) as error:
            reason = "it has too few columns" if isinstance(error, IndexError) else str(error)
            raise MalformedInput(where=where, format="brat", reason=f"line {number}: {reason}") from error
    return Standoff(mentions, tuple(dict.fromkeys(relations)))


def _mention(line: int, cells: list[str], text: str) -> Mention:
    found = _PLACE.fullmatch(cells[1])
    if found is None:
        raise ValueError(f"{cells[1][:80]!r} is no label with offsets")
    label = found["label"]
    if label not in THINGS | MODIFIERS:
        raise ValueError(f"{label!r} is no label ({', '.join(sorted(THINGS | MODIFIERS))})")
    pairs = (part.split() for part in found["spans"].split(";"))
    spans = tuple((int(start), int(end)) for start, end in pairs)
    last = 0
    for start, end in spans:
        if not last <= start < end:
            raise ValueError(f"{start} {end} is no place, or stands before the one before it")
        if end > len(text):
            raise ValueError(f"{start} {end} lies outside the text, which has {len(text)} characters")
        last = end
    words = " ".join(_BLANKS.sub(" ", text[start:end]) for start, end in spans)
    if words != cells[2]:
        raise ValueError(f"at {found['spans']} stands {words[:80]!r}, not {cells[2][:80]!r}")
    return Mention(line, cells[0], label, spans)


def _about(cells: list[str], mentions: dict[str, Mention]) -> Iterator[tuple[str, str, str]]:
    """Add what an A or N line says to its mention; the relations of an R or * line."""
    kind = cells[0][:1]
    if kind == "A":
        name, target = [*cells[1].split(), "", ""][:2]
        if name != _NEGATED:
            raise ValueError(f"{name!r} is no attribute ({_NEGATED})")
        _known(target, mentions).negated = True
    elif kind == "N":
        found = _REFERENCE.fullmatch(cells[1])
        if found is None:
            raise ValueError(f"{cells[1][:80]!r} is no reference (Reference T1 MESH:D003924)")
        mention = _known(found["target"], mentions)
        mention.codes.append((found["system"], found["code"], (cells[2] if len(cells) > 2 else "").strip()))
    elif kind == "R":
        relation = _RELATION.fullmatch(cells[1].rstrip())
        if relation is None:
            raise ValueError(f"{cells[1][:80]!r} is no relation (Has_value Arg1:T1 Arg2:T2)")
        yield relation["type"], _known(relation["first"], mentions).id, _known(relation["second"], mentions).id
    elif kind == "*":
        type_, *members = cells[1].split()
        for first, second in pairwise(members):
            yield type_, _known(first, mentions).id, _known(second, mentions).id
    else:
        raise ValueError(f"{cells[0][:20]!r} begins no line that is read (T, A, R, N, *, #)")


def _known(target: str, mentions: dict[str, Mention]) -> Mention:
    if target not in mentions:
        raise ValueError(f"{target[:20]!r} is no mention")
    return mentions[target]
