"""From the fields of a form to a statement of a rule.

Whatever a form leaves as it was stays just as it was, also what its fields show but roughly (offsets, codes, a unit
that is not in the words): each part is held against the fields that it would have, and is made anew only where they
differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from critparse.errors import InvalidEdit
from critparse.review.mentions import METHOD
from critparse.review.pages import rulevalues
from critparse.review.pages.rulevalues import Data, Values
from critparse.review.pages.wordforms import Words, codes, plain

Errors = dict[str, str]
"""What is wrong, by the name of the field."""


class Statement:
    """The fields of a statement that were sent, held against it as it was. ``errors``: found while reading."""

    def __init__(self, values: Mapping[str, str], old: Data, words: Words) -> None:
        self.errors: Errors = {}
        self.numbers: dict[str, list[int]] = {}
        """Of times and other limits, by place in the rule: their numbers in the form."""
        self._values, self._old, self._words = values, old, words
        first = next(iter(old.get("evidence", ())), None)
        self._near = first["start"] if first else None

    def data(self, kind: str) -> dict[str, Any]:
        """The statement as the schema has it."""
        old = self._old
        data = {
            "kind": kind,
            "subject": self._subject(),
            "range": self._range("range", old.get("range")),
            "alternatives": self._many("alternatives", self._range),
            "values": self._lines("values", old.get("values", ()), str, lambda line: [line]),
            "qualitative": self._text("qualitative", old.get("qualitative")),
            "present": self._present(),
            "windows": self._many("windows", self._window),
            "qualifiers": self._qualifiers(),
            "dose": self._dose(),
            "scope": self._scope(),
            "evidence": self.passages("evidence"),
            "unread": self.passages("unread"),
            "confidence": old.get("confidence", 1.0),
        }
        if kind == "unstructured":
            data["reason"] = self._text("reason", old.get("reason")) or ""
        return data if data == old else data | {"confidence": 1.0}

    def passages(self, name: str) -> list[Data]:
        """The passages of a field."""
        old = self._old.get(name, ())
        return self._lines(name, old, self._words.of, lambda line: self._found(name, line))

    def _now(self, was: Values) -> Values:
        """The fields as sent; what a form does not show is as it was."""
        return {name: self._values.get(name, value) for name, value in was.items()}

    def _text(self, name: str, old: str | None) -> str | None:
        was = plain(old or "")
        typed = self._values.get(name, was)
        return old if typed == was else typed or None

    def _present(self) -> bool:
        return self._now({"present": "" if self._old.get("present", True) else "no"})["present"] != "no"

    def _subject(self) -> dict[str, Any]:
        """What it is about. Other words have the codes of the mention that stands there."""
        old: Data = self._old.get("subject") or {"text": "", "spans": [], "concepts": []}
        was = rulevalues.subject_values(old, self._words)
        now = self._now(was)
        if now == was:
            return dict(old)
        renamed = now["subject.text"] != was["subject.text"]
        spans, concepts = old["spans"], old["concepts"]
        if now["subject.spans"] != was["subject.spans"]:
            spans = self.passage("subject.spans", spans)
        elif renamed:
            spans = self._looked_up(now["subject.text"])
        if now["subject.concepts"] != was["subject.concepts"]:
            concepts = self._lines("subject.concepts", concepts, rulevalues.concept_line, self._concept)
        elif renamed or spans != old["spans"]:
            concepts = self._words.concepts(spans) or ([] if renamed else concepts)
        return {"text": now["subject.text"] if renamed else old["text"], "spans": spans, "concepts": concepts}

    def _range(self, prefix: str, old: Data | None) -> Data | None:
        was = rulevalues.range_values(prefix, old, self._words)
        now = self._now(was)
        if now == was:
            return old
        old = old or {}
        data: dict[str, Any] = {
            "lower": self._bound(f"{prefix}.lower", old.get("lower")),
            "upper": self._bound(f"{prefix}.upper", old.get("upper")),
            "unit": self._unit(f"{prefix}.unit", old.get("unit")),
            "relative_to": now[f"{prefix}.relative_to"] or None,
        }
        lower, upper = data["lower"], data["upper"]
        if lower and upper and lower["value"] > upper["value"]:
            self.errors.setdefault(f"{prefix}.upper", "the upper limit is below the lower one")
        if all(value is None for value in data.values()):
            return None
        return {**data, "evidence": self.passage(f"{prefix}.evidence", old.get("evidence", ()))}

    def _bound(self, name: str, old: Data | None) -> Data | None:
        was = rulevalues.bound_values(name, old)
        now = self._now(was)
        if now == was or not now[name]:
            return old if now == was else None
        value = old["value"] if old and now[name] == was[name] else self._number(name, now[name])
        return {"value": value, "inclusive": now[f"{name}.inclusive"] != "no"}

    def _number(self, name: str, typed: str) -> float:
        try:
            return float(typed)
        except ValueError:
            self.errors[name] = "this is no number (write 7.5, not 7,5)"
            return 0.0

    def _unit(self, prefix: str, old: Data | None) -> Data | None:
        was = rulevalues.unit_values(prefix, old)
        now = self._now(was)
        text, ucum = now[f"{prefix}.text"], now[f"{prefix}.ucum"]
        if now == was:
            return old
        return {"text": text or ucum, "ucum": ucum or None} if text or ucum else None

    def _many(self, name: str, read: Callable[[str, Data | None], Data | None]) -> list[Data]:
        """The members of a part that may stand in a form several times; what was emptied is left out."""
        old = self._old.get(name, ())
        found = [
            (number, read(f"{name}.{number}", old[number] if number < len(old) else None))
            for number in range(many(self._values.get(name, str(len(old)))))
        ]
        self.numbers[name] = [number for number, one in found if one is not None]
        return [one for _, one in found if one is not None]

    def _window(self, prefix: str, old: Data | None) -> Data | None:
        was = rulevalues.window_values(prefix, old, self._words)
        now = self._now(was)
        if now == was or not now[f"{prefix}.kind"]:
            return old if now == was else None
        old = old or {}
        return {
            "kind": now[f"{prefix}.kind"],
            "range": self._range(f"{prefix}.range", old.get("range")),
            "anchor": self._anchor(f"{prefix}.anchor", old.get("anchor")),
            "evidence": self.passage(f"{prefix}.evidence", old.get("evidence", ())),
        }

    def _anchor(self, prefix: str, old: Data | None) -> Data | None:
        was = rulevalues.anchor_values(prefix, old)
        now = self._now(was)
        event, text = now[f"{prefix}.event"], now[f"{prefix}.text"]
        if now == was or not (event or text):
            return old if now == was else None
        same = old is not None and text == was[f"{prefix}.text"]
        return {
            "event": event or "other",
            "text": old["text"] if old and same else text or event.replace("_", " "),
            "relation": now[f"{prefix}.relation"] or "before",
            "span": old["span"] if old and same else next(iter(self._looked_up(text)), None),
        }

    def _dose(self) -> Data | None:
        old: Data | None = self._old.get("dose")
        was = rulevalues.dose_values(old, self._words)
        now = self._now(was)
        if now == was or not now["dose"]:
            return old if now == was else None
        old = old or {}
        data = {
            "amount": self._range("dose.amount", old.get("amount")),
            "route": self._text("dose.route", old.get("route")),
            "frequency": self._frequency(old.get("frequency")),
            "duration": self._range("dose.duration", old.get("duration")),
        }
        if all(value is None for value in data.values()):
            return None
        return {**data, "evidence": self.passage("dose.evidence", old.get("evidence", ()))}

    def _frequency(self, old: Data | None) -> Data | None:
        was = rulevalues.frequency_values(old, self._words)
        if self._now(was) == was:
            return old
        old = old or {}
        count, interval = (self._range(f"dose.frequency.{name}", old.get(name)) for name in ("count", "interval"))
        if count is None and interval is None:
            return None
        evidence = self.passage("dose.frequency.evidence", old.get("evidence", ()))
        return {"count": count, "interval": interval, "evidence": evidence}

    def _scope(self) -> Data | None:
        old: Data | None = self._old.get("scope")
        was = rulevalues.scope_values(old)
        now = self._now(was)
        person, text = now["scope.person"], now["scope.text"]
        if now == was or not person:
            return old if now == was else None
        if old and text == was["scope.text"]:
            return {**old, "person": person}
        return {"person": person, "text": text, "span": next(iter(self._looked_up(text)), None)}

    def _qualifiers(self) -> list[Data]:
        old = self._old.get("qualifiers", ())
        return self._lines("qualifiers", old, rulevalues.qualifier_line, self._qualifier)

    def _qualifier(self, line: str) -> list[Data]:
        kind, colon, rest = (part.strip() for part in line.partition(":"))
        value, _, text = (part.strip() for part in rest.partition("|"))
        if not (kind and colon and value):
            self.errors["qualifiers"] = f"“{line[:60]}” is none: write kind: value, as in severity: severe"
            return []
        span = next(iter(self._looked_up(text or value)), None)
        return [{"kind": kind, "value": value, "text": text or value, "span": span}]

    def _concept(self, line: str) -> list[Data]:
        try:
            return [{**one.model_dump(), "score": 1.0, "method": METHOD} for one in codes(line)]
        except InvalidEdit as error:
            self.errors["subject.concepts"] = str(error.details["reason"])
            return []

    def passage(self, name: str, old: Sequence[Data]) -> list[Data]:
        """The passage that something stands in, in several pieces perhaps, on one line."""
        was = self._words.joined(old)
        now = self._values.get(name, was)
        return list(old) if now == was else self._found(name, now)

    def _found(self, name: str, line: str) -> list[Data]:
        """Where words stand; the field is wrong when they stand nowhere."""
        if not line:
            return []
        try:
            return list(self._words.spans(line, self._near))
        except InvalidEdit as error:
            self.errors[name] = str(error.details["reason"])
            return []

    def _looked_up(self, text: str) -> list[Data]:
        """Where words stand, if they do."""
        try:
            return list(self._words.spans(text, self._near))
        except InvalidEdit:
            return []

    def _lines(
        self, name: str, old: Sequence[Any], line_of: Callable[[Any], str], make: Callable[[str], Iterable[Any]]
    ) -> list[Any]:
        """A field with one member a line: lines that stood there before are the members that they were."""
        shown = [plain(line_of(one)) for one in old]
        typed = self._values.get(name, "\n".join(shown)).splitlines()
        if typed == [line for line in shown if line]:
            return list(old)
        known: defaultdict[str, list[Any]] = defaultdict(list)
        for line, one in zip(shown, old, strict=True):
            known[line].append(one)
        return [one for line in typed for one in ([known[line].pop(0)] if known[line] else make(line))]

    def place(self, loc: Sequence[int | str]) -> str:
        """The field that a place in the schema belongs to; those left out of the data are counted in."""
        names = list(loc)
        if len(names) > 1 and isinstance(names[1], int) and (numbers := self.numbers.get(str(names[0]))):
            names[1] = numbers[names[1]]
        tries = (".".join(map(str, names[:length])) for length in range(len(names), 0, -1))
        return next((name for name in tries if name in self._values and name not in COUNTS), "kind")


COUNTS = ("alternatives", "windows", "dose")
"""Fields that say how many of a part the form shows."""
_SHOWN = 99


def many(count: str) -> int:
    """How many of a part a form shows, as the field says that counts them."""
    return min(int(count), _SHOWN) if count.isdecimal() and len(count) < 4 else 0
