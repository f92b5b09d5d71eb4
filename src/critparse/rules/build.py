"""From a criterion's words and mentions to its rule and entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from critparse.concepts.document import DocumentLinker
from critparse.nlp.annotations import MAX_CHARACTERS, MentionAnnotation, ModelAnnotation
from critparse.rules.draft import Draft
from critparse.rules.entities import EntityMaker, entities_of
from critparse.rules.lead import Tail, own_drafts, read_tail
from critparse.rules.leaves import LeafBuilder, Place
from critparse.rules.logic import LeadIn, Node, combine, lead_in
from critparse.rules.permission import without_permissions
from critparse.rules.read import read
from critparse.rules.unread import unstructured
from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    CriterionKind,
    Entity,
    Hint,
    IfThen,
    Leaf,
    Not,
    Qualifier,
    Relation,
    Rule,
    Span,
    Subject,
    TimeWindow,
    Unstructured,
)

_HINT = 0.2  # a problem less likely than this is not mentioned
_UNTOUCHED = ("age", "sex", "measurement", "life_expectancy", "consent", "allergy")
_ALLERGENS = ("drug", "condition", "procedure", "device", "observation", "participation")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a lead-in says of every member of its list."""

    qualifiers: tuple[Qualifier, ...] = ()
    windows: tuple[TimeWindow, ...] = ()
    allergy: bool = False

    def __add__(self, other: Carried) -> Carried:
        return Carried(
            (*self.qualifiers, *other.qualifiers), (*self.windows, *other.windows), self.allergy or other.allergy
        )


@dataclass(frozen=True, slots=True)
class CriterionReading:
    """What one criterion says by itself; :func:`with_children` adds its sub-list."""

    node: Rule | None
    whole: Span
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    hints: tuple[Hint, ...] = ()
    lead: LeadIn | None = None
    lead_span: Span | None = None
    tail: Tail | None = None
    carried: Carried = Carried()
    trailing: str = ""


def read_criterion(  # noqa: PLR0913  what a criterion is read from has this many sides
    text: str,
    mentions: Sequence[MentionAnnotation],
    place: Place,
    *,
    raw: str,
    kind: CriterionKind,
    entity_numbers: Iterator[int],
    carried: Carried | None = None,
    leads: bool = False,
    model: ModelAnnotation | None = None,
    linker: DocumentLinker | None = None,
) -> CriterionReading:
    """Read one criterion.

    ``text``: its words without marker; ``mentions``: what the dictionary found in them; ``place`` maps character
    ranges of ``text`` to spans of ``raw``, the source as given; ``entity_numbers`` gives the numbers of entity ids;
    ``carried``: what the lead-ins above say of it; ``leads``: whether it has a sub-list of its own; ``model``: what the
    trained model says of them, where it was asked; ``linker``: knows the document's abbreviations.
    """
    if len(text) > MAX_CHARACTERS:
        return unread_criterion(text, place, f"longer than {MAX_CHARACTERS:,} characters")
    reading = read(text, mentions, model)
    lead = lead_in(reading.tokens)
    tail = read_tail(reading) if leads else None
    drafts = own_drafts(reading, tail, lead)
    if tail is None:
        drafts = without_permissions(reading.tokens, drafts, inclusion=kind != "exclusion")
    if not drafts and lead is None and tail is None and len(reading.tokens):
        drafts = [unstructured(reading.tokens, 0, len(reading.tokens))]
    linker = linker or DocumentLinker()
    builder = LeafBuilder(reading.tokens, place, linker)
    node = combine(reading.tokens, drafts, inclusion=kind != "exclusion", lead=lead)
    rule = None if node is None else _rule(node, builder)
    last = reading.tokens.lower[-4:]
    maker = EntityMaker(place, raw, entity_numbers, linker, text)
    entities, relations = entities_of(reading, model, maker)
    return CriterionReading(
        node=rule if rule is None or carried is None else _with_carried(rule, carried),
        whole=place(0, len(text)),
        entities=entities,
        relations=relations,
        hints=tuple(Hint(problem=p, confidence=score) for p, score in model.hints if score >= _HINT) if model else (),
        lead=lead,
        lead_span=builder.span(lead.first, lead.last) if lead else None,
        tail=tail,
        carried=_carried(tail, builder) if tail else Carried(),
        trailing=next((w for w in reversed(last) if w in ("or", "and")), ""),
    )


def _carried(tail: Tail, builder: LeafBuilder) -> Carried:
    qualifiers = tuple(builder.qualifier(mark) for mark in tail.marks)
    return Carried(qualifiers, tuple(builder.window(window) for window in tail.windows), tail.allergy)


