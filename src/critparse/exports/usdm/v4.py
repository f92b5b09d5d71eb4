"""CDISC USDM 4.0: criteria in their order with category and text, and the population they select.

USDM carries no logic: the rule of each criterion goes along as JSON in an extension attribute. The file holds the
classes that criteria need, not a whole study: a ``StudyDesignPopulation``, the ``EligibilityCriterion`` of its design
and the ``EligibilityCriterionItem`` of its version, under the names that the attributes of USDM have for them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType

from critparse.exports.capability import Capabilities, Capability, Exported, Omission
from critparse.exports.parts import aside, listed, whole_text
from critparse.exports.terminal import lines, visible
from critparse.exports.usdm.model import (
    AliasCode,
    Code,
    CommentAnnotation,
    Criteria,
    EligibilityCriterion,
    EligibilityCriterionItem,
    ExtensionAttribute,
    Quantity,
    Range,
    StudyDesignPopulation,
)
from critparse.lexicon.resources import data_rows
from critparse.rules.explain import explain
from critparse.schema import LEAF_KINDS, AgeLimit, Criterion, ParsedTrial, Registry, Unstructured

RULE = "urn:critparse:rule"
"""The extension attribute that holds a rule, as docs/schema.md describes it, in JSON."""
EXPLAINED = "urn:critparse:explained"
"""The extension attribute that holds the rule in plain words."""
_CDISC = "http://www.cdisc.org"
_VERSION = "2025-03-28"  # of the package that usdm_codes.tsv was taken from

_EXTENSION = Capability("no", "in the criterion's `text`; the rule as JSON in `extensionAttributes`")
CAPABILITIES: Capabilities = {
    **dict.fromkeys(("all_of", "any_of", "not", "at_least", "if_then"), _EXTENSION),
    **dict.fromkeys(LEAF_KINDS, _EXTENSION),
    "age": Capability("rewritten", "the registry's ages as `plannedAge` where both are given; else as the others"),
    "sex": Capability("rewritten", "the registry's sex as `plannedSex`; else as the others"),
    **dict.fromkeys(
        (
            "range", "range relative to a limit of normal", "alternatives", "values", "qualitative", "present",
            "windows", "qualifiers", "dose", "scope", "concepts", "unread",
        ),
        _EXTENSION,
    ),
    "unstructured": Capability("exact", "the criterion's `text`"),
}  # fmt: skip
_NO_LOGIC = "USDM has no elements for logic; the rule goes along in extensionAttributes"
_ASIDE = "it stands beside the list (in the narrative, or without saying whether it includes or excludes)"


def export(trial: ParsedTrial) -> Exported:
    """One ``.json`` file: population, criteria and items."""
    criteria = listed(trial)
    notes: list[str] = []
    omitted: list[Omission] = []
    for reason, part, text in _unsaid(trial.registry):
        notes.append(text)
        omitted.append(Omission("", part, reason, text))
    for criterion in aside(trial):
        notes.append(f"{_ASIDE[0].upper()}{_ASIDE[1:]}: {whole_text(criterion)}")
        omitted.append(Omission(criterion.id, criterion.rule.kind, f"{_ASIDE}: a note", whole_text(criterion)))
    omitted += [
        Omission(criterion.id, criterion.rule.kind, _NO_LOGIC, explain(criterion.rule))
        for criterion in criteria
        if not isinstance(criterion.rule, Unstructured)
    ]
    document = Criteria(
        systemName=trial.parser.name,
        systemVersion=trial.parser.version,
        population=_population(trial, criteria, notes),
        eligibilityCriteria=tuple(_chain(criteria)),
        eligibilityCriterionItems=tuple(_item(criterion) for criterion in criteria),
    )
    return Exported({".json": document.model_dump_json(indent=2) + "\n"}, tuple(omitted))


# --- population


def _population(trial: ParsedTrial, criteria: Sequence[Criterion], notes: Sequence[str]) -> StudyDesignPopulation:
    registry = trial.registry
    sexes = [sex for sex in ("female", "male") if registry.sex in ("all", sex)]
    enrollment = registry.enrollment
    return StudyDesignPopulation(
        id="population",
        name=visible(f"Population of {trial.trial_id or 'the study'}"),
        label=visible(trial.title) if trial.title else None,
        includesHealthySubjects=registry.healthy_volunteers is True,
        plannedEnrollmentNumber=Quantity(id="plannedEnrollmentNumber", value=enrollment) if enrollment else None,
        plannedSex=tuple(_code(f"plannedSex-{sex}", f"sex:{sex}") for sex in sexes),
        plannedAge=_planned_age(registry),
        criterionIds=tuple(_id(criterion) for criterion in criteria),
        notes=tuple(CommentAnnotation(id=f"note-{number}", text=text) for number, text in enumerate(notes, 1)),
    )


def _planned_age(registry: Registry) -> Range | None:
    """The registry's ages; USDM's Range needs both ends."""
    low, high = registry.minimum_age, registry.maximum_age
    if low is None or high is None:
        return None
    return Range(
        id="plannedAge",
        minValue=_age("plannedAge-minValue", low),
        maxValue=_age("plannedAge-maxValue", high),
        isApproximate=False,
    )


def _age(identifier: str, age: AgeLimit) -> Quantity:
    unit = _code(f"{identifier}-unit-code", f"unit:{age.unit}")
    return Quantity(id=identifier, value=age.value, unit=AliasCode(id=f"{identifier}-unit", standardCode=unit))


def _unsaid(registry: Registry) -> Iterator[tuple[str, str, str]]:
    """Reason, part and words of what the registry's fields say and USDM's cannot."""
    ages = [(n, a) for n, a in (("minimum", registry.minimum_age), ("maximum", registry.maximum_age)) if a is not None]
    if len(ages) == 1:
        ((name, age),) = ages
        yield (
            "plannedAge needs both ends; a note",
            "age",
            f"Planned age: {name} {age.value:g} {age.unit}, no other limit",
        )
    if registry.healthy_volunteers is None:
        text = "The record does not say whether healthy volunteers are included"
        yield "includesHealthySubjects must be true or false: false, and a note", "participation", text


# --- criteria


def _chain(criteria: Sequence[Criterion]) -> Iterator[EligibilityCriterion]:
    """The criteria in order, each with the ids of its neighbours."""
    ids = [_id(criterion) for criterion in criteria]
    for number, criterion in enumerate(criteria):
        yield EligibilityCriterion(
            id=ids[number],
            extensionAttributes=_extensions(ids[number], criterion),
            name=criterion.id,
            category=_code(f"{ids[number]}-category", f"category:{criterion.kind}"),
            identifier=criterion.id,
            criterionItemId=f"{ids[number]}-item",
            previousId=ids[number - 1] if number else None,
            nextId=ids[number + 1] if number + 1 < len(ids) else None,
            label=visible(criterion.section) if criterion.section else None,
        )


def _extensions(identifier: str, criterion: Criterion) -> tuple[ExtensionAttribute, ...]:
    return (
        ExtensionAttribute(id=f"{identifier}-rule", url=RULE, valueString=criterion.rule.model_dump_json()),
        ExtensionAttribute(id=f"{identifier}-explained", url=EXPLAINED, valueString=visible(explain(criterion.rule))),
    )


def _item(criterion: Criterion) -> EligibilityCriterionItem:
    """The words as HTML: what might be markup is escaped, line ends are breaks."""
    text = escape(lines(whole_text(criterion)).strip(), quote=False).replace("\n", "<br/>")
    return EligibilityCriterionItem(id=f"{_id(criterion)}-item", name=criterion.id, text=f"<p>{text}</p>")


def _id(criterion: Criterion) -> str:
    return f"criterion-{criterion.id}"


@functools.cache
def _codes() -> Mapping[str, tuple[str, str]]:
    """Code and decode by key."""
    rows = data_rows("usdm_codes.tsv", ("key", "code", "decode"))
    return MappingProxyType({row["key"]: (row["code"], row["decode"]) for row in rows})


def _code(identifier: str, key: str) -> Code:
    code, decode = _codes()[key]
    return Code(id=identifier, code=code, codeSystem=_CDISC, codeSystemVersion=_VERSION, decode=decode)
