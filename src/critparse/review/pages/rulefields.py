"""Rules as the fields of a form: a node for each rule, with values as people typed them, and back again.

The fields of a node begin with its path: ``r`` for the root, ``r.0`` for its first member. The node as it was travels
along as JSON (``rest``), so that nothing of a rule is lost by editing another part of it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from critparse.exports.parts import members
from critparse.review.pages.rulestatements import many
from critparse.review.pages.rulevalues import statement_values
from critparse.review.pages.wordforms import Words, plain
from critparse.schema import LEAF_KINDS, AllOf, AnyOf, AtLeast, Leaf, Rule, Span, Unstructured
from critparse.schema.base import Model
from critparse.schema.rule import ScopePerson

GROUPS = {"all_of": "all of", "any_of": "any of", "at_least": "at least", "not": "not", "if_then": "if … then"}
STATEMENTS = (*LEAF_KINDS, "unstructured")
NUMERIC = ("age", "measurement", "life_expectancy")
"""Statements that mostly have a limit."""
KINDS = {kind: kind.replace("_", " ") for kind in STATEMENTS}
WINDOWS = {"": "none", "recency": "how long ago", "duration": "how long", "interval": "how often", "period": "while"}
RELATIONS = {"": "–", "before": "before", "after": "after", "during": "during", "around": "around"}
REFERENCES = {
    "": "nothing",
    "uln": "upper limit of normal (×)",
    "lln": "lower limit of normal (×)",
    "baseline": "baseline",
    "predicted": "predicted value",
}
PEOPLE = {"": "every participant", **{person: person for person in get_args(ScopePerson)}}
"""What is offered in the form, by the name in the schema."""
TOO_MANY = "too many"
"""The kind of what is more than a form can hold."""
_MOST, _DEEPEST = 500, 30
_ADDED = 20
_NAME = re.compile(r"(r(?:\.\d{1,3}){0,40})\.([a-z][a-z_.0-9]{0,60})")
"""The name of a field: the path of its node, and its own."""
_STATEMENT: TypeAdapter[Leaf | Unstructured] = TypeAdapter(Leaf | Unstructured)


class _Group(Model):
    """What a group has besides its members and fields."""

    evidence: tuple[Span, ...] = ()


_GROUP: TypeAdapter[_Group] = TypeAdapter(_Group)
DOSE = {
    "amount": "Amount",
    "frequency.count": "Frequency: how many times",
    "frequency.interval": "Frequency: in what time",
    "duration": "Duration",
}
"""The limits of a dose, by place in the schema."""


@dataclass
class Node:
    """A rule in a form. ``values``: its fields by name, as typed; ``rest``: the rule as it was, without its members."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    members: list[Node] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Whether it holds other rules."""
        return self.kind in GROUPS

    @property
    def rest_json(self) -> str:
        """``rest`` as its field holds it."""
        return json.dumps(self.rest)

    def has(self, *names: str) -> bool:
        """Whether something stands in one of these fields, or in one below: ``range`` has ``range.lower``."""
        return any(value and _below(name, names) for name, value in self.values.items())

    def many(self, name: str) -> int:
        """How many of a part the form shows."""
        return many(self.values.get(name, ""))

    @property
    def unread(self) -> int:
        """How many passages are not understood."""
        return len(self.values.get("unread", "").splitlines())

    @property
    def passages(self) -> Iterator[tuple[str, str]]:
        """The fields for where the parts of a statement stand in the text, each with the name of the part."""
        yield "subject.spans", "Subject"
        yield "range.evidence", "Limits"
        for number in range(self.many("alternatives")):
            yield f"alternatives.{number}.evidence", f"Limits in another unit {number + 1}"
        for number in range(self.many("windows")):
            yield f"windows.{number}.evidence", f"Time {number + 1}"
            yield f"windows.{number}.range.evidence", f"Limits of time {number + 1}"
        if self.many("dose"):
            yield "dose.evidence", "Dose"
            yield from ((f"dose.{name}.evidence", f"Dose, {text.lower()}") for name, text in DOSE.items())
            yield "dose.frequency.evidence", "Dose, frequency"


def wrong_in(errors: Mapping[str, str], path: str, *names: str) -> bool:
    """Whether something is wrong in one of these fields of a node, or in one below."""
    return any(_below(error, [f"{path}.{name}" for name in names]) for error in errors)


def _below(field: str, names: Iterable[str]) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in names)


