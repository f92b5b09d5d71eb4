"""Rules in words: every rule as one plain English phrase that says what the rule says, no more and no less.

Wording is chosen so that the parser reads a phrase back as the rule it came from wherever the parser can. A member of
"and"/"or" that holds a conjunction of its own stands in brackets; more than three members are listed after "all of:"
or "any of:".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from critparse.rules.phrases import dose_words, limit_words, window_words, wording
from critparse.schema import AllOf, AnyOf, AtLeast, IfThen, Leaf, Not, Qualifier, Range, Rule, Scope, Unstructured

_MAX_QUOTE = 160
_MAX_INLINE = 3  # members of a conjunction that are joined by "and"; more are listed
_TREATMENTS = ("drug", "procedure", "device")


def explain(rule: Rule) -> str:
    """The rule as one English phrase without a full stop.

    ``“…” (not read: reason)`` quotes, shortened, what could not be structured.
    """
    match rule:
        case AllOf(rules=(held, Not(rule=excepted))) if _is_exception(excepted):
            return f"{_member(held)}, except {_member(excepted)}"
        case AllOf(rules=rules):
            return _joined(rules, "and", "all of")
        case AnyOf(rules=rules):
            return _joined(rules, "or", "any of")
        case AtLeast(count=count, rules=rules):
            return f"at least {count} of: {_listed(rules)}"
        case IfThen(condition=condition, rule=then):
            return f"if {explain(condition)}: {explain(then)}"
        case Not(rule=denied):
            return _denied(denied)
        case Unstructured():
            return _unread(rule)
        case Leaf():
            return _leaf(rule)
        case _:
            assert_never(rule)


def _is_exception(rule: Rule) -> bool:
    """Whether "except …" reads well: a thing or a group of things, not a limit, nor words that were not read."""
    return not isinstance(rule, Unstructured) and (not isinstance(rule, Leaf) or rule.range is None)


def _denied(rule: Rule) -> str:
    match rule:
        case AllOf(rules=(Leaf() as held, Not())) if held.present and not _is_compound(held):
            return f"no {explain(rule)}"
        case Leaf() if rule.present and not _is_compound(rule) and rule.kind not in ("age", "sex"):
            return f"no {_leaf(rule)}"
        case Unstructured():
            return f"not {_unread(rule)}"
        case _:
            return f"not ({explain(rule)})"


def _joined(rules: Sequence[Rule], conjunction: str, title: str) -> str:
    if len(rules) > _MAX_INLINE:
        return f"{title}: {_listed(rules)}"
    return f" {conjunction} ".join(_member(rule) for rule in rules)


def _listed(rules: Sequence[Rule]) -> str:
    return "; ".join(f"({explain(rule)})" if _is_list(rule) else explain(rule) for rule in rules)


def _is_list(rule: Rule) -> bool:
    """Whether the phrase of the rule runs on to its end, so that nothing can follow it."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules):
            return len(rules) > _MAX_INLINE
        case _:
            return isinstance(rule, AtLeast | IfThen)


def _member(rule: Rule) -> str:
    """A rule as part of a conjunction."""
    return f"({explain(rule)})" if _is_compound(rule) else explain(rule)


def _is_compound(rule: Rule) -> bool:
    """Whether the phrase of the rule holds a conjunction or a list."""
    if isinstance(rule, Leaf):
        return len(rule.values) > 1 or len(rule.windows) > 1
    return not isinstance(rule, Not | Unstructured)


