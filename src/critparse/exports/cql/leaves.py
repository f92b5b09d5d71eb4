"""One statement of a rule as an expression, which is null where the record does not say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from critparse.exports.cql.capabilities import CAPABILITIES
from critparse.exports.cql.expressions import COMPARISON, Expression, condition, joined, negated
from critparse.exports.cql.limits import age, answer, counted, is_count
from critparse.exports.cql.records import Records
from critparse.exports.cql.windows import fits, measured
from critparse.exports.cql.words import string
from critparse.exports.fhir.terms import terms
from critparse.exports.unsaid import Shortfall, Unsaid
from critparse.match.statements import CURRENT, PAST_TOO, hindrance, is_female_only
from critparse.match.times import is_index
from critparse.schema import Leaf, Unstructured

_HISTORY = "history:history"
_LINE = 110
_EVENTS = ("procedure", "device")  # that one was done stays true
_HAPPEN = ("condition", "procedure")  # what is counted by the days on which it happened
_WITHOUT_VALUE = ("drug", "procedure", "device", "allergy")


def stated(leaf: Leaf | Unstructured, records: Records) -> tuple[Expression, Sequence[Shortfall]]:
    """The statement, and what is missing of it. Raises Unsaid when it has to be null."""
    if isinstance(leaf, Unstructured):
        raise Unsaid("unstructured", leaf.reason)
    if leaf.kind not in _READERS and leaf.kind not in _RECORDED:
        raise Unsaid(leaf.kind, CAPABILITIES[leaf.kind].note)
    if leaf.scope is not None:
        raise Unsaid("scope", f"it is about somebody else, or not about every participant ({leaf.scope.person})")
    if leaf.unread:
        raise Unsaid("unread", "words beside it were not read, and may narrow or widen it")
    found, short = _READERS[leaf.kind](leaf) if leaf.kind in _READERS else _recorded(leaf, records)
    return (found if leaf.present else negated(found)), short


# --- people

_Read = tuple[Expression, Sequence[Shortfall]]


def _age(leaf: Leaf) -> _Read:
    if (
        leaf.range is None
        or leaf.qualifiers
        or not all(w.kind == "period" and is_index(w.anchor) for w in leaf.windows)
    ):
        raise Unsaid("age", "no limit of the age at the entry into the trial")
    return age(leaf.range), ()


def _sex(leaf: Leaf) -> _Read:
    return sex(leaf.values), ()


def sex(values: Sequence[str]) -> Expression:
    """One of the sexes. Raises Unsaid when there is none."""
    if not values:
        raise Unsaid("sex", "it names no sex")
    return joined("or", [Expression(f'"Sex" = {string(value)}', COMPARISON) for value in values])


_READERS: dict[str, Callable[[Leaf], _Read]] = {"age": _age, "sex": _sex}


# --- what records hold

_RECORDED = ("measurement", "condition", "drug", "procedure", "device", "observation", "reproductive", "allergy")


def _recorded(leaf: Leaf, records: Records) -> _Read:
    found, short = _valued(leaf, records)
    if leaf.kind == "reproductive" and is_female_only(leaf):
        found = condition("\"Sex\" = 'male'", "false", found.text)
    return found, short


def _valued(leaf: Leaf, records: Records) -> _Read:
    if leaf.kind in _HAPPEN and leaf.range is not None and is_count(leaf.range) and not leaf.values:
        return _count(leaf, records), (Shortfall("range", "counted by the days on which it is recorded to have begun"),)
    if leaf.range is None and not leaf.values and leaf.qualitative is None:
        return _named(leaf, records)
    if leaf.kind in _WITHOUT_VALUE:
        raise Unsaid("range", "a size, rate or result, which these records do not hold")
    return _measured(leaf, records), ()


def _count(leaf: Leaf, records: Records) -> Expression:
    assert leaf.range is not None
    _unhindered(leaf)
    where = _where(leaf)
    return counted(records.facts(leaf.kind, leaf.subject) + where, leaf.range)


def _named(leaf: Leaf, records: Records) -> _Read:
    """By the facts that fit the windows; without any, by what is not over, or ever was, as the words ask."""
    _other_fact(leaf)
    where = _where(leaf)
    facts = records.facts(leaf.kind, leaf.subject)
    if why := hindrance(leaf):
        short = Shortfall(
            "dose" if leaf.dose is not None else "qualifiers", f"false where the rest of it is, else null: {why}"
        )
        return Expression(f'"Is Denied At Most"({facts}{where})'), (short,)
    if where:
        return Expression(f'"Shown"({facts}, {facts}{where})'), ()
    kinds = {(qualifier.kind, qualifier.value) for qualifier in leaf.qualifiers}
    if leaf.kind in _EVENTS or any(kind in PAST_TOO for kind, _ in kinds):
        return Expression(f'"Has Been"({facts})'), ()
    asks = "Is Active" if leaf.kind == "drug" or kinds & CURRENT else "Is Current"
    return Expression(f'"{asks}"({facts})'), ()


def _other_fact(leaf: Leaf) -> None:
    """Raises Unsaid where a qualifier makes another fact of it: who does not take a drug may have failed on it."""
    for qualifier in leaf.qualifiers:
        key = f"{qualifier.kind}:{qualifier.value}"
        if key != _HISTORY and key in terms("mode"):
            raise Unsaid("qualifiers", f"“{qualifier.text}” makes it another fact, which records do not hold")


def _where(leaf: Leaf) -> str:
    """What keeps the facts in all windows of the statement; "" without windows. Raises Unsaid."""
    tests = [test for window in leaf.windows for test in fits(window)]
    return f" F where {' and '.join(tests)}" if tests else ""


def _measured(leaf: Leaf, records: Records) -> Expression:
    """By the last result in the windows."""
    _unhindered(leaf)
    tests = " and ".join(test for window in leaf.windows for test in measured(window))
    asked = answer(leaf).text
    results = records.results(leaf.subject, last=not tests)
    if not tests:
        line = f'"Agreed"({results} R return all {asked})'
        return Expression(line if len(line) <= _LINE else f'"Agreed"(\n  {results} R\n    return all {asked})')
    last = f'("Latest"({results} R where Coalesce({tests}, true)))'
    return Expression(f'"Agreed"(\n  {last} R\n    return all if {tests} then {asked} else null)')


def _unhindered(leaf: Leaf) -> None:
    """Raises Unsaid for what no value can show."""
    if why := hindrance(leaf):
        raise Unsaid("dose" if leaf.dose is not None else "qualifiers", why)
