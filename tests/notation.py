"""The notation of corpora/conformance/README.md: a parsed rule written in it, and the comparison of two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, assert_never

from critparse.schema import (
    AllOf,
    Anchor,
    AnyOf,
    AtLeast,
    Bound,
    Dose,
    IfThen,
    Leaf,
    Not,
    Range,
    Rule,
    TimeWindow,
    Unstructured,
)

Tree = str | tuple[str, list["Tree"]]
"""A statement in the notation, or a connective over such; negation stands at the statements ("not condition asthma").

A connective that is marked as ambiguous ends with "?".
"""

_OPPOSITE = {"all_of": "any_of", "any_of": "all_of"}
_UNNAMED = ("age", "sex", "consent", "life_expectancy")  # kinds with one subject, which the notation leaves out
_UNSTRUCTURED = "unstructured "
_LIMIT = re.compile(r" (?:[<>]=?|=|in|is) ")

# --- what the parser gave, in the notation


def group(op: str, children: Iterable[Tree], *, ambiguous: bool = False) -> Tree:
    """A flat group: members of the same connective are its own; a single member stands by itself."""
    flat: list[Tree] = []
    for child in children:
        if isinstance(child, tuple) and child[0].rstrip("?") == op and op in _OPPOSITE:
            flat.extend(child[1])
            ambiguous = ambiguous or child[0].endswith("?")
        else:
            flat.append(child)
    return flat[0] if len(flat) == 1 else (op + "?" * ambiguous, flat)


def denied(tree: Tree, positive: bool) -> Tree:
    """The tree, or its negation."""
    if positive:
        return tree
    return f"not {tree}" if isinstance(tree, str) else ("not", [tree])


def tree_of(rule: Rule, positive: bool = True) -> Tree:
    """A rule in the notation; negations of groups are pushed down to their statements."""
    match rule:
        case AllOf() | AnyOf():
            op = rule.kind if positive else _OPPOSITE[rule.kind]
            return group(op, (tree_of(child, positive) for child in rule.rules), ambiguous=rule.ambiguous)
        case Not():
            return tree_of(rule.rule, not positive)
        case AtLeast():
            return denied((f"at_least {rule.count}", [tree_of(child) for child in rule.rules]), positive)
        case IfThen():
            return denied(("if_then", [tree_of(rule.condition), tree_of(rule.rule)]), positive)
        case Unstructured():
            return denied(f"{_UNSTRUCTURED}{rule.subject.text.lower()}", positive)
        case Leaf():
            return denied(leaf_words(rule), positive == rule.present)
        case _:
            assert_never(rule)


def leaf_words(leaf: Leaf) -> str:
    """A statement in the notation, without its negation."""
    head: list[str] = [leaf.kind]
    if leaf.kind not in _UNNAMED:
        head.append(" ".join(leaf.subject.text.lower().split()))
    if leaf.kind == "sex":
        head.append("|".join(sorted(leaf.values)))
    elif leaf.values:
        head.append(f"in {{{', '.join(leaf.values)}}}")
    if leaf.qualitative:
        head.append(f"is {leaf.qualitative}")
    if leaf.range:
        head.append(range_words(leaf.range))
    clauses = [f"also {range_words(other)}" for other in leaf.alternatives]
    clauses += [window_words(window) for window in leaf.windows]
    clauses += [f"{qualifier.kind}={qualifier.value}" for qualifier in leaf.qualifiers]
    clauses += list(dose_words(leaf.dose)) if leaf.dose else []
    clauses += [f"scope={leaf.scope.person}"] if leaf.scope else []
    return "; ".join([" ".join(head), *sorted(set(clauses))])


def range_words(limit: Range, *, exact: str = "= ") -> str:
    """ "> 3 xULN", ">= 18 <= 65 a", ">= 80 % of predicted"."""
    if limit.lower and limit.lower == limit.upper:
        words = [f"{exact}{limit.lower.value:.12g}"]
    else:
        words = [*_bound(">", limit.lower), *_bound("<", limit.upper)]
    if limit.unit:
        words.append(limit.unit.ucum or f'"{limit.unit.text}"')
    if limit.relative_to:
        reference = {"uln": "ULN", "lln": "LLN"}.get(limit.relative_to, limit.relative_to)
        words.append(f"of {reference}" if limit.unit else f"x{reference}")
    return " ".join(words)


def _bound(sign: str, bound: Bound | None) -> Iterator[str]:
    if bound:
        yield f"{sign}{'=' * bound.inclusive} {bound.value:.12g}"


def window_words(window: TimeWindow) -> str:
    """ "recency <= 4 wk before screening", "period during study_period"."""
    limit = range_words(window.range) if window.range else ""
    return " ".join(f"{window.kind} {limit} {anchor_words(window.anchor)}".split())


def anchor_words(anchor: Anchor | None) -> str:
    """An event by its name, one that the vocabulary does not know by the words of the text in quotation marks."""
    if anchor is None:
        return ""
    event = anchor.event if anchor.event != "other" else f'"{anchor.text.lower()}"'
    return f"{anchor.relation} {event}"


def dose_words(dose: Dose) -> Iterator[str]:
    """ "dose > 20 mg/d", "route oral", "given 2 per 1 wk", "for >= 3 mo"."""
    if dose.amount:
        yield f"dose {range_words(dose.amount)}"
    if dose.route:
        yield f"route {dose.route}"
    if dose.frequency:
        often, interval = (
            range_words(limit, exact="") if limit else "?" for limit in (dose.frequency.count, dose.frequency.interval)
        )
        yield f"given {often} per {interval}"
    if dose.duration:
        yield f"for {range_words(dose.duration)}"


# --- what the case expects


def expected_tree(node: Any, positive: bool = True) -> Tree:
    """The rule of a case, in the same form as :func:`tree_of`."""
    if isinstance(node, str):
        head, *clauses = (" ".join(part.split()) for part in node.split(";"))
        present = not head.endswith(" absent")
        return denied("; ".join([_folded(head.removesuffix(" absent")), *sorted(clauses)]), positive == present)
    keys = set(node)
    if keys == {"not"}:
        return expected_tree(node["not"], not positive)
    if keys == {"if", "then"}:
        return denied(("if_then", [expected_tree(node["if"]), expected_tree(node["then"])]), positive)
    if keys == {"at_least", "of"}:
        return denied((f"at_least {node['at_least']}", [expected_tree(child) for child in node["of"]]), positive)
    ((key, children),) = node.items()
    op = key.rstrip("?")
    op = op if positive else _OPPOSITE[op]
    return group(op, (expected_tree(child, positive) for child in children), ambiguous=key.endswith("?"))


def _folded(head: str) -> str:
    """The subject in lower case; units keep theirs."""
    limit = _LIMIT.search(head)
    at = limit.start() if limit and not head.startswith(_UNSTRUCTURED) else len(head)
    return head[:at].lower() + head[at:]


# --- comparing


def matches(expected: Tree, actual: Tree) -> bool:
    """Whether two trees say the same; the order in a group does not matter, that of "if" and "then" does."""
    if isinstance(expected, str) or isinstance(actual, str):
        if not (isinstance(expected, str) and isinstance(actual, str)):
            return False
        bare = expected.removeprefix("not ")
        if bare.startswith(_UNSTRUCTURED) and actual.startswith(expected.removesuffix(bare) + _UNSTRUCTURED):
            return bare.removeprefix(_UNSTRUCTURED) in actual
        return expected == actual
    if expected[0] != actual[0] or len(expected[1]) != len(actual[1]):
        return False
    if expected[0] == "if_then":
        return all(map(matches, expected[1], actual[1]))
    left = list(actual[1])
    for child in expected[1]:
        found = next((other for other in left if matches(child, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def shown(tree: Tree, depth: int = 0) -> list[str]:
    """The lines of a tree, for people."""
    if isinstance(tree, str):
        return ["  " * depth + tree]
    return ["  " * depth + tree[0], *(line for child in tree[1] for line in shown(child, depth + 1))]
