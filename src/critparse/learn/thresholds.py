"""How many of the annotated numeric limits critparse reads, and how many of those it reads are annotated.

All limits count: thresholds, ages, time windows, durations, doses, frequencies, counts. They are compared line by line,
because annotators and parser may well attach a limit to different words of one line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from critparse.errors import EmptyInput
from critparse.learn.lct import LINE_END, ROMAN, Bound, Document
from critparse.schema import AllOf, AnyOf, AtLeast, IfThen, Leaf, Not, Range, Rule, Span, Unstructured

_POWER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:[x×*]\s*)?10\s*\^?\s*([3-9]|1[0-2])(?!\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_GRADE = re.compile(r"(\d+(?:\.\d+)?|[ivx]+)[a-d]?", re.IGNORECASE)
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that was read: bounds as (value, inclusive), or a list of allowed values."""

    lower: tuple[float, bool] | None = None
    upper: tuple[float, bool] | None = None
    values: tuple[float, ...] = ()

    def row(self) -> dict[str, Any]:
        """The limit as JSON lines of predictions have it."""

        def bound(end: tuple[float, bool] | None) -> dict[str, Any] | None:
            return None if end is None else {"value": end[0], "incl": end[1]}

        return {"lower": bound(self.lower), "upper": bound(self.upper), "values": [f"{v:g}" for v in self.values]}

    def bounds(self) -> Iterator[Bound]:
        """Lower and upper bound, as far as there are any; those of a list are its least and its greatest value."""
        if self.lower is not None:
            yield "lower", round(self.lower[0], _DECIMALS), self.lower[1]
        if self.upper is not None:
            yield "upper", round(self.upper[0], _DECIMALS), self.upper[1]
        if self.values:
            yield "lower", min(self.values), True
            yield "upper", max(self.values), True


# --- what critparse reads


def limits_by_line(document: Document, *, model: bool = True) -> dict[str, list[Limit]]:
    """Every limit of a document's parse, once, by the id of the line it stands on."""
    from critparse.parser import parse_record
    from critparse.sources import read

    try:
        trial = parse_record(read(document.text, format="text", where=document.name), model=model)
    except EmptyInput:
        return {}
    found = {(span.start, span.end): limit for c in trial.criteria for span, limit in _rule_limits(c.rule)}
    by_line: dict[str, list[Limit]] = defaultdict(list)
    for (start, _), limit in sorted(found.items(), key=lambda entry: entry[0]):
        by_line[f"{document.name}#{document.text.count(LINE_END, 0, start)}"].append(limit)
    return by_line


def _rule_limits(rule: Rule) -> Iterator[tuple[Span, Limit]]:
    """Every limit of a rule with the place it was read at; the rule of a parent includes its children's."""
    if isinstance(rule, Leaf | Unstructured):  # words that were not read may still have a window that was
        yield from _leaf_limits(rule)
        return
    if isinstance(rule, AtLeast) and rule.evidence:
        yield rule.evidence[0], Limit(lower=(float(rule.count), True))
    for member in _members(rule):
        yield from _rule_limits(member)


def _members(rule: AllOf | AnyOf | AtLeast | Not | IfThen) -> tuple[Rule, ...]:
    if isinstance(rule, Not):
        return (rule.rule,)
    return (rule.condition, rule.rule) if isinstance(rule, IfThen) else rule.rules


def _leaf_limits(leaf: Leaf | Unstructured) -> Iterator[tuple[Span, Limit]]:
    for limit in _ranges(leaf):
        if limit.evidence:  # without, no number was read: "daily" is once per one day
            lower, upper = (None if b is None else (b.value, b.inclusive) for b in (limit.lower, limit.upper))
            yield limit.evidence[0], Limit(lower, upper)
    values = tuple(value for word in leaf.values if (value := _grade(word)) is not None)
    where = (*leaf.subject.spans, *leaf.evidence)
    if values and where:
        yield where[0], Limit(values=values)


def _ranges(leaf: Leaf | Unstructured) -> Iterator[Range]:
    dose = leaf.dose
    frequency = dose.frequency if dose else None
    found = (
        leaf.range,
        *leaf.alternatives,
        *(window.range for window in leaf.windows),
        *((dose.amount, dose.duration) if dose else ()),
        *((frequency.count, frequency.interval) if frequency else ()),
    )
    return (limit for limit in found if limit is not None)


