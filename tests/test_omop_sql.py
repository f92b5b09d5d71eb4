"""Cohort definitions run as SQL on an OMOP CDM: just the right persons, for every kind of rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from omop_cases import (
    ADULT,
    ALLERGIC_ASTHMA,
    ASTHMA,
    CASES,
    HAD_BIOPSY,
    HAD_STROKE,
    HAS_ASTHMA,
    METFORMIN,
    PEOPLE,
    asthma,
    biopsy,
    has,
    stroke,
)
from omop_cdm import INDEX, NO_MATCHING_CONCEPT, Cdm, Event, Person
from omop_first_trial import is_eligible, lupus_patient
from omop_rules import leaf, trial_of, with_ids, within
from support import FIRST_TRIAL

import critparse
from critparse.exports.omop import build, export
from critparse.schema import (
    Concept,
    Leaf,
    ParsedTrial,
    Registry,
    Subject,
)


@pytest.fixture(scope="module")
def cdm() -> Iterator[Cdm]:
    """The persons in a database; allergic asthma lies below asthma."""
    made = Cdm(PEOPLE, below=[(ASTHMA, ALLERGIC_ASTHMA)])
    yield made
    made.close()


@pytest.mark.slow
class TestEveryKindOfRule:
    @pytest.mark.parametrize("name", CASES)
    def test_finds_just_the_right_persons(self, cdm: Cdm, name: str) -> None:
        """As inclusion those of whom it is true, as exclusion all others; nothing is left out."""
        rule, answer = CASES[name]
        right = {person.id for person in PEOPLE if answer(person)}
        assert 0 < len(right) < len(PEOPLE)
        included, excluded = build(trial_of(("inclusion", rule))), build(trial_of(("exclusion", rule)))
        assert included.omissions == excluded.omissions == ()
        assert cdm.persons(included.expression.to_json()) == right
        assert cdm.persons(excluded.expression.to_json()) == {person.id for person in PEOPLE} - right


class TestWholeTrials:
    def test_every_rule_has_to_hold(self, cdm: Cdm) -> None:
        """Inclusion criteria hold, exclusion criteria do not, the registry's own fields hold."""
        fields = Registry.model_validate({"minimum_age": {"value": 18, "unit": "years"}, "sex": "female"})
        trial = trial_of(
            ("inclusion", HAS_ASTHMA), ("exclusion", HAD_STROKE), ("exclusion", HAD_BIOPSY), registry=fields
        )
        right = {p.id for p in PEOPLE if p.female and p.age >= 18 and asthma(p) and not stroke(p) and not biopsy(p)}
        assert right
        assert cdm.persons(export(trial).files[".cohort.json"]) == right

    def test_more_rules_than_circe_can_count(self, cdm: Cdm) -> None:
        """Sixty-one criteria are sixty-one criteria."""
        trial = trial_of(*[("inclusion", ADULT)] * 60, ("exclusion", HAD_STROKE))
        cohort = build(trial)
        assert len(cohort.expression.inclusion_rules) == 50
        assert cdm.persons(cohort.expression.to_json()) == {p.id for p in PEOPLE if p.age >= 18 and not stroke(p)}

    def test_without_criteria_everybody_with_a_visit_is_in(self, cdm: Cdm) -> None:
        """No rules, no demands."""
        assert cdm.persons(build(trial_of()).expression.to_json()) == {person.id for person in PEOPLE}

    def test_the_first_visit_on_which_all_holds_is_taken(self) -> None:
        """Of three visits, before, while and after a wash-out is over."""
        drug = Event(METFORMIN, 100)
        late = Person(1, female=True, age=40, visits=(90, 60, 0), drugs=[drug])
        never = Person(2, female=True, age=40, visits=(90,), drugs=[drug])
        made = Cdm([late, never])
        trial = trial_of(("exclusion", leaf("drug", METFORMIN, windows=within(4, "wk"))))
        assert made.persons(export(trial).files[".cohort.json"]) == {1}
        assert made.starts() == {1: INDEX - timedelta(days=60)}
        made.close()


class TestFirstTrial:
    """NCT01741857 with concept ids, on persons who lack one thing each, or have one too many."""

    @pytest.fixture(scope="class")
    @staticmethod
    def trial() -> ParsedTrial:
        """The trial, its concepts numbered."""
        return with_ids(critparse.parse(FIRST_TRIAL))

    def test_takes_those_whom_the_criteria_take(self, trial: ParsedTrial) -> None:
        """240 persons: what its criteria ask for that patient data hold, and nothing else, decides."""
        cohort = build(trial)
        ids = {item.concept.concept_name: item.concept.concept_id
               for one in cohort.expression.concept_sets for item in one.expression.items}  # fmt: skip
        persons = [lupus_patient(number, ids) for number in range(1, 241)]
        made = Cdm(persons)
        right = {person.id for person in persons if is_eligible(person, ids)}
        assert 20 < len(right) < 150
        assert made.persons(cohort.expression.to_json()) == right
        made.close()


class TestConceptsWithoutId:
    def test_match_nobody(self, cdm: Cdm) -> None:
        """Codes that nobody looked up are not the records that could not be mapped, which also have concept id 0."""
        code = Concept(system="SNOMEDCT", code="195967001", display="asthma", score=1, method="exact")
        unknown = Leaf(kind="condition", subject=Subject(text="asthma", concepts=(code,)))
        assert any(has(person.conditions, NO_MATCHING_CONCEPT) for person in PEOPLE)
        cohort = build(trial_of(("inclusion", unknown)))
        assert cdm.persons(cohort.expression.to_json()) == set()
        assert cohort.omissions[0].reason.startswith("needs a vocabulary")
