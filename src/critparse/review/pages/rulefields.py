"""Rules as the fields of a form: a node for each rule, with values as people typed them, and back again.

The fields of a node begin with its path: ``r`` for the root, ``r.0`` for its first member. What has no field of its own
travels along as JSON (``rest``), so that nothing of a rule is lost by editing another part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from critparse.schema import LEAF_KINDS, AllOf, AnyOf, AtLeast, IfThen, Leaf, Not, Range, Rule, TimeWindow, Unstructured

GROUPS = {"all_of": "all of", "any_of": "any of", "at_least": "at least", "not": "not", "if_then": "if … then"}
STATEMENTS = (*LEAF_KINDS, "unstructured")
NUMERIC = ("age", "measurement", "life_expectancy")
"""Statements that mostly have a limit."""
KINDS = {kind: kind.replace("_", " ") for kind in STATEMENTS}
WINDOWS = {"": "none", "recency": "how long ago", "duration": "how long", "interval": "how often", "period": "while"}
RELATIONS = {"": "–", "before": "before", "after": "after", "during": "during", "around": "around"}
"""What is offered in the form, by the name in the schema."""
_MOST, _DEEPEST = 300, 30
_LINES = 20
_KNOWN = {*Unstructured.model_fields, "ambiguous"}


@dataclass
class Node:
    """A rule in a form. ``values``: its fields by name, as typed; ``rest``: what has no field, as JSON."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    members: list[Node] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Whether it holds other rules."""
        return self.kind in GROUPS

    @property
    def limited(self) -> bool:
        """Whether it has a limit."""
        return any(self.values.get(name) for name in ("lower", "upper", "unit", "ucum", "relative"))

    @property
    def more(self) -> list[str]:
        """The parts that have no field."""
        shown = ("dose", "scope", "alternatives")
        return [name for name in shown if self.rest.get(name)]

    @property
    def rest_json(self) -> str:
        """``rest`` as its field holds it."""
        return json.dumps(self.rest)


def node_of(rule: Rule) -> Node:
    """The form of a rule."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules):
            return Node(rule.kind, {}, {"ambiguous": rule.ambiguous}, [node_of(one) for one in rules])
        case AtLeast(rules=rules, count=count):
            evidence = [span.model_dump() for span in rule.evidence]
            return Node(rule.kind, {"count": str(count)}, {"evidence": evidence}, [node_of(one) for one in rules])
        case Not(rule=denied):
            return Node(rule.kind, members=[node_of(denied)])
        case IfThen(condition=condition, rule=then):
            return Node(rule.kind, members=[node_of(condition), node_of(then)])
        case _:
            return _statement(rule)


def _statement(leaf: Leaf | Unstructured) -> Node:
    rest = leaf.model_dump(mode="json")
    values = {
        "subject": leaf.subject.text,
        "present": "" if leaf.present else "no",
        "qualitative": leaf.qualitative or "",
        "values": "\n".join(leaf.values),
        "qualifiers": "\n".join(f"{one.kind}: {one.value}" for one in leaf.qualifiers),
        "reason": leaf.reason if isinstance(leaf, Unstructured) else "",
        **_range_values("", leaf.range),
    }
    for number, window in enumerate(leaf.windows):
        values |= _window_values(f"w{number}.", window)
    values["windows"] = str(len(leaf.windows))
    return Node(rest.pop("kind"), values, rest)


def _range_values(prefix: str, found: Range | None) -> dict[str, str]:
    lower, upper, unit = (found.lower, found.upper, found.unit) if found else (None, None, None)
    return {
        f"{prefix}lower": f"{lower.value:.15g}" if lower else "",
        f"{prefix}lower_than": "" if lower is None or lower.inclusive else "more",
        f"{prefix}upper": f"{upper.value:.15g}" if upper else "",
        f"{prefix}upper_than": "" if upper is None or upper.inclusive else "less",
        f"{prefix}unit": unit.text if unit else "",
        f"{prefix}ucum": unit.ucum or "" if unit else "",
        f"{prefix}relative": found.relative_to or "" if found else "",
    }


def _window_values(prefix: str, window: TimeWindow) -> dict[str, str]:
    anchor = window.anchor
    return {
        f"{prefix}kind": window.kind,
        f"{prefix}relation": anchor.relation if anchor else "",
        f"{prefix}event": anchor.text if anchor else "",
        **_range_values(prefix, window.range),
    }


def read(fields: Mapping[str, str]) -> Node:
    """The nodes of a form that was sent; what is malformed becomes a statement without words, which is refused."""
    budget = iter(range(_MOST))
    return _read(fields, "r", budget, 0)


def _read(fields: Mapping[str, str], path: str, budget: Iterator[int], depth: int) -> Node:
    own = {name[len(path) + 1 :]: value for name, value in fields.items() if name.startswith(f"{path}.")}
    kind = own.get("kind", "unstructured")
    rest = _rest(own.get("rest", ""))
    if kind not in GROUPS:
        values = {name: value for name, value in own.items() if name not in {"kind", "rest"}}
        return Node(kind, values, rest)
    count = own.get("members", "0")
    wanted = int(count) if count.isdecimal() and len(count) < 4 else 0
    numbers = [number for number in range(wanted) if depth < _DEEPEST and next(budget, None) is not None]
    members = [_read(fields, f"{path}.{number}", budget, depth + 1) for number in numbers]
    return Node(kind, {"count": own.get("count", "")}, rest, members)


def _rest(text: str) -> dict[str, Any]:
    """What has no field; nothing, when it is not of the schema's shape."""
    try:
        found = json.loads(text or "{}")
        if isinstance(found, dict) and "subject" in found:
            Unstructured.model_validate({**found, "kind": "unstructured", "reason": ""})
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.keys() <= _KNOWN else {}


def changed(root: Node, action: str) -> Node:
    """The form after a button of it: ``add:r.0``, ``remove:r.0.1``, ``wrap:r.0``, ``open:r.0``, ``window:r``.

    add: another member; remove: the rule itself; wrap: put it into a group; open: its members in its place; window:
    another time for the statement. What cannot be done is left as it is.
    """
    verb, _, path = action.partition(":")
    numbers = [int(one) for one in path.split(".")[1:] if one.isdecimal()]
    above, node = None, root
    for number in numbers:
        if number >= len(node.members):
            return root
        above, node = node, node.members[number]
    match verb:
        case "add":
            node.members.append(Node("condition"))
        case "window":
            node.values["windows"] = str(min(window_count(node) + 1, _LINES))
        case "wrap":
            return _put(root, above, node, [Node("any_of", members=[node])])
        case "remove" if above is not None:
            return _put(root, above, node, [])
        case "open" if node.is_group and (above is not None or len(node.members) == 1):
            return _put(root, above, node, node.members)
    return root


def _put(root: Node, above: Node | None, node: Node, new: list[Node]) -> Node:
    """The form with other nodes in the place of one."""
    if above is None:
        return new[0]
    at = next(number for number, one in enumerate(above.members) if one is node)
    above.members[at : at + 1] = new
    return root


def window_count(node: Node) -> int:
    """How many times a statement has."""
    given = node.values.get("windows", "0")
    return min(int(given), _LINES) if given.isdecimal() and len(given) < 4 else 0