def _grade(word: str) -> float | None:
    """The rank of a grade: "III" and "3b" are 3."""
    match = _GRADE.fullmatch(word.strip())
    if match is None:
        return None
    if match[1][0].isdecimal():
        return float(match[1])
    rank = ROMAN.get(match[1].lower())
    return None if rank is None else float(rank)


# --- comparison


@dataclass(frozen=True, slots=True)
class Miss:
    """An annotated threshold that was not read."""

    line_id: str
    words: str
    bounds: tuple[Bound, ...]
    line: str


@dataclass(slots=True)
class Result:
    """Counts of a comparison. ``totals`` and ``found``: thresholds by "all", kind and subject."""

    totals: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: int = 0
    wrong: int = 0
    missed: list[Miss] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.totals["all"]

    @property
    def recall(self) -> float:
        return self.found["all"] / max(1, self.total)

    @property
    def bound_precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    def summary(self) -> dict[str, Any]:
        """The figures, rounded to four digits, with found and total by kind and subject."""
        groups = sorted((group for group in self.totals if group != "all"), key=lambda group: -self.totals[group])
        return {
            "gold": self.total,
            "found": self.found["all"],
            "recall": round(self.recall, 4),
            "bound_precision": round(self.bound_precision, 4),
            "bounds_right": self.right,
            "bounds_wrong": self.wrong,
            "by": {group: [self.found[group], self.totals[group]] for group in groups},
        }


def score(documents: Iterable[Document], limits: Mapping[str, Sequence[Limit]]) -> Result:
    """Compare limits (by line id, as :func:`limits_by_line` gives them) with the annotations."""
    result = Result()
    for document in documents:
        _score_document(result, document, limits)
    return result


def _score_document(result: Result, document: Document, limits: Mapping[str, Sequence[Limit]]) -> None:
    wanted: dict[str, set[Bound]] = defaultdict(set)
    for threshold in document.thresholds:
        wanted[f"{document.name}#{threshold.line}"] |= set(threshold.bounds)
    lines = dict(document.lines())
    read = {key: _read_bounds(limits[key], wanted[key], lines[key]) for key in lines if key in limits}
    for threshold in document.thresholds:
        key = f"{document.name}#{threshold.line}"
        found = set(threshold.bounds) <= read.get(key, set())
        for group in ("all", f"kind {threshold.kind}", f"subject {threshold.subject}"):
            result.totals[group] += 1
            result.found[group] += found
        if not found:
            result.missed.append(Miss(key, threshold.words, threshold.bounds, lines[key].strip()))
    for key, bounds in read.items():
        neutral = document.neutral.get(int(key.rpartition("#")[2]), set())
        neutral = neutral | {value for limit in limits[key] for value in _ends(limit)}
        result.right += len(bounds & wanted[key])
        result.wrong += sum(value not in neutral for _, value, _ in bounds - wanted[key])


def _ends(limit: Limit) -> tuple[float, ...]:
    """The ends of a list of values: it may be annotated as a range, so they count for a parser, not against it."""
    return (min(limit.values), max(limit.values)) if limit.values else ()


def _read_bounds(limits: Sequence[Limit], wanted: set[Bound], line: str) -> set[Bound]:
    """The bounds read off a line; "100 x 10^9/L" may be read as 100 or as 1e11."""
    values = {value for _, value, _ in wanted}
    scaled = _scaled(line)
    bounds: set[Bound] = set()
    for limit in limits:
        listed = set(_ends(limit))
        for side, value, inclusive in limit.bounds():
            same = value in values or value in listed
            bounds.add((side, value if same else scaled.get(value, value), inclusive))
    return bounds


def _scaled(line: str) -> dict[float, float]:
    """For every number times a power of ten in the line: its full value to the number before the power."""
    plain = _THOUSANDS.sub("", line)
    scaled: dict[float, float] = {}
    for match in _POWER.finditer(plain):
        if re.search(r"[x×^*]", match[0]) or re.match(r"\s*/", plain[match.end() :]):
            number = float(match[1].replace(",", "."))
            scaled[round(number * 10 ** int(match[2]), _DECIMALS)] = round(number, _DECIMALS)
    return scaled
