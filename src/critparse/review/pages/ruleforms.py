"""From the form of a rule to the rule: what the schema does not accept is said at the field it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from critparse.errors import InvalidEdit
from critparse.review.pages.rulefields import GROUPS, STATEMENTS, Node, window_count
from critparse.review.pages.wordforms import places
from critparse.schema import Criterion, Rule

_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
_BOUNDS = (("lower", "more"), ("upper", "less"))
Errors = dict[str, str]
"""What is wrong, by the name of the field."""


class Formed(NamedTuple):
    """The rule of a form, or None and what is wrong with it."""

    rule: Rule | None
    errors: Errors


def formed(root: Node, criterion: Criterion) -> Formed:
    """The rule that a form says, for a criterion, in whose words its subjects are looked up."""
    errors: Errors = {}
    data = _data(root, "r", criterion, errors)
    if errors:
        return Formed(None, errors)
    try:
        return Formed(_RULE.validate_python(data), {})
    except ValidationError as error:
        return Formed(None, {"r.kind": "; ".join(messages(error))})


def of_json(text: str) -> Formed:
    """The rule that a JSON text says."""
    try:
        return Formed(_RULE.validate_json(text), {})
    except ValidationError as error:
        return Formed(None, {"json": "; ".join(messages(error))})


def messages(error: ValidationError) -> Iterator[str]:
    """What the schema says, with the place of it."""
    for one in error.errors(include_url=False, include_context=False)[:10]:
        place = ".".join(str(part) for part in one["loc"])
        yield f"{place}: {one['msg']}" if place else one["msg"]


def _data(node: Node, path: str, criterion: Criterion, errors: Errors) -> dict[str, Any]:
    """The node as the schema has it; what is wrong goes into ``errors``."""
    if not node.is_group:
        return _statement(node, path, criterion, errors)
    members = [_data(one, f"{path}.{number}", criterion, errors) for number, one in enumerate(node.members)]
    least = 2 if node.kind == "if_then" else 1
    if len(members) < least:
        errors[f"{path}.kind"] = f"“{GROUPS[node.kind]}” needs {least} or more members"
        return {}
    return _group(node, path, members, errors)


def _group(node: Node, path: str, members: list[dict[str, Any]], errors: Errors) -> dict[str, Any]:
    match node.kind:
        case "all_of" | "any_of":
            return {"kind": node.kind, "rules": members, "ambiguous": bool(node.rest.get("ambiguous"))}
        case "not":
            return {"kind": "not", "rule": _one(members)}
        case "if_then":
            return {"kind": "if_then", "condition": members[0], "rule": _one(members[1:])}
        case _:
            count = node.values.get("count", "").strip()
            if not count.isdecimal() or not 1 <= int(count) <= len(members):
                errors[f"{path}.count"] = f"give a number from 1 to {len(members)}"
                return {}
            evidence = node.rest.get("evidence", [])
            return {"kind": "at_least", "count": int(count), "rules": members, "evidence": evidence}


def _one(members: list[dict[str, Any]]) -> dict[str, Any]:
    return members[0] if len(members) == 1 else {"kind": "all_of", "rules": members}


def _statement(node: Node, path: str, criterion: Criterion, errors: Errors) -> dict[str, Any]:
    own: Errors = {}
    values, rest = node.values, node.rest
    data = {
        **rest,
        "kind": node.kind,
        "subject": _subject(values.get("subject", "").strip(), rest.get("subject"), criterion),
        "range": _range(values, "", rest.get("range"), own),
        "values": _lines(values.get("values", "")),
        "qualitative": values.get("qualitative", "").strip() or None,
        "present": values.get("present") != "no",
        "windows": list(_windows(node, own)),
        "qualifiers": list(_qualifiers(values.get("qualifiers", ""), rest.get("qualifiers", []), own)),
        "confidence": 1.0,
    }
    data.pop("reason", None)
    if node.kind not in STATEMENTS:
        own["kind"] = f"{node.kind[:40]!r} is no kind of statement"
    if not values.get("subject", "").strip():
        own["subject"] = "say what the statement is about"
    if node.kind == "unstructured":
        data["reason"] = values.get("reason", "").strip()
        if not data["reason"]:
            own["reason"] = "say why it is not read"
    if not own:
        own |= _refused(data)
    errors |= {f"{path}.{name}": what for name, what in own.items()}
    return data


def _refused(data: dict[str, Any]) -> Errors:
    """What the schema does not accept of a statement, by field."""
    try:
        _RULE.validate_python(data)
    except ValidationError as error:
        found: Errors = {}
        for one in error.errors(include_url=False, include_context=False):
            found.setdefault(_field([str(part) for part in one["loc"][1:]]), one["msg"])
        return found
    return {}


def _field(place: Sequence[str]) -> str:
    """The field that a place in the schema has in the form."""
    match place:
        case ["windows", number, "range", *inner]:
            return f"w{number}.{_field(['range', *inner])}"
        case ["windows", number, *_]:
            return f"w{number}.kind"
        case ["range", "unit", *_]:
            return "ucum"
        case ["range", "relative_to", *_]:
            return "relative"
        case ["range", "lower" | "upper" as bound, *_]:
            return bound
        case ["range", *_]:
            return "lower"
        case ["subject" | "values" | "qualitative" | "present" | "qualifiers" | "reason" as name, *_]:
            return name
        case _:
            return "kind"


def _subject(words: str, old: Mapping[str, Any] | None, criterion: Criterion) -> dict[str, Any]:
    """What it is about: as it was, or other words, with their place and the codes of the mention there."""
    if old is not None and old.get("text") == words:
        return dict(old)
    try:
        found = places(criterion, words)
    except InvalidEdit:
        return {"text": words}
    spans = [{"text_id": criterion.span.text_id, "start": start, "end": end} for start, end in found]
    for entity in criterion.entities:
        if [span.model_dump() for span in entity.spans] == spans:
            return {"text": words, "spans": spans, "concepts": [one.model_dump() for one in entity.concepts]}
    return {"text": words, "spans": spans}


def _range(values: Mapping[str, str], prefix: str, old: Mapping[str, Any] | None, errors: Errors) -> Any:
    data: dict[str, Any] = {"lower": None, "upper": None, "unit": None, "evidence": (old or {}).get("evidence", [])}
    for name, strict in _BOUNDS:
        typed = values.get(prefix + name, "").strip()
        if not typed:
            continue
        try:
            value = float(typed)
        except ValueError:
            errors[prefix + name] = "this is no number (write 7.5, not 7,5)"
            continue
        data[name] = {"value": value, "inclusive": values.get(f"{prefix}{name}_than") != strict}
    text, ucum = values.get(f"{prefix}unit", "").strip(), values.get(f"{prefix}ucum", "").strip()
    if text or ucum:
        data["unit"] = {"text": text or ucum, "ucum": ucum or None}
    data["relative_to"] = values.get(f"{prefix}relative", "").strip() or None
    if data["lower"] and data["upper"] and data["lower"]["value"] > data["upper"]["value"]:
        errors[f"{prefix}upper"] = "the upper limit is below the lower one"
    said = any(data[name] is not None for name in ("lower", "upper", "unit", "relative_to"))
    return data if said or (old or {}).get("evidence") else None


def _windows(node: Node, errors: Errors) -> Iterator[dict[str, Any]]:
    """The times of a statement; one without a kind is left out."""
    before = node.rest.get("windows", [])
    for number in range(window_count(node)):
        prefix = f"w{number}."
        kind = node.values.get(f"{prefix}kind", "")
        if not kind:
            continue
        old = before[number] if number < len(before) and isinstance(before[number], dict) else {}
        span = _range(node.values, prefix, old.get("range"), errors)
        event, relation = (node.values.get(prefix + name, "").strip() for name in ("event", "relation"))
        yield {**old, "kind": kind, "range": span, "anchor": _anchor(event, relation, old.get("anchor"))}


def _anchor(event: str, relation: str, old: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not event:
        return None
    if old is not None and old.get("text") == event:
        return {**old, "relation": relation or old["relation"]}
    return {"event": event, "text": event, "relation": relation or "before"}


def _qualifiers(lines: str, old: Sequence[Any], errors: Errors) -> Iterator[dict[str, Any]]:
    """Qualifiers, one a line: ``severity: severe``."""
    known = {(one.get("kind"), one.get("value")): one for one in old if isinstance(one, dict)}
    for line in _lines(lines):
        kind, colon, value = (part.strip() for part in line.partition(":"))
        if not (kind and colon and value):
            errors["qualifiers"] = f"“{line[:60]}” is none: write kind: value, as in severity: severe"
            continue
        yield known.get((kind, value), {"kind": kind, "value": value, "text": value})


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
