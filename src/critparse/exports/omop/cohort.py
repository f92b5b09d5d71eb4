"""The whole definition: entry event, one inclusion rule for each criterion, concept sets.

Entry event: every visit. Eligibility texts name none; a visit is a day on which a person could have been asked to take
part. Of a person's visits the first on which all rules hold is taken (all qualify, the first that is included counts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from critparse.exports.capability import Exported, Omission
from critparse.exports.omop.circe import (
    CohortExpression,
    ConceptSet,
    Criteria,
    Events,
    InclusionRule,
    Limit,
    PrimaryCriteria,
)
from critparse.exports.omop.concept_sets import NEEDS_CONCEPTS, ConceptSets, need
from critparse.exports.omop.groups import Part, as_group, codesets, gathered
from critparse.exports.omop.leaves import age_part, sex_part
from critparse.exports.omop.trees import Tree
from critparse.exports.parts import field_range
from critparse.exports.unsaid import Unsaid
from critparse.schema import Criterion, ParsedTrial

ENDING = ".cohort.json"
ELIGIBILITY = "eligibility"
REGISTRY = "registry"
_MAX_NAME = 100
_MAX_RULES = 50  # Circe adds up powers of two, which data bases hold exactly up to 2 ** 53
_MAX_CODES = 6
_MARKER = re.compile(r"^(?:[*•·–-]|\d{1,3}[.)])\s")  # of a list, which the name of a rule does without
_ESCAPE = re.compile(r"\\([<>\[\]*_~#])")  # of registries that write Markdown


class Cohort(NamedTuple):
    """A definition, what is not in it, and how many statements of the criteria it expresses."""

    expression: CohortExpression
    omissions: tuple[Omission, ...]
    leaves: int


def export(trial: ParsedTrial) -> Exported:
    """One ``.cohort.json`` file for ATLAS."""
    cohort = build(trial)
    return Exported({ENDING: cohort.expression.to_json()}, cohort.omissions)


def build(trial: ParsedTrial) -> Cohort:
    """The cohort definition of a trial."""
    sets = ConceptSets()
    rules: list[InclusionRule] = []
    omissions: list[Omission] = []
    leaves = 0
    fields, missing = _registry(trial)
    rules += fields
    omissions += missing
    for criterion in _criteria(trial, omissions):
        tree = Tree(trial, criterion.id, sets)
        expressed = tree.read(criterion.rule, negated=criterion.kind == "exclusion")
        omissions += tree.omissions
        if expressed is not None:
            rules.append(_rule(criterion, expressed.part, tree.omissions))
            leaves += expressed.leaves
    used = sets.used({id_ for rule in rules for id_ in codesets(rule.expression)})
    omissions += _unresolved(used)
    return Cohort(_expression(used, _fitted(rules)), tuple(omissions), leaves)


def _expression(sets: Sequence[ConceptSet], rules: Sequence[InclusionRule]) -> CohortExpression:
    return CohortExpression(
        concept_sets=tuple(sets),
        primary_criteria=PrimaryCriteria(
            criteria_list=(Criteria(visit_occurrence=Events()),), primary_criteria_limit=Limit(type="All")
        ),
        qualified_limit=Limit(type="All"),
        expression_limit=Limit(type="First"),
        inclusion_rules=tuple(rules),
    )


def _criteria(trial: ParsedTrial, omissions: list[Omission]) -> Iterator[Criterion]:
    """The criteria that count: those of the eligibility section, if it has any, and known to include or to exclude."""
    eligible = any(criterion.span.text_id == ELIGIBILITY for criterion in trial.criteria)
    for criterion in trial.criteria:
        why = ""
        if eligible and criterion.span.text_id != ELIGIBILITY:
            why = "it stands outside the eligibility section, which has criteria of its own"
        elif criterion.kind == "unknown":
            why = "the text does not say whether it includes or excludes"
        if why:
            omissions.append(Omission(criterion.id, criterion.rule.kind, why, _folded(criterion.text)))
        else:
            yield criterion


def _rule(criterion: Criterion, part: Part, omissions: Sequence[Omission]) -> InclusionRule:
    text = _ESCAPE.sub(r"\1", _MARKER.sub("", _folded(criterion.text)))
    missing = [f"- {omission.part}: “{omission.text}”: {omission.reason}" for omission in omissions]
    return InclusionRule(
        name=_short(f"{criterion.id} {criterion.kind}: {text}"),
        description="\n".join([text, *(["Not expressed:"] if missing else []), *missing]),
        expression=as_group(part),
    )


def _fitted(rules: Sequence[InclusionRule]) -> Sequence[InclusionRule]:
    """The rules, those beyond what Circe can count as one."""
    if len(rules) <= _MAX_RULES:
        return rules
    first, rest = rules[: _MAX_RULES - 1], rules[_MAX_RULES - 1 :]
    joined = InclusionRule(
        name=f"{rest[0].name.split(':')[0]} and {len(rest) - 1} more",
        description="\n\n".join(rule.description for rule in rest),
        expression=gathered("ALL", [rule.expression for rule in rest]),
    )
    return [*first, joined]


def _registry(trial: ParsedTrial) -> tuple[list[InclusionRule], list[Omission]]:
    """Age limits and sex of the registry's own fields, which texts often leave to them."""
    fields = trial.registry
    parts: list[Part] = []
    omissions: list[Omission] = []
    for limit, end in ((fields.minimum_age, "lower"), (fields.maximum_age, "upper")):
        if limit is None:
            continue
        try:
            parts.append(age_part(field_range(limit, end), negated=False))
        except Unsaid as why:
            omissions.append(Omission(REGISTRY, why.part, why.reason, limit.text or f"{limit.value:g} {limit.unit}"))
    if fields.sex in ("female", "male"):
        parts.append(sex_part((fields.sex,)))
    if not parts:
        return [], omissions
    rule = InclusionRule(
        name="Registry: age and sex",
        description="The registry's own fields; texts often leave these limits to them.",
        expression=gathered("ALL", parts),
    )
    return [rule], omissions


def _unresolved(sets: Sequence[ConceptSet]) -> Iterator[Omission]:
    for one in sets:
        items = one.expression.items
        lack = need(items)
        if lack == NEEDS_CONCEPTS:
            reason = f"{lack}: concept set {one.id} holds nothing, since no vocabulary of OMOP is known to have a code"
            yield Omission("", "concepts", reason, one.name.removesuffix(f" ({lack})"))
        elif lack:
            codes = [f"{item.concept.vocabulary_id} {item.concept.concept_code}" for item in items]
            if len(codes) > _MAX_CODES:
                codes = [*codes[:_MAX_CODES], f"and {len(codes) - _MAX_CODES} more"]
            reason = f"{lack}: concept set {one.id} holds nothing until its codes are looked up"
            yield Omission("", "concepts", reason, f"{items[0].concept.concept_name}: {', '.join(codes)}")


def _short(name: str) -> str:
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"


def _folded(text: str) -> str:
    return " ".join(text.split())
