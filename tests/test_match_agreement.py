"""One question, three answers: match on OMOP, match on FHIR, and the cohort definition's SQL, on the same persons.

How they are compared: *met* has to be in the cohort, *not met* outside of it; SQL has no "unknown", so that an unknown
answer is not compared, but counted. Of an exclusion criterion, *met* has to be outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
from omop_bundles import write_bundles
from omop_cases import ALLERGIC_ASTHMA, ASTHMA, CASES, PEOPLE
from omop_cdm import INDEX, Cdm, Person
from omop_first_trial import lupus_patient
from omop_rules import trial_of, with_ids
from support import FIRST_TRIAL, rules_in

import critparse
from critparse.exports.omop import build
from critparse.match import Patient, Truth, match, read_patients
from critparse.match.patient import Domain, Record
from critparse.schema import Leaf, ParsedTrial

pytestmark = pytest.mark.slow
BELOW = [(ASTHMA, ALLERGIC_ASTHMA)]
ALL: tuple[Domain, ...] = ("condition", "drug", "procedure", "device")
RESULTS = {"measurement"}
"""Kinds of statements of which SQL takes any value on record, match the last one: the one known difference."""


@dataclass
class Sources:
    """The same persons in a database and in two kinds of records."""

    cdm: Cdm
    omop: Record
    fhir: Record
    patients: list[tuple[Patient, Patient]]

    @classmethod
    def of(cls, persons: Sequence[Person], folder: Path) -> Sources:
        """Write the persons, and read them."""
        cdm = Cdm(persons, below=BELOW)
        omop = read_patients(cdm.save(folder / "cdm.duckdb"))
        fhir = read_patients(write_bundles(persons, folder / "bundles.ndjson", BELOW))
        assert omop.problems == fhir.problems == ()
        by_id = {patient.id: patient for patient in fhir.patients}
        return cls(cdm, omop, fhir, [(patient, by_id[patient.id]) for patient in omop.patients])


@dataclass
class Comparison:
    """How the answers of all persons compare, and who stands against SQL."""

    counts: Counter[str]
    against: set[int]


def compare(sources: Sources, trial: ParsedTrial, complete: Sequence[Domain] = ()) -> Comparison:
    """The eligibility of all persons for a trial, three ways; both records have to say the same."""
    inside = sources.cdm.persons(build(trial).expression.to_json())
    coded = sources.omop.coded(trial)
    found = Comparison(Counter(), set())
    for in_omop, in_fhir in sources.patients:
        answer = match(coded, in_omop, on=INDEX, complete=complete)
        other = match(coded, in_fhir, on=INDEX, complete=complete)
        truths = [one.answer.truth for one in answer.criteria]
        assert truths == [one.answer.truth for one in other.criteria], (in_omop.id, answer.criteria, other.criteria)
        assert answer.eligible is other.eligible
        is_in = int(in_omop.id) in inside
        if answer.eligible is not Truth.UNKNOWN and (answer.eligible is Truth.MET) != is_in:
            found.against.add(int(in_omop.id))
            found.counts["against SQL"] += 1
        else:
            found.counts[answer.eligible.words] += 1
    return found


def last_only(person: Person) -> Person:
    """The person with just the last value of each test up to the visit."""
    last: dict[int, int] = {}
    for event in person.measurements:
        if event.ago >= 0:
            last[event.concept] = min(event.ago, last.get(event.concept, event.ago))
    return replace(person, measurements=[e for e in person.measurements if e.ago == last.get(e.concept)])


def several(person: Person) -> bool:
    """Whether some test has more than one value up to the visit."""
    counts = Counter(event.concept for event in person.measurements if event.ago >= 0)
    return max(counts.values(), default=0) > 1


TOTAL: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """At the end, print what was counted, for docs/evaluation.md."""
    yield
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        for what, count in sorted(TOTAL.items()):
            print(f"\n{what}: {count}", end="")  # noqa: T201


class TestEveryKindOfRule:
    @pytest.fixture(scope="class")
    @staticmethod
    def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
        """All of the synthetic persons."""
        made = Sources.of(PEOPLE, tmp_path_factory.mktemp("all"))
        yield made
        made.cdm.close()

    @pytest.fixture(scope="class")
    @staticmethod
    def latest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
        """The persons with one value of each test."""
        made = Sources.of([last_only(person) for person in PEOPLE], tmp_path_factory.mktemp("last"))
        yield made
        made.cdm.close()

    @pytest.mark.parametrize(("kind", "complete"), [("inclusion", ()), ("inclusion", ALL), ("exclusion", ALL)])
    @pytest.mark.parametrize("name", CASES)
    def test_agree(
        self, sources: Sources, name: str, kind: Literal["inclusion", "exclusion"], complete: tuple[Domain, ...]
    ) -> None:
        """Nobody stands against SQL, but those whose older results fit and whose last does not."""
        rule, _ = CASES[name]
        found = compare(sources, trial_of((kind, rule)), complete)
        mode = "complete" if complete else "as recorded"
        TOTAL.update({f"{kind}, {mode}, {answer}": count for answer, count in found.counts.items()})
        results = {leaf.kind for leaf in rules_in(rule) if isinstance(leaf, Leaf)} & RESULTS
        assert not found.against or results
        assert all(several(person) for person in PEOPLE if person.id in found.against)

    @pytest.mark.parametrize("name", CASES)
    def test_agree_wholly_where_there_is_one_value(self, latest: Sources, name: str) -> None:
        """With one value of each test there is no difference at all."""
        rule, _ = CASES[name]
        for complete in ((), ALL):
            assert compare(latest, trial_of(("inclusion", rule)), complete).against == set()

    def test_both_records_hold_the_same_facts(self, sources: Sources) -> None:
        """But for where they stand, and how they are worded and coded."""
        for in_omop, in_fhir in sources.patients:
            one, other = ([fact._replace(source="", text="", codes=frozenset(), above=frozenset()) for fact in p.facts]
                          for p in (in_omop, in_fhir))  # fmt: skip
            assert Counter(one) == Counter(other)
            assert (in_omop.birth, in_omop.sex) == (in_fhir.birth, in_fhir.sex)


class TestFirstTrial:
    """NCT01741857 with concept ids, on 240 persons."""

    @pytest.fixture(scope="class")
    @staticmethod
    def trial() -> ParsedTrial:
        """The trial, its concepts numbered."""
        return with_ids(critparse.parse(FIRST_TRIAL))

    @pytest.mark.parametrize("complete", [(), ALL], ids=["as recorded", "complete"])
    def test_agree(self, trial: ParsedTrial, complete: tuple[Domain, ...], tmp_path: Path) -> None:
        """On the whole, and on each criterion alone."""
        items = [item for one in build(trial).expression.concept_sets for item in one.expression.items]
        ids = {item.concept.concept_name: item.concept.concept_id for item in items}
        sources = Sources.of([lupus_patient(number, ids) for number in range(1, 241)], tmp_path)
        for criterion in trial.criteria:
            alone = trial.model_copy(update={"criteria": (criterion,), "registry": trial.registry.model_copy(
                update={"minimum_age": None, "maximum_age": None, "sex": None})})  # fmt: skip
            found = compare(sources, alone, complete)
            mode = "complete" if complete else "as recorded"
            TOTAL.update({f"NCT01741857, {mode}, {answer}": n for answer, n in found.counts.items()})
            assert found.against == set(), criterion.id
        assert compare(sources, trial, complete).against == set()
        sources.cdm.close()
