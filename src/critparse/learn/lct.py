"""The Leaf Clinical Trials corpus (brat files): its numeric comparisons, as bounds to hold a parser against.

A comparison is an ``Eq-Comparison`` event with a ``Value``. It can be scored when its operators are annotated, agree
with their own words and fit its values in one way; the numbers of all others count neither for nor against a parser.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from critparse.errors import InputError, MalformedInput
from critparse.learn.brat import Annotations, Event, Mention, Source, fold_of, read_annotations, read_sources

LINE_END = "\n"
_DECIMALS = 6
_OPERATOR = "Eq-Operator-Value"

Bound = tuple[str, float, bool]
"""Side ("lower" or "upper"), value, inclusive."""

# Roles that make an event the subject of a comparison, and what kind of comparison that is.
_KINDS = {
    "Numeric-Filter": "numeric-filter",
    "Temporality": "temporality",
    "Duration": "duration",
    "Minimum-Count": "minimum-count",
    "Stage": "stage",
    "Dose": "dose",
    "Class": "class",
    "Min-Value": "criteria-count-min",
    "Max-Value": "criteria-count-max",
}
_JOINS = frozenset(("Or", "And", "Equivalent-To", "If-Then"))
_TIMES = frozenset(("Before", "After", "During"))
_NO_SUBJECTS = frozenset(("Eq-Comparison", "Modifier", "Negation", "Exception", "Assertion"))

# Numbers in words, as annotators marked them.
_NUMBERS = (
    "zero:0 half:0.5 ½:0.5 one:1 once:1 single:1 first:1 two:2 twice:2 double:2 doubling:2 both:2 second:2 three:3 "
    "thrice:3 triple:3 third:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 ten:10 eleven:11 twelve:12 fourteen:14 "
    "fifteen:15 sixteen:16 eighteen:18 twenty:20 thirty:30 sixty:60 ninety:90 ⅰ:1 ⅱ:2 ⅲ:3 ⅳ:4"
)
_WORDS = {word: float(value) for word, value in (pair.split(":") for pair in _NUMBERS.split())}
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}

# What the words of an operator say; the first that fits counts.
_SAID = {
    "GTEQ": re.compile(
        r"≥|⩾|>\s*(?:/|or)?\s*=|=\s*>|(?:more|superior|greater) than or equal|or equal to|at le?ast|minimum|"
        r"equal(?:ing)? (?:to )?or (?:greater|more|exceed)|(?:no|not) less than|and (?:older|above|over)|"
        r"or (?:more|older|greater|higher|above|over|longer|better)"
    ),
    "LTEQ": re.compile(
        r"≤|⩽|<\s*(?:/|or)?\s*=|=\s*<|or less\b|less than or equal|up to|maximum|(?:no|not) more than|"
        r"or (?:less|younger|lower)|within|no greater than|equal or less"
    ),
    "GT": re.compile(
        r">|＞|more than|greater than|over|older than|above|longer than|exceed|higher than|larger than|beyond"
    ),
    "LT": re.compile(r"<|＜|less than|under|younger than|below|lower than|shorter than"),
}
_ONE_SIDED = frozenset(("GTEQ", "GT", "LTEQ", "LT"))

_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*")
_POWER = re.compile(r"[-+−–]?\s*(\d[\d,]*\.?\d*|\.\d+)\s*(?:[x×*]\s*)?10\s*(?:\^|e|\*\*)?\s*([-−]?\d{1,2})(?:/?l)?")
_PAIR = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)")
_PLAIN = re.compile(r"([-+−–]?)\s*(\d[\d,]*(?:\.\d+)?|\.\d+)(?:st|nd|rd|th)?")
_DECIMAL_COMMA = re.compile(r"\d{1,2},\d{1,2}")
_DRESSED = re.compile(r"[^\d]{0,3}(\d+(?:\.\d+)?)[^\d]{0,3}")  # "7g", "F3"
_GRADE = re.compile(r"(i{1,3}|iv|v|vi)\s*[a-c]")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Threshold:
    """An annotated comparison that can be scored. ``line``: which line of the text, from 0."""

    line: int
    kind: str
    subject: str
    words: str
    bounds: tuple[Bound, ...]


@dataclass(slots=True)
class Document:
    """A trial of the corpus. ``neutral``: by line, the annotated numbers that cannot be scored."""

    name: str
    text: str
    thresholds: list[Threshold] = field(default_factory=list)
    neutral: dict[int, set[float]] = field(default_factory=lambda: defaultdict(set))

    def lines(self) -> Iterator[tuple[str, str]]:
        """Id and words of every line that is not blank."""
        for number, line in enumerate(self.text.split(LINE_END)):
            if line.strip():
                yield f"{self.name}#{number}", line


def read_lct(corpus: Path, fold: int | None = None) -> list[Document]:
    """The trials of the corpus (a zip file, or a folder of folders of brat files), by name; those of one fold.

    Raises:
        InputError: the corpus is not there, or not what it should be.
    """
    documents = [_document(source) for source in read_sources(corpus) if fold in (None, fold_of(source.name))]
    if not documents:
        raise InputError(where=corpus, reason=f"it holds no trial of fold {fold}")
    return documents


# --- brat


class _Brat:
    """The annotations of one document, and what refers to what."""

    def __init__(self, annotations: Annotations) -> None:
        self.mentions = {mention.id: mention for mention in annotations.mentions}
        self.events = {event.id: event for event in annotations.events}
        self.operators = {id_: value for name, id_, value in annotations.attributes if name == _OPERATOR and value}
        self.references: dict[str, list[tuple[str, str]]] = defaultdict(list)  # id: (event, role) that refer to it
        self.links: dict[str, list[tuple[str, str]]] = defaultdict(list)  # id: (relation, id at its other end)
        for name, one, other in annotations.links:
            self.links[one].append((name, other))
            self.links[other].append((name, one))
        for event in annotations.events:
            for role, target in event.arguments:
                self.references[target].append((event.id, role))

    def mention(self, identifier: str) -> Mention:
        """The mention itself, or the trigger of the event."""
        return self.mentions.get(identifier) or self.mentions[self.events[identifier].trigger]


# --- gold


def _document(source: Source) -> Document:
    document = Document(source.name, source.text)
    try:
        brat = _Brat(read_annotations(source))
        for identifier, event in brat.events.items():
            if event.type == "Eq-Comparison":
                _add_comparison(document, brat, identifier, event)
    except (ValueError, KeyError) as error:  # a number that is none, a reference to nothing
        reason = f"{type(error).__name__}: {error}"
        raise MalformedInput(where=f"{source.name}.ann", format="brat", reason=reason) from error
    return document


def _add_comparison(document: Document, brat: _Brat, identifier: str, event: Event) -> None:
    trigger = brat.mentions[event.trigger]
    line = document.text.count(LINE_END, 0, trigger.start)
    found = [brat.mention(target) for role, target in event.arguments if role == "Value"]
    values = sorted({(value.start, value.end): value for value in found}.values(), key=lambda value: value.start)
    if not values:
        document.neutral[line] |= {_rounded(digits.replace(",", "")) for digits in _DIGITS.findall(trigger.text)}
        return
    operators = sorted(
        (brat.mentions[target].start, brat.mentions[target].text, brat.operators.get(target))
        for role, target in event.arguments
        if role == "Operator"
    )
    bounds = _bounds(operators, values)
    if bounds is None:
        document.neutral[line] |= {_rounded(n) for value in values for n in read_number(value.text)}
        return
    kind, subject = _subject(brat, identifier)
    document.thresholds.append(Threshold(line, kind, subject, trigger.text, bounds))


def _subject(brat: _Brat, identifier: str) -> tuple[str, str]:
    """Kind of the comparison and type of what it is about, possibly by way of a comparison it is joined to."""
    linked = [(name, other) for name, other in brat.links[identifier] if other in brat.events]
    joined = [other for name, other in linked if name in _JOINS and brat.events[other].type == "Eq-Comparison"]
    for candidate in (identifier, *joined):
        for event, role in brat.references[candidate]:
            if role in _KINDS:
                return _KINDS[role], brat.events[event].type
    for name, other in linked:
        if name in _TIMES and brat.events[other].type not in _NO_SUBJECTS:
            return "temporal-relation", brat.events[other].type
    return "unattached", "none"


def _bounds(operators: Sequence[tuple[int, str, str | None]], values: Sequence[Mention]) -> tuple[Bound, ...] | None:
    """The bounds of a comparison; ``None`` when its annotations do not say them without doubt."""
    numbers = [read_number(value.text) for value in values]
    signs = [sign for _, _, sign in operators]
    if not operators or not any(numbers) or any(len(found) > 1 for found in numbers):
        return None
    if any(sign is None or _contradicted(text, sign) for _, text, sign in operators) or "PLUS-MINUS" in signs:
        return None
    if "BETWEEN" in signs:
        return _between(operators, values, [found[0] for found in numbers if found])
    kinds = {sign for sign in signs if sign}
    if len(values) == 1:
        if len(kinds) > 1:
            kinds = {"GTEQ"} if kinds <= {"GT", "EQ", "GTEQ"} else {"LTEQ"} if kinds <= {"LT", "EQ", "LTEQ"} else set()
        return _sides(kinds.pop(), numbers[0][0]) if kinds else None
    if len(operators) != len(values) or kinds == {"EQ"}:
        return None
    sides = {
        side[0]: side
        for sign, found in zip(signs, numbers, strict=True)
        if found
        for side in _sides(sign or "", found[0])
    }
    if len(sides) < 2 or sides["lower"][1] > sides["upper"][1]:
        return None
    return sides["lower"], sides["upper"]


def _contradicted(text: str, sign: str) -> bool:
    said = next((operator for operator, pattern in _SAID.items() if pattern.search(text.lower())), None)
    return sign in _ONE_SIDED and said is not None and said != sign


def _between(
    operators: Sequence[tuple[int, str, str | None]], values: Sequence[Mention], ends: list[float]
) -> tuple[Bound, ...] | None:
    """A range of two ends; further operators may say whether an end belongs to it."""
    if len(ends) != 2 or ends[0] > ends[1]:
        return None
    inclusive = {"lower": True, "upper": True}
    for start, _, sign in operators:
        if sign == "BETWEEN":
            continue
        value = next((v for v in values if v.start >= start), values[-1])
        number = next(iter(read_number(value.text)), None)
        if sign in ("GT", "GTEQ") and number == ends[0]:
            inclusive["lower"] = sign == "GTEQ"
        elif sign in ("LT", "LTEQ") and number == ends[1]:
            inclusive["upper"] = sign == "LTEQ"
        else:
            return None
    return ("lower", _rounded(ends[0]), inclusive["lower"]), ("upper", _rounded(ends[1]), inclusive["upper"])


def _sides(sign: str, value: float) -> tuple[Bound, ...]:
    lower = ("lower", _rounded(value), sign in ("GTEQ", "EQ"))
    upper = ("upper", _rounded(value), sign in ("LTEQ", "EQ"))
    return {"GTEQ": (lower,), "GT": (lower,), "LTEQ": (upper,), "LT": (upper,), "EQ": (lower, upper)}.get(sign, ())


def _rounded(value: float | str) -> float:
    return round(float(value), _DECIMALS)


def read_number(text: str) -> list[float]:
    """The numbers of an annotated value: one, two for a pair such as 140/90, none for dates and words."""
    said = text.strip().lower()
    if (_MONTH.search(said) and re.search(r"\d", said)) or _DATE.fullmatch(said):
        return []
    for words in (_WORDS, ROMAN):
        if said in words:
            return [float(words[said])]
    if (match := _POWER.fullmatch(said)) and any(sign in said for sign in "x×^*"):
        return [float(match[1].replace(",", "")) * 10 ** int(match[2].replace("−", "-"))]
    if match := _PAIR.fullmatch(said):
        return [float(match[1]), float(match[2])]
    if match := _PLAIN.fullmatch(said):
        digits = match[2].replace(",", "." if _DECIMAL_COMMA.fullmatch(match[2]) else "")
        return [-float(digits) if match[1] in ("-", "−", "–") else float(digits)]
    if match := _DRESSED.fullmatch(said):
        return [float(match[1])]
    if match := _GRADE.fullmatch(said):
        return [float(ROMAN[match[1]])]
    return []
