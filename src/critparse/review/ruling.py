"""Rules as curators write them: their spans held against the texts, and put where rules include rules."""

from __future__ import annotations

from critparse.errors import InvalidEdit
from critparse.review.criteria import walk, within
from critparse.review.passages import map_spans
from critparse.schema import AllOf, AnyOf, AtLeast, Criterion, IfThen, Not, ParsedTrial, Rule

DEEPEST = 30


def check_spans(document: ParsedTrial, rule: Rule) -> None:
    """Nothing, when every span of the rule lies in a text of the document.

    Raises:
        InvalidEdit: one does not.
    """
    if _depth(rule) > DEEPEST:
        raise InvalidEdit(reason=f"the rule is nested more than {DEEPEST} levels deep")
    lengths = {text.id: len(text.text) for text in document.texts}

    def check(text_id: str, start: int, end: int) -> tuple[str, int, int]:
        if text_id not in lengths or not start <= end <= lengths[text_id]:
            raise InvalidEdit(reason=f"{start} to {end} is no place in a text {text_id!r} of the record")
        return text_id, start, end

    map_spans(rule.model_dump(mode="json"), check)


def _depth(rule: Rule) -> int:
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules) | AtLeast(rules=rules):
            return 1 + max(map(_depth, rules), default=0)
        case Not(rule=inner):
            return 1 + _depth(inner)
        case IfThen(condition=condition, rule=then):
            return 1 + max(_depth(condition), _depth(then))
        case _:
            return 1


def with_rule(top: Criterion, id: str, rule: Rule) -> Criterion:
    """The rule in the place of that of the criterion ``id``, also in the rules above, which include it.

    Raises:
        InvalidEdit: a rule above does not include the present one as it stands.
    """
    own = next(one for one in walk(top) if one.id == id)
    changed = within(top, id, lambda one: one.model_copy(update={"rule": rule}))
    for above in walk(top):
        if above.id != id and any(one.id == id for one in walk(above)):
            changed = within(changed, above.id, lambda one: _including(one, own, rule))
    return changed


def substituted(rule: Rule, old: Rule, new: Rule) -> Rule | None:
    """The rule with ``new`` in the place of ``old``, which must be part of it just as it is; None when it is not."""
    if rule == old:
        return new
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules) | AtLeast(rules=rules):
            for number, member in enumerate(rules):
                found = substituted(member, old, new)
                if found is not None:
                    return rule.model_copy(update={"rules": (*rules[:number], found, *rules[number + 1 :])})
            return None
        case Not(rule=inner):
            found = substituted(inner, old, new)
            return None if found is None else rule.model_copy(update={"rule": found})
        case IfThen(condition=condition, rule=then):
            for name, part in (("condition", condition), ("rule", then)):
                found = substituted(part, old, new)
                if found is not None:
                    return rule.model_copy(update={name: found})
            return None
        case _:
            return None


def _including(above: Criterion, own: Criterion, rule: Rule) -> Criterion:
    found = substituted(above.rule, own.rule, rule)
    if found is None:
        raise InvalidEdit(reason=f"the rule of {above.id} does not include that of {own.id} as it is: correct it there")
    return above.model_copy(update={"rule": found})
