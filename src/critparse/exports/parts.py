"""Which of the parts that targets speak of a trial's rules are made of."""

from __future__ import annotations

from collections.abc import Iterator

from critparse.exports.capability import Ability, Capabilities
from critparse.schema import (
    AgeLimit,
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Criterion,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Range,
    Rule,
    Unit,
    Unstructured,
)

LIST = "eligibility"


def listed(trial: ParsedTrial) -> tuple[Criterion, ...]:
    """The criteria that say who may take part: those of the eligibility section, by kind inclusion or exclusion.

    The others are :func:`aside`: criteria that the narrative repeats, and those of which the text does not say whether
    they include or exclude.
    """
    return tuple(criterion for criterion in trial.criteria if _is_listed(criterion))


def aside(trial: ParsedTrial) -> tuple[Criterion, ...]:
    """The criteria that are not :func:`listed`."""
    return tuple(criterion for criterion in trial.criteria if not _is_listed(criterion))


def _is_listed(criterion: Criterion) -> bool:
    return criterion.span.text_id == LIST and criterion.kind != "unknown"


def field_range(limit: AgeLimit, side: str) -> Range:
    """A registry's age as a range with that end (``lower`` or ``upper``); registries mean their ages inclusively."""
    bound, unit = Bound(value=limit.value, inclusive=True), Unit(ucum=limit.ucum, text=limit.unit)
    return Range(lower=bound, unit=unit) if side == "lower" else Range(upper=bound, unit=unit)


def whole_text(criterion: Criterion) -> str:
    """The criterion's words as given, with those of its sub-items that stand outside of it."""
    texts = [criterion.text.strip()]
    for child in criterion.children:
        words = whole_text(child)
        if words not in texts[0]:
            texts.append(words)
    return "\n".join(texts)


def leaves(rule: Rule) -> Iterator[tuple[Leaf | Unstructured, frozenset[str]]]:
    """Every statement of a rule with the connectives it stands under."""
    return _leaves(rule, frozenset())


def _leaves(rule: Rule, above: frozenset[str]) -> Iterator[tuple[Leaf | Unstructured, frozenset[str]]]:
    if isinstance(rule, Leaf | Unstructured):
        yield rule, above
        return
    for member in members(rule):
        yield from _leaves(member, above | {rule.kind})


def members(rule: Rule) -> tuple[Rule, ...]:
    """The rules that a rule is made of; none for a statement."""
    match rule:
        case AllOf() | AnyOf() | AtLeast():
            return rule.rules
        case IfThen():
            return rule.condition, rule.rule
        case Not():
            return (rule.rule,)
        case _:
            return ()


def features(leaf: Leaf | Unstructured) -> tuple[str, ...]:
    """The parts that the statement itself uses: its kind, and its features."""
    if isinstance(leaf, Unstructured):
        return ("unstructured",)
    used: list[str] = [leaf.kind]
    if leaf.range is not None:
        used.append("range relative to a limit of normal" if leaf.range.relative_to else "range")
    if not leaf.present:
        used.append("present")
    given = ("alternatives", "values", "qualitative", "windows", "qualifiers", "dose", "scope", "unread")
    return (*used, *(name for name in given if getattr(leaf, name)))


def ability(parts: Iterator[str] | tuple[str, ...], capabilities: Capabilities) -> Ability:
    """How well the target expresses something that uses these parts: as well as the worst of them."""
    found = {capabilities[part].ability for part in parts}
    return "no" if "no" in found else "rewritten" if "rewritten" in found else "exact"
