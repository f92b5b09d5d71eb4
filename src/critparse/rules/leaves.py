"""From statements in token positions to schema leaves with spans, units and concepts."""

from __future__ import annotations

from collections.abc import Callable

from critparse.concepts.document import DocumentLinker
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import Limit
from critparse.quantities.times import FrequencyReading, Window
from critparse.rules.draft import Draft, Mark, TokenRange
from critparse.schema import (
    Anchor,
    Bound,
    Dose,
    Frequency,
    Leaf,
    Qualifier,
    Range,
    Scope,
    Span,
    Subject,
    TimeWindow,
    Unit,
    Unstructured,
)

Place = Callable[[int, int], Span]
"""Character range of the criterion's words to a span of the source text."""


class LeafBuilder:
    """Turns the drafts of one criterion into leaves."""

    def __init__(self, tokens: Tokens, place: Place, linker: DocumentLinker) -> None:
        self.tokens = tokens
        self.place = place
        self.linker = linker

    def span(self, first: int, last: int) -> Span:
        """The span of the tokens ``[first, last)``."""
        return self.place(self.tokens.starts[first], self.tokens.ends[last - 1])

    def words(self, first: int, last: int) -> str:
        """The words of the tokens ``[first, last)``, white space folded."""
        return " ".join(self.tokens.text[self.tokens.starts[first] : self.tokens.ends[last - 1]].split())

    def leaf(self, draft: Draft) -> Leaf | Unstructured:
        """The leaf of a draft."""
        fields = {
            "subject": self._subject(draft),
            "evidence": tuple(self.span(*where) for where in _tidy(draft.evidence)),
            "unread": tuple(self.span(*where) for where in draft.unread),
            "confidence": draft.confidence,
            "windows": tuple(self.window(window) for window in draft.windows),
        }
        if draft.kind == "unstructured":
            return Unstructured(reason=draft.reason, **fields)
        limit = draft.limit
        return Leaf(
            kind=draft.kind,
            range=self.range(limit, age=draft.kind == "age") if limit else None,
            alternatives=tuple(self.range(other) for other in limit.alternatives) if limit else (),
            values=draft.values,
            qualitative=draft.qualitative,
            present=draft.present,
            qualifiers=tuple(self.qualifier(mark) for mark in draft.qualifiers),
            dose=self._dose(draft),
            scope=self._scope(draft),
            **fields,
        )

    def _subject(self, draft: Draft) -> Subject:
        spans = tuple(self.span(*where) for where in draft.subject_tokens)
        as_written = (draft.concept_id or draft.kind in ("observation", "measurement")) and not draft.named
        words = " ".join(self.words(*where) for where in draft.subject_tokens)
        named = draft.subject if draft.named else words
        concepts = self.linker.subject(
            named, draft.kind, self.tokens.text, draft.concept_id, part=draft.extended and not draft.named
        )
        return Subject(text=(words if as_written else "") or draft.subject, spans=spans, concepts=concepts)

    def range(self, limit: Limit, *, age: bool = False) -> Range:
        """The range of a limit."""
        unit: Unit | None = None
        if limit.unit_tokens:
            written = self.words(*limit.unit_tokens)
            unit = Unit(ucum=limit.ucum, text=written)
        elif age:
            unit = Unit(ucum="a", text="")  # an age without unit is in years
        relative = limit.relative_to
        return Range(
            lower=limit.lower,
            upper=limit.upper,
            unit=unit,
            relative_to=relative,
            evidence=() if limit.implied else (self.span(limit.first, limit.last),),
        )

    def window(self, window: Window) -> TimeWindow:
        """The schema window of a token window."""
        anchor = None
        if window.anchor:
            anchor = Anchor(
                event=window.anchor.event,
                text=self.words(window.anchor.first, window.anchor.last),
                relation=window.anchor.relation,
                span=self.span(window.anchor.first, window.anchor.last),
            )
        return TimeWindow(
            kind=window.kind,
            range=self.range(window.limit) if window.limit else None,
            anchor=anchor,
            evidence=(self.span(window.first, window.last),),
        )

    def qualifier(self, mark: Mark) -> Qualifier:
        """The schema qualifier of a mark."""
        first, last = mark.first, mark.last
        return Qualifier(kind=mark.kind, value=mark.value, text=self.words(first, last), span=self.span(first, last))

    def _scope(self, draft: Draft) -> Scope | None:
        mark = draft.scope
        if mark is None:
            return None
        return Scope(person=mark.value, text=self.words(mark.first, mark.last), span=self.span(mark.first, mark.last))

    def _dose(self, draft: Draft) -> Dose | None:
        if draft.amount is None and draft.frequency is None and draft.route is None and draft.duration is None:
            return None
        evidence: list[Span] = []
        amount = None
        if draft.amount is not None:
            amount = self._amount(draft.amount)
            evidence.extend(amount.evidence)
        frequency = self._frequency(draft.frequency) if draft.frequency else None
        evidence.extend(frequency.evidence if frequency else ())
        duration = self.range(draft.duration) if draft.duration else None
        evidence.extend(duration.evidence if duration else ())
        return Dose(amount=amount, route=draft.route, frequency=frequency, duration=duration, evidence=tuple(evidence))

    def _amount(self, limit: Limit) -> Range:
        """A dose; a unit that names only the divisor ("0.4 / m2") has no code: it says no amount of anything."""
        found = self.range(limit)
        if found.unit and found.unit.ucum and found.unit.ucum.startswith("/"):
            return found.model_copy(update={"unit": Unit(ucum=None, text=found.unit.text)})
        return found

    def _frequency(self, frequency: FrequencyReading | Window) -> Frequency:
        if isinstance(frequency, Window):
            interval = self.range(frequency.limit) if frequency.limit else None
            return Frequency(
                count=_exactly(1.0), interval=interval, evidence=(self.span(frequency.first, frequency.last),)
            )
        if isinstance(frequency.count, Limit):
            often = self.range(frequency.count).model_copy(update={"unit": None})
            evidence = (self.span(frequency.first, frequency.last),)
            return Frequency(count=often, interval=_exactly(1.0, frequency.unit), evidence=evidence)
        count = frequency.count or 1.0
        interval_value = 1.0
        if 0 < count < 1:  # "every other day": once per two days
            count, interval_value = 1.0, 1 / count
        interval = _exactly(interval_value, frequency.unit)
        return Frequency(
            count=_exactly(count), interval=interval, evidence=(self.span(frequency.first, frequency.last),)
        )


def _exactly(value: float, ucum: str | None = None) -> Range:
    bound = Bound(value=value, inclusive=True)
    return Range(lower=bound, upper=bound, unit=Unit(ucum=ucum, text="") if ucum else None)


def _tidy(ranges: list[TokenRange]) -> list[TokenRange]:
    """Sorted, without repeats and without ranges inside others."""
    kept: list[TokenRange] = []
    for first, last in sorted(set(ranges), key=lambda r: (r[0], -r[1])):
        if not kept or last > kept[-1][1]:
            kept.append((first, last))
    return kept