def node_of(rule: Rule, words: Words) -> Node:
    """The form of a rule."""
    if isinstance(rule, Leaf | Unstructured):
        data = rule.model_dump(mode="json")
        return Node(rule.kind, statement_values(data, words), data)
    found = Node(rule.kind, members=[node_of(one, words) for one in members(rule)])
    if isinstance(rule, AllOf | AnyOf):
        found.values["ambiguous"] = "yes" if rule.ambiguous else ""
    if isinstance(rule, AtLeast):
        found.rest["evidence"] = [span.model_dump() for span in rule.evidence]
        found.values |= {"count": str(rule.count), "evidence": words.joined(found.rest["evidence"])}
    return found


def read(fields: Mapping[str, str]) -> Node:
    """The nodes of a form that was sent; what is malformed becomes a statement without words, which is refused."""
    own: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, value in fields.items():
        if match := _NAME.fullmatch(name):
            own[match[1]][match[2]] = value
    return _read(own, "r", iter(range(_MOST)), 0)


def _read(fields: Mapping[str, Mapping[str, str]], path: str, budget: Iterator[int], depth: int) -> Node:
    own = fields.get(path, {})
    kind = own.get("kind", "unstructured")
    values = {name: plain(value) for name, value in own.items() if name not in {"kind", "rest", "members"}}
    if kind not in GROUPS:
        return Node(kind, values, _was(own.get("rest", ""), _STATEMENT))
    found = Node(kind, values, _was(own.get("rest", ""), _GROUP))
    count = own.get("members", "0")
    for number in range(int(count) if count.isdecimal() and len(count) < 4 else 0):
        if depth >= _DEEPEST or next(budget, None) is None:
            found.members.append(Node(TOO_MANY))
            break
        found.members.append(_read(fields, f"{path}.{number}", budget, depth + 1))
    return found


def _was(text: str, shape: TypeAdapter[Any]) -> dict[str, Any]:
    """The rule as it was; nothing, when it is not of the schema's shape."""
    try:
        found: dict[str, Any] = shape.dump_python(shape.validate_json(text or "{}"), mode="json")
    except ValidationError:
        return {}
    return found


def changed(root: Node, action: str) -> Node:
    """The form after a button of it: ``add:r.0``, ``remove:r.0.1``, ``windows:r`` …

    add: another member; remove: the rule itself; wrap: put it into a group; join: put it and the one before into a
    group, or into the group before; open: its members in its place; windows, alternatives, dose: another time, limit
    in another unit, or the dose of a statement; undose: no dose. What cannot be done is left as it is.
    """
    verb, _, path = action.partition(":")
    over, _, last = path.rpartition(".")
    node, above = at(root, path), at(root, over) if over else None
    if node is None:
        return root
    match verb:
        case "add":
            node.members.append(Node("condition"))
        case "windows" | "alternatives" | "dose":
            most = 1 if verb == "dose" else _ADDED
            node.values[verb] = str(max(node.many(verb), min(node.many(verb) + 1, most)))
        case "undose":
            node.values["dose"] = ""
        case "wrap":
            return _put(root, above, node, [Node("any_of", members=[node])])
        case "join" if above is not None and int(last) > 0:
            _join(above, int(last))
        case "remove" if above is not None:
            return _put(root, above, node, [])
        case "open" if node.is_group and (above is not None or len(node.members) == 1):
            return _put(root, above, node, node.members)
    return root


def focus(root: Node, action: str) -> str:
    """The field that people go on with after a button of the form."""
    verb, _, path = action.partition(":")
    above, _, last = path.rpartition(".")
    node = at(root, path)
    match verb:
        case "windows" | "alternatives" if node is not None:
            return f"{path}.{verb}.{node.many(verb) - 1}.{'kind' if verb == 'windows' else 'lower'}"
        case "dose":
            return f"{path}.dose.amount.lower"
        case "add" if node is not None:
            return f"{path}.{len(node.members) - 1}.kind"
        case "join" if last.isdecimal():
            return f"{above}.{int(last[:3]) - 1}.kind"
        case "remove" | "open" if above:
            return f"{above}.kind"
        case _:
            return f"{path}.kind"


def at(root: Node, path: str) -> Node | None:
    """The node at a path."""
    node = root
    for one in path.split(".")[1:]:
        if not one.isdecimal() or len(one) > 3 or int(one) >= len(node.members):
            return None
        node = node.members[int(one)]
    return node


def _put(root: Node, above: Node | None, node: Node, new: list[Node]) -> Node:
    """The form with other nodes in the place of one."""
    if above is None:
        return new[0]
    at = next(number for number, one in enumerate(above.members) if one is node)
    above.members[at : at + 1] = new
    return root


def _join(above: Node, number: int) -> None:
    """Put a member into the group before it, or with the statement before it into a new one."""
    node, before = above.members.pop(number), above.members[number - 1]
    if before.is_group:
        before.members.append(node)
        return
    kind = "all_of" if above.kind == "any_of" else "any_of"
    above.members[number - 1] = Node(kind, members=[before, node])
