"""From a statement of a rule to the fields of its form. A field is named after its place in the schema: ``dose.route``.

``FOLLOWING`` lists, with the reason, what of a statement has no field; everything else has one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from critparse.lexicon.vocabulary import rows
from critparse.review.pages.wordforms import Words, plain

Data = Mapping[str, Any]
"""A part of a rule as JSON has it."""
Values = dict[str, str]
"""Fields by name, as they are shown and sent."""

FOLLOWING = {
    "confidence": "how sure the parser is; a statement that people change is certain",
    "subject.concepts.score": "how sure linking is; a code that people give is certain",
    "subject.concepts.method": "how the code was found; for one that people give: annotator",
    "qualifiers.span": "where the words of the qualifier stand: they are looked up in the criterion",
    "scope.span": "where scope.text stands",
    "windows.anchor.span": "where windows.anchor.text stands",
}
"""What of a statement has no field of its own but follows from others, by its place in the schema, and why."""
LINES = {
    "subject.concepts": ("system", "code", "display"),
    "qualifiers": ("kind", "value", "text"),
}
"""Fields with one member a line, and what of a member the line says."""


@functools.cache
def events() -> tuple[str, ...]:
    """The events that times are measured from, as the parser names them."""
    return (*(event for event, _ in rows("anchors.tsv", 2) if event != "filler"), "other")


def statement_values(leaf: Data, words: Words) -> Values:
    """The fields of a statement."""
    windows, alternatives = leaf.get("windows", ()), leaf.get("alternatives", ())
    found = {
        **subject_values(leaf.get("subject"), words),
        **range_values("range", leaf.get("range"), words),
        "present": "" if leaf.get("present", True) else "no",
        "values": _lines(leaf.get("values", ())),
        "qualitative": plain(leaf.get("qualitative") or ""),
        "qualifiers": _lines(map(qualifier_line, leaf.get("qualifiers", ()))),
        **dose_values(leaf.get("dose"), words),
        **scope_values(leaf.get("scope")),
        "evidence": spans_value(leaf.get("evidence"), words),
        "unread": spans_value(leaf.get("unread"), words),
        "reason": plain(leaf.get("reason") or ""),
        "alternatives": str(len(alternatives)),
        "windows": str(len(windows)),
    }
    for number, one in enumerate(alternatives):
        found |= range_values(f"alternatives.{number}", one, words)
    for number, one in enumerate(windows):
        found |= window_values(f"windows.{number}", one, words)
    return found


def subject_values(subject: Data | None, words: Words) -> Values:
    """What a statement is about, where that stands, and its codes."""
    subject = subject or {}
    return {
        "subject.text": plain(subject.get("text", "")),
        "subject.spans": words.joined(subject.get("spans", ())),
        "subject.concepts": _lines(map(concept_line, subject.get("concepts", ()))),
    }


def range_values(prefix: str, found: Data | None, words: Words) -> Values:
    """The fields of a range."""
    found = found or {}
    return {
        **bound_values(f"{prefix}.lower", found.get("lower")),
        **bound_values(f"{prefix}.upper", found.get("upper")),
        **unit_values(f"{prefix}.unit", found.get("unit")),
        f"{prefix}.relative_to": found.get("relative_to") or "",
        f"{prefix}.evidence": words.joined(found.get("evidence", ())),
    }


def bound_values(name: str, bound: Data | None) -> Values:
    """A limit, and ``no`` when it is not inclusive."""
    if bound is None:
        return {name: "", f"{name}.inclusive": ""}
    return {name: f"{bound['value']:.15g}", f"{name}.inclusive": "" if bound["inclusive"] else "no"}


def unit_values(prefix: str, unit: Data | None) -> Values:
    """A unit as written and in UCUM."""
    unit = unit or {}
    return {f"{prefix}.text": plain(unit.get("text", "")), f"{prefix}.ucum": plain(unit.get("ucum") or "")}


def window_values(prefix: str, window: Data | None, words: Words) -> Values:
    """The fields of a time."""
    window = window or {}
    return {
        f"{prefix}.kind": window.get("kind", ""),
        **anchor_values(f"{prefix}.anchor", window.get("anchor")),
        **range_values(f"{prefix}.range", window.get("range"), words),
        f"{prefix}.evidence": words.joined(window.get("evidence", ())),
    }


def anchor_values(prefix: str, anchor: Data | None) -> Values:
    """The event that a time is measured from."""
    anchor = anchor or {}
    return {f"{prefix}.{name}": plain(anchor.get(name, "")) for name in ("relation", "event", "text")}


def dose_values(dose: Data | None, words: Words) -> Values:
    """The fields of a dose; ``dose`` says that there is one."""
    shown, dose = "1" if dose is not None else "", dose or {}
    return {
        "dose": shown,
        "dose.route": plain(dose.get("route") or ""),
        **range_values("dose.amount", dose.get("amount"), words),
        **frequency_values(dose.get("frequency"), words),
        **range_values("dose.duration", dose.get("duration"), words),
        "dose.evidence": words.joined(dose.get("evidence", ())),
    }


def frequency_values(frequency: Data | None, words: Words) -> Values:
    """How often a dose is taken."""
    frequency = frequency or {}
    return {
        **range_values("dose.frequency.count", frequency.get("count"), words),
        **range_values("dose.frequency.interval", frequency.get("interval"), words),
        "dose.frequency.evidence": words.joined(frequency.get("evidence", ())),
    }


def scope_values(scope: Data | None) -> Values:
    """Whom a statement is about."""
    scope = scope or {}
    return {"scope.person": scope.get("person", ""), "scope.text": plain(scope.get("text", ""))}


def concept_line(concept: Data) -> str:
    """A code as a line of its field."""
    return plain(f"{concept['system']}:{concept['code']} {concept['display']}")


def qualifier_line(qualifier: Data) -> str:
    """A qualifier as a line of its field: ``severity: severe | markedly``; the words only when they are others."""
    line = f"{qualifier['kind']}: {qualifier['value']}"
    return plain(line if qualifier["text"] == qualifier["value"] else f"{line} | {qualifier['text']}")


def spans_value(spans: Sequence[Data] | None, words: Words) -> str:
    """Passages, one a line."""
    return _lines(words.of(span) for span in spans or ())


def _lines(members: Iterable[str]) -> str:
    return "\n".join(filter(None, map(plain, members)))
