"""The classes of CDISC USDM 4.0 that eligibility criteria need, with its attribute names, required fields and types.

Ids are unique within a document. An attribute that is ``None`` is written as null, as in the API of USDM.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from critparse.schema.base import Model

Filled = Annotated[str, Field(min_length=1)]


class Code(Model):
    """A term of a code system; ``decode`` is its name."""

    id: Filled
    code: Filled
    codeSystem: Filled
    codeSystemVersion: Filled
    decode: Filled
    instanceType: Literal["Code"] = "Code"


class AliasCode(Model):
    """A code of the standard terminology, which may have equivalents in others (critparse gives none)."""

    id: Filled
    standardCode: Code
    instanceType: Literal["AliasCode"] = "AliasCode"


class Quantity(Model):
    """A number with its unit."""

    id: Filled
    value: float
    unit: AliasCode | None = None
    instanceType: Literal["Quantity"] = "Quantity"


class Range(Model):
    """A range, which always has both ends."""

    id: Filled
    minValue: Quantity
    maxValue: Quantity
    isApproximate: bool
    instanceType: Literal["Range"] = "Range"


class CommentAnnotation(Model):
    """A note."""

    id: Filled
    text: str
    instanceType: Literal["CommentAnnotation"] = "CommentAnnotation"


class ExtensionAttribute(Model):
    """Something that USDM has no attribute for; ``url`` says what."""

    id: Filled
    url: Filled
    valueString: str
    instanceType: Literal["ExtensionAttribute"] = "ExtensionAttribute"


class EligibilityCriterionItem(Model):
    """The words of a criterion, as HTML."""

    id: Filled
    name: Filled
    text: str
    instanceType: Literal["EligibilityCriterionItem"] = "EligibilityCriterionItem"


class EligibilityCriterion(Model):
    """A criterion in its place: category, number, neighbours."""

    id: Filled
    extensionAttributes: tuple[ExtensionAttribute, ...] = ()
    name: Filled
    label: str | None = None
    category: Code
    identifier: Filled
    criterionItemId: Filled
    nextId: str | None = None
    previousId: str | None = None
    instanceType: Literal["EligibilityCriterion"] = "EligibilityCriterion"


class StudyDesignPopulation(Model):
    """Whom a study design is for."""

    id: Filled
    name: Filled
    label: str | None = None
    includesHealthySubjects: bool
    plannedEnrollmentNumber: Quantity | None = None
    plannedSex: Annotated[tuple[Code, ...], Field(max_length=2)] = ()
    criterionIds: tuple[str, ...] = ()
    plannedAge: Range | None = None
    notes: tuple[CommentAnnotation, ...] = ()
    instanceType: Literal["StudyDesignPopulation"] = "StudyDesignPopulation"


class Criteria(Model):
    """What critparse writes: the parts of a study that eligibility is about, each under the name that USDM gives it.

    ``population`` and ``eligibilityCriteria`` belong into a study design, ``eligibilityCriterionItems`` into the study
    version around it.
    """

    usdmVersion: Literal["4.0.0"] = "4.0.0"
    systemName: Filled
    systemVersion: Filled
    population: StudyDesignPopulation
    eligibilityCriteria: tuple[EligibilityCriterion, ...]
    eligibilityCriterionItems: tuple[EligibilityCriterionItem, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        """Every criterion has its item, is part of the population, and knows its neighbours."""
        ids = [criterion.id for criterion in self.eligibilityCriteria]
        if len(set(ids)) != len(ids):
            raise ValueError("two criteria have the same id")
        if {c.criterionItemId for c in self.eligibilityCriteria} != {
            item.id for item in self.eligibilityCriterionItems
        }:
            raise ValueError("criteria and items do not fit together")
        if list(self.population.criterionIds) != ids:
            raise ValueError("the population does not list the criteria")
        if [c.previousId for c in self.eligibilityCriteria] != [None, *ids][: len(ids)]:
            raise ValueError("previousId is not the criterion before")
        if [c.nextId for c in self.eligibilityCriteria] != [*ids[1:], None][: len(ids)]:
            raise ValueError("nextId is not the criterion after")
        return self
