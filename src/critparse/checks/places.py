"""One finding for the same problem in several places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from critparse.checks.facts import Facts, Item, at
from critparse.checks.registry import Problem
from critparse.schema import Span

_NAMED = 8
"""Criteria that a message names at most; the evidence has all places."""


@dataclass(slots=True)
class _Group:
    details: dict[str, str]
    spans: dict[Span, str] = field(default_factory=dict)


class Places:
    """Problems by what they are about: all places of one thing make one problem.

    Messages may use ``{quote}`` (the words of the first place), ``{where}`` (the criteria), ``{count}`` (of places)
    and whatever is handed to :meth:`add`.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._groups: dict[Hashable, _Group] = {}

    def add(self, key: Hashable, span: Span, where: str, **details: str) -> None:
        """Note a passage of the criterion ``where`` as a place of ``key``; the details of the first place stand."""
        group = self._groups.setdefault(key, _Group(details))
        group.spans.setdefault(span, where)

    def problems(self) -> Iterator[Problem]:
        """One problem for each key, in the order in which they were noted."""
        for group in self._groups.values():
            quote = self._facts.text_of(next(iter(group.spans)))
            details = {"quote": shortened(quote), "where": named(group.spans.values()), "count": str(len(group.spans))}
            yield Problem(tuple(at(span) for span in group.spans), {**details, **group.details})


def named(criteria: Iterable[str]) -> str:
    """The ids of some criteria for a message, each once."""
    ids = list(dict.fromkeys(criteria))
    return ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")


def shortened(quote: str, length: int = 120) -> str:
    """A quotation for a message."""
    return quote if len(quote) <= length else f"{quote[: length - 2].rstrip()} …"


def part(item: Item, start: int, end: int) -> Span:
    """The passage ``item.criterion.text[start:end]``."""
    base = item.criterion.span.start
    return Span(text_id=item.criterion.span.text_id, start=base + start, end=base + end)


def own_words(item: Item) -> tuple[str, int]:
    """A criterion's text without its marker, and where in ``criterion.text`` it begins."""
    criterion = item.criterion
    begin = len(criterion.marker) if criterion.marker and criterion.text.startswith(criterion.marker) else 0
    rest = criterion.text[begin:]
    return rest.lstrip(), begin + len(rest) - len(rest.lstrip())
