"""What views of a trial say in words: rules, what was not read, codes, how much there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from critparse.exports.parts import leaves, members
from critparse.rules.explain import explain
from critparse.schema import AllOf, AnyOf, AtLeast, Concept, Criterion, ParsedTrial, Rule, Unstructured

UNREAD = re.compile(r"“[^”]{0,200}”[^“”()]{0,100}\(not read: [^()]{0,100}\)")
"""The parts of a rule's words that only quote the text, and say why."""


def own_words(criterion: Criterion) -> str:
    """The rule in words; that of the sub-list, which follows as children, only announced."""
    children = tuple(child.rule for child in criterion.children)
    if not children:
        return explain(criterion.rule)
    parts = criterion.rule.rules if isinstance(criterion.rule, AllOf) else (criterion.rule,)
    if parts == children:
        return "all of the following:"
    own = tuple(rule for rule in parts if not _is_sublist(rule, children))
    lists = [rule for rule in parts if _is_sublist(rule, children)]
    if not lists:
        return explain(criterion.rule)
    before = [explain(own[0] if len(own) == 1 else AllOf(rules=own))] if own else []
    return " and ".join([*before, f"{_quantity(lists[0])} the following:"])


def _is_sublist(rule: Rule, children: tuple[Rule, ...]) -> bool:
    if len(children) == 1:
        return rule == children[0]
    return isinstance(rule, AllOf | AnyOf | AtLeast) and rule.rules == children


def _quantity(rule: Rule) -> str:
    if isinstance(rule, AtLeast):
        return f"at least {rule.count} of"
    return "any of" if isinstance(rule, AnyOf) else "all of"


def split_unread(words: str) -> Iterator[tuple[str, bool]]:
    """The words of a rule in pieces, each with whether it only quotes what was not read."""
    end = 0
    for match in UNREAD.finditer(words):
        yield words[end : match.start()], False
        yield match[0], True
        end = match.end()
    yield words[end:], False


def is_ambiguous(rule: Rule) -> bool:
    """Whether an "and" or "or" in it can be read otherwise."""
    if isinstance(rule, AllOf | AnyOf) and rule.ambiguous:
        return True
    return any(is_ambiguous(member) for member in members(rule))


def curie(concept: Concept) -> str:
    """The code behind its system: ``MESH:D003924``; no prefix is doubled (``DOID:9352``)."""
    return f"{concept.system}:{concept.code.removeprefix(concept.system + ':')}"


class Amount(NamedTuple):
    """How much there is of a trial: criteria with those of sub-lists, statements, those of them not read, findings."""

    criteria: int
    statements: int
    unread: int
    findings: int

    @property
    def structured(self) -> str:
        """The share of statements that were read: "95%"."""
        return f"{100 * (self.statements - self.unread) // self.statements}%" if self.statements else "none"


def amount(trial: ParsedTrial) -> Amount:
    """How much there is, and how much of it was read. A parent's rule includes its children's statements."""
    statements = [leaf for criterion in trial.criteria for leaf, _ in leaves(criterion.rule)]
    unread = sum(isinstance(leaf, Unstructured) for leaf in statements)
    return Amount(sum(1 for _ in trial.walk()), len(statements), unread, len(trial.findings))