def _with_carried(rule: Rule, carried: Carried) -> Rule:
    """A rule of the list with what the lead-in says of its members."""
    if isinstance(rule, AllOf | AnyOf | AtLeast):
        return rule.model_copy(update={"rules": tuple(_with_carried(member, carried) for member in rule.rules)})
    if isinstance(rule, Not | IfThen):
        return rule.model_copy(update={"rule": _with_carried(rule.rule, carried)})
    if rule.kind in _UNTOUCHED:
        return rule
    treated = rule.kind in ("drug", "procedure", "device")
    qualifiers = tuple(q for q in carried.qualifiers if treated or q.kind != "response")
    update: dict[str, object] = {"qualifiers": (*rule.qualifiers, *qualifiers)}
    if not rule.windows:
        update["windows"] = carried.windows
    if carried.allergy and rule.kind in _ALLERGENS:
        update["kind"] = "allergy"
    return rule.model_copy(update=update)


def unread_criterion(text: str, place: Place, reason: str) -> CriterionReading:
    """A criterion that could not be read at all, and why."""
    whole = place(0, len(text))
    subject = Subject(text=text[:80], spans=(whole,))
    return CriterionReading(
        Unstructured(reason=reason, subject=subject, evidence=(whole,), confidence=0.0),
        whole,
    )


def _rule(node: Node, builder: LeafBuilder) -> Rule:
    if isinstance(node, Draft):
        return _leaf(node, builder)
    rules = tuple(_rule(child, builder) for child in node.nodes)
    if node.op == "not":
        return Not(rule=rules[0])
    if node.op == "if":
        return IfThen(condition=rules[0], rule=rules[1])
    if node.op == "at_least":
        evidence = tuple(builder.span(*where) for where in node.evidence)
        return AtLeast(count=node.count, rules=rules, evidence=evidence)
    return (AllOf if node.op == "all" else AnyOf)(rules=rules, ambiguous=node.ambiguous)


def _leaf(draft: Draft, builder: LeafBuilder) -> Rule:
    """A leaf; a negated limit is the negation of the whole statement ("no QTc > 450 ms")."""
    if draft.limit is not None and draft.limit.outside:
        draft.limit = replace(draft.limit, outside=False)
        return Not(rule=_leaf(draft, builder))
    if not draft.present and (draft.limit is not None or draft.kind == "unstructured"):
        draft.present = True
        return Not(rule=builder.leaf(draft))
    return builder.leaf(draft)


def with_children(own: CriterionReading, children: Sequence[tuple[Rule, str]], kind: CriterionKind) -> Rule:
    """The rule of a criterion with its sub-list; ``children``: their rules and the conjunction each one ends with."""
    if not children:
        return own.node or Unstructured(
            reason="no words to read", subject=Subject(text="", spans=()), evidence=(own.whole,), confidence=0.0
        )
    rules = tuple(rule for rule, _ in children)
    tail = own.tail or Tail(first=0)
    alternative = tail.joined == "unless" and kind != "exclusion"
    if (tail.denied or tail.excepted) and not alternative:
        group: Rule = Not(rule=rules[0] if len(rules) == 1 else AnyOf(rules=rules))
    else:
        counted = own.lead is not None and own.lead.op == "at_least"
        group = rules[0] if len(rules) == 1 and not counted else _group(own, rules, [w for _, w in children], kind)
    return group if own.node is None else _with_list(own.node, group, tail, kind)


def _with_list(node: Rule, group: Rule, tail: Tail, kind: CriterionKind) -> Rule:
    """What stands before the list and the list, joined as the lead-in says."""
    obliged = tail.obliged and isinstance(node, Leaf) and node.kind == "sex"
    if kind != "exclusion" and (obliged or tail.joined == "if"):
        return IfThen(condition=node, rule=group)
    if tail.joined == "or" or (tail.joined == "unless" and kind != "exclusion"):
        return AnyOf(rules=(node, *(group.rules if isinstance(group, AnyOf) else (group,))))
    return AllOf(rules=(*_conjuncts(node), group))


def _conjuncts(rule: Rule) -> tuple[Rule, ...]:
    return rule.rules if isinstance(rule, AllOf) and not rule.ambiguous else (rule,)


def _group(own: CriterionReading, rules: tuple[Rule, ...], trailing: list[str], kind: CriterionKind) -> Rule:
    lead = own.lead
    if lead is not None and lead.op == "at_least":
        evidence = (own.lead_span,) if own.lead_span else ()
        return AtLeast(count=lead.count, rules=rules, evidence=evidence)
    if lead is not None:
        return AnyOf(rules=rules) if lead.op == "any" else AllOf(rules=rules)
    if "or" in trailing[:-1] or (own.tail is not None and (own.tail.either or own.tail.joined == "unless")):
        return AnyOf(rules=rules)
    if "and" in trailing[:-1]:
        return AllOf(rules=rules)
    return AnyOf(rules=rules) if kind == "exclusion" else AllOf(rules=rules)
