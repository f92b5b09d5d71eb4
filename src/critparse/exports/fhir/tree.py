"""The criteria of a trial as characteristics of an EvidenceVariable (R5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from critparse.checks.cues import cue_in
from critparse.exports.capability import Omission
from critparse.exports.fhir.statements import chosen_sex, combined, denied, limited, stated
from critparse.exports.fhir.terms import Json, markdown, type_concept, words
from critparse.exports.parts import field_range, members, whole_text
from critparse.rules.explain import explain
from critparse.schema import (
    AgeLimit,
    AllOf,
    AnyOf,
    AtLeast,
    Criterion,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Registry,
    Rule,
    Unstructured,
)

SECTION = "Section: "
"""How the note begins that names the sub-heading of a criterion."""
_UNFIT = re.compile(r"[^A-Za-z0-9.-]")
_MAX_ID = 64
_SIDES = (("minimum", "minimum_age", "lower"), ("maximum", "maximum_age", "upper"))


class Tree:
    """Makes characteristics of criteria and notes in ``omissions`` what they cannot say."""

    def __init__(self, trial: ParsedTrial) -> None:
        self._texts = {text.id: text for text in trial.texts}
        self.omissions: list[Omission] = []
        self._criterion = ""

    def criterion(self, criterion: Criterion) -> Json:
        """The criterion with its words; an exclusion criterion excludes."""
        self._criterion = criterion.id
        rule = self._rule(criterion.rule)
        if criterion.section and cue_in("group-section", criterion.section):
            rule = self._within(criterion, criterion.section, rule)
        if criterion.kind == "exclusion":
            rule = denied(rule)
        elif rule.get("exclude"):  # the criterion's own words say "no" already
            rule = {"definitionByCombination": {"code": "all-of", "characteristic": [rule]}}
        note = rule.pop("note", [])
        if criterion.section:
            note = [{"text": markdown(f"{SECTION}{criterion.section}")}, *note]
        rule.pop("description", None)
        head: Json = {"linkId": fhir_id(criterion.id), "description": markdown(whole_text(criterion))}
        return {**head, **({"note": note} if note else {}), **rule}

    def _within(self, criterion: Criterion, section: str, rule: Json) -> Json:
        """A rule for those only whom the sub-heading names: who is not among them fulfils a demand anyway."""
        member: Json = {
            "description": markdown(section),
            "definitionByTypeAndValue": {
                "type": words("group of participants"),
                "valueCodeableConcept": words(section),
            },
        }
        self._omit("scope", "which participants the sub-heading names is for people to know", section)
        if criterion.kind == "exclusion":
            return combined("all-of", [member, rule])
        return combined("any-of", [denied(member), rule])

    def _rule(self, rule: Rule) -> Json:
        match rule:
            case Leaf() | Unstructured():
                return self._leaf(rule)
            case Not(rule=inner):
                return denied(self._rule(inner))
            case _:
                return {"description": markdown(explain(rule)), **self._combination(rule)}

    def _combination(self, rule: AllOf | AnyOf | AtLeast | IfThen) -> Json:
        made = [self._rule(member) for member in members(rule)]
        match rule:
            case AllOf():
                return combined("all-of", made)
            case AnyOf():
                return combined("any-of", made)
            case AtLeast(count=count):
                return combined("at-least", made, threshold=count)
            case IfThen():
                condition, then = made
                return combined("any-of", [denied(condition), then])
            case _:
                assert_never(rule)

    def _leaf(self, leaf: Leaf | Unstructured) -> Json:
        unread = [self._texts[span.text_id].slice(span) for span in leaf.unread if span.text_id in self._texts]
        return stated(leaf, unread, self._omit)

    def _omit(self, part: str, reason: str, text: str) -> None:
        self.omissions.append(Omission(self._criterion, part, reason, " ".join(text.split())))


def registry_characteristics(registry: Registry) -> Iterator[Json]:
    """The record's own fields: ages and sex, as far as they limit who may take part."""
    for name, field, side in _SIDES:
        age: AgeLimit | None = getattr(registry, field)
        if age is None:
            continue
        text = f"Registry field: {name} age {age.value:g} {age.unit}"
        yield {
            "linkId": f"registry-{name}-age",
            "description": text,
            **limited(type_concept("age"), field_range(age, side)),
        }
    if registry.sex in ("female", "male"):
        text = f"Registry field: sex {registry.sex}"
        yield {"linkId": "registry-sex", "description": text, **chosen_sex([registry.sex])}


def fhir_id(text: str) -> str:
    """A criterion's id in the characters that FHIR's ids have."""
    return _UNFIT.sub("-", text)[:_MAX_ID] or "criterion"
