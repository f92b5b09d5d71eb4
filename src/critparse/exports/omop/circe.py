"""Circe's cohort expression, as ATLAS reads and writes it: only the parts that critparse fills, and no other keys.

Keys are Circe's own (``PascalCase`` but for a few); what is ``None`` is not written.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal

NumericOp = Literal["lt", "lte", "eq", "gt", "gte", "bt"]
EXACTLY, AT_MOST, AT_LEAST = 0, 1, 2


class _Circe(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_pascal, populate_by_name=True)


# --- concept sets


class OmopConcept(_Circe):
    """A concept of the OMOP vocabularies; ``concept_id`` 0 where only the code of another vocabulary is known."""

    model_config = ConfigDict(alias_generator=str.upper)

    concept_id: int
    concept_name: str
    concept_code: str | None = None
    vocabulary_id: str | None = None


class ConceptSetItem(_Circe):
    """A concept with all below it."""

    model_config = ConfigDict(alias_generator=to_camel)

    concept: OmopConcept
    is_excluded: bool = False
    include_descendants: bool = True
    include_mapped: bool = False


class ConceptSetExpression(_Circe):
    """What a concept set holds."""

    model_config = ConfigDict(alias_generator=to_camel)

    items: tuple[ConceptSetItem, ...]


class ConceptSet(_Circe):
    """A named set of concepts, which criteria call by its id."""

    model_config = ConfigDict(alias_generator=to_camel)

    id: int
    name: str
    expression: ConceptSetExpression


# --- criteria of one domain each


class NumericRange(_Circe):
    """A comparison: ``op`` with ``value``; "bt" includes both ``value`` and ``extent``."""

    value: float
    extent: float | None = None
    op: NumericOp


class Events(_Circe):
    """Records of one table by concept set; ``first``: a person's first only."""

    codeset_id: int | None = None
    first: bool | None = None


class Eras(Events):
    """Continuous stretches; ``era_length`` in days."""

    era_length: NumericRange | None = None


class Values(Events):
    """Records with a result: a number in one of ``unit``, or a concept."""

    value_as_number: NumericRange | None = None
    value_as_concept: tuple[OmopConcept, ...] | None = None
    unit: tuple[OmopConcept, ...] | None = None


class Measurements(Values):
    """Results also as multiples of the record's own limits of normal."""

    range_low_ratio: NumericRange | None = None
    range_high_ratio: NumericRange | None = None


class Criteria(_Circe):
    """One criterion: just one of the domains is given."""

    condition_occurrence: Events | None = None
    drug_exposure: Events | None = None
    drug_era: Eras | None = None
    procedure_occurrence: Events | None = None
    device_exposure: Events | None = None
    measurement: Measurements | None = None
    observation: Values | None = None
    visit_occurrence: Events | None = None


# --- criteria relative to the entry event


class Endpoint(_Circe):
    """``days`` before (``coeff`` -1) or after (1) the entry event; without days, the ends of the observation period."""

    days: int | None = None
    coeff: Literal[-1, 1]


class Window(_Circe):
    """From ``start`` to ``end``, both included; ``use_event_end``: for the end of a record, not its start."""

    start: Endpoint
    end: Endpoint
    use_event_end: bool = False


class Occurrence(_Circe):
    """How often: ``type`` 0 exactly, 1 at most, 2 at least."""

    type: Literal[0, 1, 2]
    count: int = Field(ge=0)


class CorelatedCriteria(_Circe):
    """Records in a window around the entry event, counted. (Circe spells it so.)"""

    criteria: Criteria
    start_window: Window
    end_window: Window | None = None
    occurrence: Occurrence


class DemographicCriteria(_Circe):
    """Age in years at the entry event, and sex."""

    age: NumericRange | None = None
    gender: tuple[OmopConcept, ...] | None = None


GroupType = Literal["ALL", "ANY", "AT_LEAST", "AT_MOST"]


class CriteriaGroup(_Circe):
    """Members of which all, any, or at least or at most ``count`` hold."""

    type: GroupType
    count: int | None = None
    criteria_list: tuple[CorelatedCriteria, ...] = ()
    demographic_criteria_list: tuple[DemographicCriteria, ...] = ()
    groups: tuple[CriteriaGroup, ...] = ()


# --- the whole


class InclusionRule(_Circe):
    """A named demand on the persons of the cohort."""

    model_config = ConfigDict(alias_generator=to_camel)

    name: str
    description: str
    expression: CriteriaGroup


class Limit(_Circe):
    """Which of a person's events count."""

    type: Literal["All", "First", "Last"]


class ObservationWindow(_Circe):
    """Days under observation that an entry event needs before and after it."""

    prior_days: int = 0
    post_days: int = 0


class PrimaryCriteria(_Circe):
    """The entry events."""

    criteria_list: tuple[Criteria, ...]
    observation_window: ObservationWindow = ObservationWindow()
    primary_criteria_limit: Limit


class CollapseSettings(_Circe):
    """How cohort eras are joined; ``era_pad`` in days."""

    collapse_type: Literal["ERA"] = "ERA"
    era_pad: int = 0


class CensorWindow(_Circe):
    """Calendar dates that bound the cohort: none."""


class CohortExpression(_Circe):
    """A cohort definition."""

    concept_sets: tuple[ConceptSet, ...]
    primary_criteria: PrimaryCriteria
    qualified_limit: Limit
    expression_limit: Limit
    inclusion_rules: tuple[InclusionRule, ...]
    end_strategy: None = None  # the cohort ends with the observation period
    censoring_criteria: tuple[Criteria, ...] = ()
    collapse_settings: CollapseSettings = CollapseSettings()
    censor_window: CensorWindow = CensorWindow()
    cdm_version_range: str = Field(default=">=5.0.0", alias="cdmVersionRange")

    def to_json(self) -> str:
        """The definition as ATLAS imports it, indented."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n"
