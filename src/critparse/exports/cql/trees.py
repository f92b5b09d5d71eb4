"""Rule trees as expressions; what cannot be said is null in its place, with the reason above it."""

from __future__ import annotations

from typing import assert_never

from critparse.checks.cues import cue_in
from critparse.exports.capability import Omission
from critparse.exports.cql.expressions import FALSE, NULL, TRUE, Expression, implied, joined, listed, negated
from critparse.exports.cql.leaves import stated
from critparse.exports.cql.records import Records
from critparse.exports.cql.words import comment
from critparse.exports.terminal import visible
from critparse.exports.unsaid import Unsaid
from critparse.rules.explain import explain
from critparse.schema import AllOf, AnyOf, AtLeast, Criterion, IfThen, Leaf, Not, Rule, Unstructured

_WIDTH = 96  # of comments within expressions


class Tree:
    """Makes an expression of a criterion's rule and notes in ``omissions`` what it does not say."""

    def __init__(self, criterion: Criterion, records: Records) -> None:
        self._criterion = criterion
        self._records = records
        self.omissions: list[Omission] = []

    def expression(self) -> Expression:
        """The whole rule. Whether the patient is in the group that a sub-heading names is not known."""
        rule = self._rule(self._criterion.rule)
        section = self._criterion.section
        if not section or not cue_in("group-section", section):
            return rule
        note = self._omitted("scope", "whether the patient is among those whom the sub-heading names", section)
        unknown = NULL._replace(notes=(note,))
        return joined("and" if self._criterion.kind == "exclusion" else "or", [unknown, rule])

    def _rule(self, rule: Rule) -> Expression:
        match rule:
            case Leaf() | Unstructured():
                return self._leaf(rule)
            case Not(rule=inner):
                return negated(self._rule(inner))
            case IfThen(condition=condition, rule=then):
                return implied(self._rule(condition), self._rule(then))
            case AtLeast(count=count, rules=rules):
                members = [self._rule(member) for member in rules]
                return Expression(f'"At Least"({count}, {listed(members)})')
            case AllOf(rules=rules) | AnyOf(rules=rules):
                return self._group(rule, [self._rule(member) for member in rules])
            case _:
                assert_never(rule)

    def _group(self, rule: AllOf | AnyOf, members: list[Expression]) -> Expression:
        if not members:
            return TRUE if isinstance(rule, AllOf) else FALSE
        if rule.ambiguous and len(members) > 1:  # "and" and "or" agree where all members do
            return Expression(f'"Agreed"({listed(members)})')
        return joined("and" if isinstance(rule, AllOf) else "or", members)

    def _leaf(self, leaf: Leaf | Unstructured) -> Expression:
        words = leaf.subject.text if isinstance(leaf, Unstructured) else explain(leaf)
        try:
            found, short = stated(leaf, self._records)
        except Unsaid as why:
            return NULL._replace(notes=(self._omitted(why.part, why.reason, words),))
        notes = tuple(self._omitted(one.part, one.reason, words) for one in short)
        return found._replace(notes=notes)

    def _omitted(self, part: str, reason: str, words: str) -> str:
        """Note an omission; the comment that says so."""
        text = visible(words)
        self.omissions.append(Omission(self._criterion.id, part, reason, text))
        return comment(f"“{text}”: {reason}", f"not expressed, {part}: ", _WIDTH)