def _leaf(leaf: Leaf) -> str:
    """One statement: negation, qualifiers, subject, limit, values, dose, windows."""
    words = [*_before(leaf), _subject(leaf)]
    if leaf.scope is not None and not _names_family(leaf):
        words.append(_scope(leaf.scope))
    if leaf.range is not None and _counts(leaf, leaf.range):
        words.insert(-1, limit_words(leaf.range.model_copy(update={"unit": None})))
    elif leaf.range is not None:
        words.append(limit_words(leaf.range))
    if leaf.alternatives:
        words.append(f"({', '.join(limit_words(other) for other in leaf.alternatives)})")
    if leaf.values and leaf.kind != "sex":
        words.append(_choice(leaf.values))
    if leaf.dose is not None:
        words.append(dose_words(leaf.dose))
    words.append(" and ".join(window_words(window) for window in leaf.windows))
    if _has_regimen(leaf):
        words.extend(f"({q.value})" for q in leaf.qualifiers if q.kind == "response")
    return " ".join(word for word in words if word)


def _counts(leaf: Leaf, limit: Range) -> bool:
    """Whether the subject is the unit at the same time: "≥ 2 relapses", not "relapses ≥ 2 relapses"."""
    same = limit.unit is not None and limit.unit.text.lower() == leaf.subject.text.lower()
    return same and leaf.scope is None and limit.relative_to is None


def _names_family(leaf: Leaf) -> bool:
    """Whether a qualifier says already that the statement is about relatives: "family history of …"."""
    return any((q.kind, q.value) == ("history", "family") for q in leaf.qualifiers)


def _unread(rule: Unstructured) -> str:
    """The words, with what was read around them all the same."""
    around = [limit_words(rule.range)] if rule.range is not None else []
    around.extend(window_words(window) for window in rule.windows)
    return " ".join([f"“{_shortened(rule.subject.text)}”", *filter(None, around), f"(not read: {rule.reason})"])


def _before(leaf: Leaf) -> list[str]:
    """Negation, qualifiers, route and value in words, as they stand before the subject."""
    words = [] if leaf.present else ["not" if leaf.kind == "sex" else "no"]
    order = wording("order")["qualifiers"].split()
    ranks = {kind: rank for rank, kind in enumerate(order)}
    qualifiers = dict.fromkeys((q.kind, q.value) for q in sorted(leaf.qualifiers, key=lambda q: _rank(q, ranks)))
    for kind, value in qualifiers:
        if kind == "response" and leaf.kind in _TREATMENTS:
            words.extend(() if _has_regimen(leaf) else (wording("treatment").get(value, f"{value}:"),))
        else:
            words.append(wording("qualifier").get(f"{kind}:{value}", value))
    if leaf.dose is not None and leaf.dose.route:
        words.append(leaf.dose.route)
    if leaf.qualitative:
        words.append(leaf.qualitative)
    return words


def _rank(qualifier: Qualifier, ranks: dict[str, int]) -> int:
    """A response to treatment reads first ("failure of oral prednisone"), other qualifiers in their order."""
    if qualifier.kind == "response" and qualifier.value in wording("treatment"):
        return -1
    return ranks.get(qualifier.kind, len(ranks))


def _has_regimen(leaf: Leaf) -> bool:
    """Whether a response word would stand too far from its treatment's end to be placed before it."""
    return leaf.kind in _TREATMENTS and (leaf.dose is not None or bool(leaf.windows))


def _subject(leaf: Leaf) -> str:
    if leaf.kind == "sex":
        return _choice(leaf.values) or leaf.subject.text
    text = " ".join(leaf.subject.text.split())
    named = wording("subject").get(f"{leaf.kind}/{text.lower()}")
    if named:
        return named
    if leaf.kind == "allergy" and not any(stem in text.lower() for stem in ("allerg", "hypersens")):
        return f"allergy to {text}"
    return text


def _scope(scope: Scope) -> str:
    return wording("scope").get(scope.person) or f"({scope.text})"


def _choice(values: Sequence[str]) -> str:
    """ "0, 1 or 2"."""
    return " or ".join(filter(None, (", ".join(values[:-1]), *values[-1:])))


def _shortened(text: str) -> str:
    folded = " ".join(text.split())
    if len(folded) <= _MAX_QUOTE:
        return folded
    return folded[:_MAX_QUOTE].rsplit(" ", 1)[0] + " …"
