"""From the form of a rule to the rule: what the schema does not accept is said at the field it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from critparse.review.pages.rulefields import GROUPS, STATEMENTS, TOO_MANY, Node
from critparse.review.pages.rulestatements import Errors, Statement
from critparse.review.pages.wordforms import Words
from critparse.schema import Rule

_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


class Formed(NamedTuple):
    """The rule of a form, or None and what is wrong with it."""

    rule: Rule | None
    errors: Errors


def formed(root: Node, words: Words) -> Formed:
    """The rule that a form says; its passages are looked up in ``words``."""
    errors: Errors = {}
    data = _data(root, "r", words, errors)
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


def _data(node: Node, path: str, words: Words, errors: Errors) -> dict[str, Any]:
    """The node as the schema has it; what is wrong goes into ``errors``."""
    if not node.is_group:
        return _statement(node, path, words, errors)
    members = [_data(one, f"{path}.{number}", words, errors) for number, one in enumerate(node.members)]
    least = 2 if node.kind == "if_then" else 1
    if len(members) < least:
        errors[f"{path}.kind"] = f"“{GROUPS[node.kind]}” needs {least} or more members"
        return {}
    return _group(node, path, members, words, errors)


def _group(node: Node, path: str, members: list[dict[str, Any]], words: Words, errors: Errors) -> dict[str, Any]:
    match node.kind:
        case "all_of" | "any_of":
            return {"kind": node.kind, "rules": members, "ambiguous": node.values.get("ambiguous") == "yes"}
        case "not":
            return {"kind": "not", "rule": _one(members)}
        case "if_then":
            return {"kind": "if_then", "condition": members[0], "rule": _one(members[1:])}
        case _:
            own = Statement(node.values, node.rest, words)
            evidence = own.passage("evidence", node.rest.get("evidence", []))
            count = node.values.get("count", "")
            if not count.isdecimal() or not 1 <= int(count[:9]) <= len(members):
                own.errors["count"] = f"give a number from 1 to {len(members)}"
            errors |= {f"{path}.{name}": what for name, what in own.errors.items()}
            return {"kind": "at_least", "count": count, "rules": members, "evidence": evidence}


def _one(members: list[dict[str, Any]]) -> dict[str, Any]:
    return members[0] if len(members) == 1 else {"kind": "all_of", "rules": members}


def _statement(node: Node, path: str, words: Words, errors: Errors) -> dict[str, Any]:
    if node.kind == TOO_MANY:
        errors[f"{path}.kind"] = "a form cannot hold more parts than these: correct those below by themselves"
        return {}
    statement = Statement(node.values, node.rest, words)
    data = statement.data(node.kind)
    own = statement.errors
    if node.kind not in STATEMENTS:
        own["kind"] = f"{node.kind[:40]!r} is no kind of statement"
    if data != node.rest:  # the parser may leave a statement without words as it is; people may not
        own |= _missing(data)
    if not own:
        own = _refused(data, statement)
    errors |= {f"{path}.{name}": what for name, what in own.items()}
    return data


def _missing(data: dict[str, Any]) -> Errors:
    """What a statement has to say in any case."""
    found: Errors = {}
    if not data["subject"]["text"].strip():
        found["subject.text"] = "say what the statement is about"
    if data.get("reason") == "":
        found["reason"] = "say why it is not read"
    return found


def _refused(data: dict[str, Any], statement: Statement) -> Errors:
    """What the schema does not accept of a statement, by field."""
    try:
        _RULE.validate_python(data)
    except ValidationError as error:
        found: Errors = {}
        for one in error.errors(include_url=False, include_context=False):
            found.setdefault(statement.place(one["loc"][1:]), one["msg"])
        return found
    return {}
