"""Rule trees as nested groups.

A negation is carried down to the statements (De Morgan), so that groups only ever join demands. Leaving a demand out of
an ALL group lets more persons in; out of an ANY group it would keep out persons whom the text takes in: there the whole
group is left out. So the cohort is never smaller than the text says, but for words that are left off a statement that
excludes; each omission says which of the two it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, assert_never

from critparse.exports.capability import Omission
from critparse.exports.omop.circe import GroupType
from critparse.exports.omop.concept_sets import ConceptSets
from critparse.exports.omop.groups import Part, gathered, group
from critparse.exports.omop.leaves import read_leaf
from critparse.exports.unsaid import Shortfall, Unsaid
from critparse.rules.explain import explain
from critparse.schema import AllOf, AnyOf, AtLeast, IfThen, Leaf, Not, ParsedTrial, Rule, Span, Unstructured

_MORE, _FEWER = "the cohort takes in more persons", "the cohort takes in fewer persons"
_MAX_WORDS = 200


class Expressed(NamedTuple):
    """A part of a definition, and how many statements of the rule are in it."""

    part: Part
    leaves: int


class Tree:
    """Turns the rule of one criterion into a group, and keeps what it could not express."""

    def __init__(self, trial: ParsedTrial, criterion: str, sets: ConceptSets) -> None:
        self._trial = trial
        self._criterion = criterion
        self._sets = sets
        self.omissions: list[Omission] = []

    def read(self, rule: Rule, negated: bool) -> Expressed | None:
        """The rule, or its negation; None when nothing of it can be expressed."""
        match rule:
            case Leaf():
                return self._leaf(rule, negated)
            case Unstructured():
                self._omit("unstructured", f"{rule.reason}: {_MORE}", self._words(rule))
                return None
            case Not(rule=inner):
                return self.read(inner, not negated)
            case AllOf(rules=rules) | AnyOf(rules=rules):
                kind: GroupType = "ALL" if isinstance(rule, AllOf) != negated else "ANY"
                return self._group(rule, kind, [self.read(one, negated) for one in rules])
            case AtLeast():
                return self._at_least(rule, negated)
            case IfThen(condition=condition, rule=then):
                found = [self.read(condition, not negated), self.read(then, negated)]
                return self._group(rule, "ALL" if negated else "ANY", found)
            case _:
                assert_never(rule)

    def _leaf(self, leaf: Leaf, negated: bool) -> Expressed | None:
        try:
            part, short = read_leaf(leaf, negated, self._sets)
        except Unsaid as why:
            self._omit(why.part, f"the statement is left out ({why.reason}): {_MORE}", self._words(leaf))
            return None
        effect = _FEWER if negated == leaf.present else _MORE
        for miss in short:
            self._omit(miss.part, f"{miss.reason}: {effect}", miss.text or self._missing(leaf, miss))
        return Expressed(part, 1)

    def _group(self, rule: Rule, kind: GroupType, found: Sequence[Expressed | None]) -> Expressed | None:
        held = [one for one in found if one is not None]
        if not held:
            self._omit(rule.kind, f"none of its members can be expressed: {_MORE}", _short(explain(rule)))
            return None
        if kind == "ANY" and len(held) < len(found):
            reason = "left out, since without the member that cannot be expressed it would ask for more than the text"
            self._omit(rule.kind, f"{reason}: {_MORE}", _short(explain(rule)))
            return None
        return Expressed(group(kind, [one.part for one in held]), sum(one.leaves for one in held))

    def _at_least(self, rule: AtLeast, negated: bool) -> Expressed | None:
        """At least n of m; negated, at least m - n + 1 of the negations. Each member left out lowers the number."""
        found = [self.read(one, negated) for one in rule.rules]
        held = [one for one in found if one is not None]
        wanted = len(found) - rule.count + 1 if negated else rule.count
        missing = len(found) - len(held)
        if wanted > len(found) or wanted - missing < 1:
            self._omit("at_least", f"too few of its members can be expressed: {_MORE}", _short(explain(rule)))
            return None
        if missing:
            self._omit("at_least", f"{wanted} lowered by {missing} not expressed: {_MORE}", _short(explain(rule)))
        part = gathered("AT_LEAST", [one.part for one in held], wanted - missing)
        return Expressed(part, sum(one.leaves for one in held))

    def _omit(self, part: str, reason: str, text: str) -> None:
        omission = Omission(self._criterion, part, reason, text)
        if omission not in self.omissions:
            self.omissions.append(omission)

    def _missing(self, leaf: Leaf, miss: Shortfall) -> str:
        if miss.part == "unread":
            return self._quoted(leaf.unread)
        if miss.part == "dose" and leaf.dose is not None:
            return self._quoted(leaf.dose.evidence)
        return self._words(leaf)

    def _words(self, leaf: Leaf | Unstructured) -> str:
        return self._quoted(leaf.evidence or leaf.subject.spans) or leaf.subject.text

    def _quoted(self, spans: Sequence[Span]) -> str:
        return _short(" … ".join(self._trial.text_of(span) for span in spans))


def _short(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _MAX_WORDS else f"{folded[: _MAX_WORDS - 1]}…"
