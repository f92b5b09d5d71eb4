"""Rules as trees on a page, and the words of the text that light up with each statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from critparse.exports.html.findings import Marks
from critparse.exports.html.findings import marks as finding_marks
from critparse.exports.html.highlight import Mark
from critparse.exports.parts import leaves
from critparse.exports.passages import readable
from critparse.rules.explain import explain
from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    Finding,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Rule,
    Span,
    SpanEvidence,
    Unstructured,
)


class Node(NamedTuple):
    """A rule in a tree. ``name``: a connective, or a statement in words; ``light``: what lights up with it, or ""."""

    name: str
    kind: str
    light: str = ""
    members: Sequence[Node] = ()
    unread: bool = False


class Trees:
    """The trees of a document. Statements of the same words light up together, wherever in the document they are."""

    def __init__(self, document: ParsedTrial) -> None:
        self._names: dict[tuple[Span, ...], str] = {}
        for criterion in document.criteria:
            for leaf, _ in leaves(criterion.rule):
                if places := _places(leaf):
                    self._names.setdefault(places, f"l{len(self._names) + 1}")

    def of(self, rule: Rule) -> Node:
        """The tree of a rule."""
        match rule:
            case AllOf(rules=rules):
                return self._group("all of", rule, rules)
            case AnyOf(rules=rules):
                return self._group("any of", rule, rules)
            case AtLeast(rules=rules, count=count):
                return self._group(f"at least {count} of", rule, rules)
            case Not(rule=denied):
                return self._group("not", rule, (denied,))
            case IfThen(condition=condition, rule=then):
                parts = (self._group("if", rule, (condition,)), self._group("then", rule, (then,)))
                return Node("", rule.kind, members=parts)
            case _:
                light = self._names.get(_places(rule), "")
                return Node(readable(explain(rule)), rule.kind, light, unread=isinstance(rule, Unstructured))

    def _group(self, name: str, rule: Rule, members: Sequence[Rule]) -> Node:
        return Node(name, rule.kind, members=[self.of(one) for one in members])

    def marks(self) -> Iterator[tuple[str, Mark]]:
        """The words of statements, each with the id of its text."""
        for spans, name in self._names.items():
            for span in spans:
                yield span.text_id, Mark(span.start, span.end, name)


def all_marks(trees: Trees, findings: Sequence[Finding]) -> Marks:
    """What is marked in the texts besides mentions and unread words: findings, and what lights up together."""
    found: defaultdict[str, list[Mark]] = defaultdict(list)
    for text_id, marks in finding_marks(findings).items():
        found[text_id].extend(marks)
    for number, finding in enumerate(findings, 1):
        for evidence in finding.evidence:
            if isinstance(evidence, SpanEvidence) and evidence.end > evidence.start:
                found[evidence.text_id].append(Mark(evidence.start, evidence.end, f"g{number}"))
    for text_id, mark in trees.marks():
        found[text_id].append(mark)
    return found


def _places(leaf: Leaf | Unstructured) -> tuple[Span, ...]:
    spans = leaf.evidence or leaf.subject.spans
    return tuple(span for span in spans if span.end > span.start)
