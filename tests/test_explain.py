"""Rules in words: exact wording of rules built by hand, and the way back from words to the same rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from critparse import parse_criterion
from critparse.rules.explain import explain
from critparse.rules.phrases import limit_words, number, unit_words, window_words, wording
from critparse.schema import (
    LEAF_KINDS,
    AllOf,
    Anchor,
    AnyOf,
    AtLeast,
    Bound,
    Dose,
    Frequency,
    IfThen,
    Leaf,
    Not,
    Qualifier,
    Range,
    Reference,
    Rule,
    Scope,
    Subject,
    TimeWindow,
    Unit,
    Unstructured,
)


def limit(text: str, ucum: str | None = None, relative: Reference | None = None) -> Range:
    """ "[18,65)" in interval notation; an empty end is open."""
    low, high = text[1:-1].split(",")
    return Range(
        lower=Bound(value=float(low), inclusive=text[0] == "[") if low else None,
        upper=Bound(value=float(high), inclusive=text[-1] == "]") if high else None,
        unit=Unit(ucum=ucum, text=ucum) if ucum else None,
        relative_to=relative,
    )


def leaf(kind: str, subject: str, **fields: Any) -> Leaf:
    """A statement about ``subject``."""
    return Leaf(kind=kind, subject=Subject(text=subject), **fields)  # type: ignore[arg-type]


def qualifier(kind: str, value: str) -> Qualifier:
    """A qualifier whose words are its value."""
    return Qualifier(kind=kind, value=value, text=value)


def before(event: str, relation: str = "before", text: str = "") -> Anchor:
    """An anchor; its words are the event's name unless given."""
    return Anchor(event=event, text=text or event, relation=relation)  # type: ignore[arg-type]


A, B, C, D = (leaf("condition", name) for name in ("gout", "asthma", "sepsis", "stroke"))


@pytest.mark.parametrize(
    ("range_", "words"),
    [
        (limit("[18,]", "a"), "≥ 18 years"),
        (limit("(18,]", "a"), "> 18 years"),
        (limit("[,75]", "a"), "≤ 75 years"),
        (limit("[,75)", "a"), "< 75 years"),
        (limit("[18,75]", "a"), "18 to 75 years"),
        (limit("[18,65)", "a"), "18 to < 65 years"),
        (limit("(18,65]", "a"), "> 18 to ≤ 65 years"),
        (limit("(18,65)", "a"), "> 18 to < 65 years"),
        (limit("[8,8]"), "= 8"),
        (limit("[1,]", "a"), "≥ 1 year"),
        (limit("[,0.5)", "mo"), "< 0.5 months"),
        (limit("[7,10]", "%"), "7 to 10%"),
        (limit("[1.5,]", "10*9/L"), "≥ 1.5 × 10^9/L"),
        (limit("(60,]", "mL/min/{1.73_m2}"), "> 60 mL/min/1.73 m2"),
        (limit("[50,100]", "/min"), "50 to 100 /min"),
        (limit("(3,]", relative="uln"), "> 3 × ULN"),
        (limit("(1,]", relative="uln"), "> ULN"),
        (limit("[1.5,3]", relative="uln"), "1.5 to 3 × ULN"),
        (limit("[80,]", "%", "predicted"), "≥ 80% of predicted"),
        (limit("[-2.5,-1]"), "-2.5 to -1"),
        (limit("[100000,]", "/uL"), "≥ 100000 /µL"),
    ],
)
def test_limits_keep_bounds_unit_and_reference(range_: Range, words: str) -> None:
    """Every bound says whether it is inclusive, and a relative one what it is relative to."""
    assert limit_words(range_) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(18.0, "18"), (0.1 + 0.2, "0.3"), (1500.0, "1500"), (0.00001, "0.00001"), (1e11, "100000000000")],
)
def test_numbers_are_plain(value: float, words: str) -> None:
    """No trailing zero, no exponent, no rounding noise."""
    assert number(value) == words


@pytest.mark.parametrize(
    ("ucum", "words"),
    [
        ("wk", "weeks"),
        ("mg/d", "mg/day"),
        ("g/(24.h)", "g/24 h"),
        ("m[IU]/mL", "mIU/mL"),
        ("mm[Hg]", "mmHg"),
        ("Cel", "°C"),
        ("10*3/uL", "× 10^3/µL"),
        ("{cells}/mm3", "cells/mm3"),
        ("{events}/a", "events/year"),
    ],
)
def test_units_are_written_as_people_write_them(ucum: str, words: str) -> None:
    """UCUM's brackets and codes do not show."""
    assert unit_words(Unit(ucum=ucum, text="?")) == words


def test_unit_without_code_is_shown_as_is() -> None:
    """A unit that names no amount is not completed."""
    assert limit_words(Range(lower=Bound(value=0.4, inclusive=True), unit=Unit(ucum=None, text="/ m2"))) == "≥ 0.4 /m2"


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (
            TimeWindow(kind="recency", range=limit("[,3]", "mo"), anchor=before("screening")),
            "within 3 months before screening",
        ),
        (
            TimeWindow(kind="recency", range=limit("[,3)", "mo"), anchor=before("screening")),
            "less than 3 months before screening",
        ),
        (
            TimeWindow(kind="recency", range=limit("[3,]", "mo"), anchor=before("enrollment")),
            "at least 3 months before enrollment",
        ),
        (TimeWindow(kind="recency", range=limit("(3,]", "mo")), "more than 3 months ago"),
        (TimeWindow(kind="recency", range=limit("[,1]", "a")), "within 1 year"),
        (TimeWindow(kind="recency", range=limit("[3,6]", "mo")), "3 to 6 months ago"),
        (TimeWindow(kind="recency", anchor=before("other", text="the index  visit")), "before the index visit"),
        (
            TimeWindow(kind="duration", range=limit("[12,12]", "mo"), anchor=before("treatment_end", "after")),
            "for 12 months after treatment",
        ),
        (TimeWindow(kind="duration", range=limit("[6,]", "wk")), "for at least 6 weeks"),
        (TimeWindow(kind="interval", range=limit("[2,2]", "wk")), "every 2 weeks"),
        (TimeWindow(kind="interval", range=limit("[1,1]", "mo")), "every month"),
        (TimeWindow(kind="period", anchor=before("study_period", "during")), "during the study"),
    ],
)
def test_windows_say_which_kind_of_time_they_are(window: TimeWindow, words: str) -> None:
    """Recency, duration, interval and period read differently, whatever their bounds."""
    assert window_words(window) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (leaf("age", "age", range=limit("[15,60]", "a")), "age 15 to 60 years"),
        (leaf("measurement", "ECOG", values=("0", "1", "2")), "ECOG 0, 1 or 2"),
        (
            leaf("measurement", "HbA1c", range=limit("[8,10]", "%"), alternatives=(limit("[64,86]", "mmol/mol"),)),
            "HbA1c 8 to 10% (64 to 86 mmol/mol)",
        ),
        (leaf("reproductive", "pregnancy test", qualitative="negative"), "negative pregnancy test"),
        (leaf("sex", "sex", values=("female", "male")), "female or male"),
        (leaf("sex", "sex", values=("female",), present=False), "not female"),
        (
            leaf(
                "condition",
                "heart failure",
                qualifiers=(qualifier("severity", "severe"), qualifier("history", "history")),
            ),
            "history of severe heart failure",
        ),
        (leaf("drug", "methotrexate", qualifiers=(qualifier("response", "failure"),)), "failure of methotrexate"),
        (
            leaf(
                "condition",
                "gout",
                qualifiers=(qualifier("history", "family"),),
                scope=Scope(person="relative", text="family"),
            ),
            "family history of gout",
        ),
        (leaf("condition", "epilepsy", qualifiers=(qualifier("response", "refractory"),)), "refractory epilepsy"),
        (
            leaf(
                "observation",
                "relapses",
                range=Range(lower=Bound(value=2, inclusive=True), unit=Unit(ucum="{events}", text="Relapses")),
            ),
            "≥ 2 relapses",
        ),
        (
            leaf("age", "age", range=limit("[18,55]", "a"), scope=Scope(person="donor", text="donor")),
            "age of the donor 18 to 55 years",
        ),
        (
            leaf("measurement", "pain", range=limit("[4,]"), scope=Scope(person="subgroup", text="cohort A")),
            "pain (cohort A) ≥ 4",
        ),
        (leaf("allergy", "penicillin"), "allergy to penicillin"),
        (leaf("allergy", "drug hypersensitivity", present=False), "no drug hypersensitivity"),
        (leaf("participation", "other trial", present=False), "no participation in another trial"),
    ],
)
def test_leaves_are_plain_phrases(rule: Rule, words: str) -> None:
    """Negation, qualifiers, subject, scope, limit and values stand where a reader expects them."""
    assert explain(rule) == words


def test_doses_have_amount_route_frequency_and_duration() -> None:
    """The missing mass of "0.4–0.6 /m2" shows; a response stands behind a whole regimen."""
    dose = Dose(
        amount=limit("[0.4,0.6]").model_copy(update={"unit": Unit(ucum=None, text="/ m2")}),
        frequency=Frequency(count=limit("[1,1]"), interval=limit("[2,2]", "wk")),
        duration=limit("[6,6]", "mo"),
    )
    regimen = leaf("drug", "cyclophosphamide", dose=dose, qualifiers=(qualifier("response", "failure"),))
    assert explain(regimen) == "cyclophosphamide 0.4–0.6 /m2 every 2 weeks for 6 months (failure)"
    oral = Dose(amount=limit("(20,]", "mg/d"), route="oral")
    assert explain(leaf("drug", "prednisone", dose=oral)) == "oral prednisone > 20 mg/day"


@pytest.mark.parametrize(
    ("count", "interval", "words"),
    [
        (limit("[1,1]"), limit("[1,1]", "d"), "once daily"),
        (limit("[2,2]"), limit("[1,1]", "wk"), "twice weekly"),
        (limit("[5,5]"), limit("[1,1]", "d"), "5 times daily"),
        (limit("[3,]"), limit("[1,1]", "wk"), "≥ 3 times weekly"),
        (limit("[1,1]"), limit("[1,1]", "h"), "once per hour"),
        (limit("[1,1]"), limit("[2,2]", "d"), "every 2 days"),
        (limit("[2,2]"), limit("[3,3]", "wk"), "2 times every 3 weeks"),
        (None, limit("[4,6]", "h"), "every 4 to 6 hours"),
    ],
)
def test_frequencies_are_counts_per_time(count: Range | None, interval: Range, words: str) -> None:
    """ "2 per 1 wk" is twice weekly."""
    assert (
        explain(leaf("drug", "insulin", dose=Dose(frequency=Frequency(count=count, interval=interval))))
        == f"insulin {words}"
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (AllOf(rules=(A, B)), "gout and asthma"),
        (AllOf(rules=(AnyOf(rules=(A, B)), C)), "(gout or asthma) and sepsis"),
        (AnyOf(rules=(A, B, C, D)), "any of: gout; asthma; sepsis; stroke"),
        (AllOf(rules=(A, AnyOf(rules=(A, B, C, D)))), "gout and (any of: gout; asthma; sepsis; stroke)"),
        (AtLeast(count=2, rules=(A, B, C)), "at least 2 of: gout; asthma; sepsis"),
        (
            AtLeast(count=2, rules=(A, B, AtLeast(count=1, rules=(C, D)))),
            "at least 2 of: gout; asthma; (at least 1 of: sepsis; stroke)",
        ),
        (AllOf(rules=(A, Not(rule=B))), "gout, except asthma"),
        (Not(rule=AllOf(rules=(A, Not(rule=B)))), "no gout, except asthma"),
        (Not(rule=AnyOf(rules=(A, B))), "not (gout or asthma)"),
        (
            AllOf(rules=(A, Not(rule=Unstructured(subject=Subject(text="odd"), reason="x")))),
            "gout and not “odd” (not read: x)",
        ),
        (Not(rule=leaf("measurement", "QTc", range=limit("(450,]", "ms"))), "no QTc > 450 ms"),
        (Not(rule=leaf("age", "age", range=limit("(65,]", "a"))), "not (age > 65 years)"),
        (AllOf(rules=(A, leaf("measurement", "ECOG", values=("0", "1")))), "gout and (ECOG 0 or 1)"),
        (
            IfThen(condition=leaf("sex", "sex", values=("female",)), rule=AllOf(rules=(A, B))),
            "if female: gout and asthma",
        ),
    ],
)
def test_groups_cannot_be_misread(rule: Rule, words: str) -> None:
    """Brackets and lists keep "and" and "or" apart."""
    assert explain(rule) == words


def test_unread_words_are_quoted_with_the_reason() -> None:
    """What was not understood is shown as such, shortened at a word."""
    unread = Unstructured(subject=Subject(text="able  to\ncope"), reason="no known entity or limit")
    assert explain(unread) == "“able to cope” (not read: no known entity or limit)"
    long = explain(Unstructured(subject=Subject(text="word " * 100), reason="x"))
    assert len(long) < 200 and "word …”" in long


def test_wording_has_no_unknown_classes() -> None:
    """The data file and the code agree on the classes of words."""
    for kind in (
        "unit",
        "event",
        "subject",
        "qualifier",
        "treatment",
        "order",
        "scope",
        "relation",
        "reference",
        "times",
        "per",
    ):
        assert wording(kind)


# --- and back

ROUND_TRIPS = [
    ("age", "Patients aged 18 to 75 years"),
    ("age", "Age of at least 21 years"),
    ("age", "Age ≥ 40 and < 60 years"),
    ("age", "Age 3 to 36 months"),
    ("measurement", "SLEDAI of 8 or more"),
    ("measurement", "ALT higher than 3 times the upper limit of normal"),
    ("measurement", "Platelets below 100 x 10^9/L"),
    ("measurement", "HbA1c 8.0-10.0 % (64-86 mmol/mol)"),
    ("measurement", "FEV1 at least 80 % of predicted"),
    ("measurement", "eGFR < 60 mL/min/1.73m2"),
    ("measurement", "BMI 18.5 to 30 kg/m2"),
    ("measurement", "Systolic blood pressure above 160 mmHg"),
    ("measurement", "ECOG performance status 0, 1 or 2"),
    ("measurement", "NYHA class III or IV"),
    ("measurement", "Normal creatinine"),
    ("measurement", "Temperature ≥ 38 °C"),
    ("measurement", "CD4 count below 200 cells/mm3"),
    ("condition", "Lupus nephritis"),
    ("condition", "Uncontrolled hypertension"),
    ("condition", "No diabetes mellitus"),
    ("condition", "Bilateral cataract"),
    ("condition", "Previous stroke"),
    ("condition", "Myocardial infarction within 6 months prior to randomization"),
    ("condition", "Stroke more than 3 months ago"),
    ("condition", "Atrial fibrillation for at least 6 months"),
    ("drug", "Oral prednisone more than 20 mg/day"),
    ("drug", "Mycophenolate mofetil 2 g/day for three months"),
    ("drug", "Metformin 500 mg twice daily"),
    ("drug", "Adalimumab 40 mg every 2 weeks"),
    ("drug", "Failure of methotrexate"),
    ("drug", "No corticosteroids within 4 weeks before enrolment"),
    ("procedure", "Kidney transplantation"),
    ("procedure", "Coronary artery bypass grafting within 3 months before screening"),
    ("device", "Cochlear implant"),
    ("device", "Intrauterine device"),
    ("observation", "Measurable disease"),
    ("observation", "Healthy volunteers"),
    ("reproductive", "Breast feeding"),
    ("reproductive", "Negative pregnancy test within 7 days before randomization"),
    ("reproductive", "Contraception for 3 months after the last dose"),
    ("reproductive", "Postmenopausal"),
    ("allergy", "Hypersensitivity to iodine"),
    ("consent", "Written informed consent"),
    ("ability", "Able to comply with the protocol"),
    ("ability", "Ambulatory"),
    ("participation", "Participation in another clinical trial within 30 days before screening"),
    ("sex", "Male"),
    ("sex", "Men and women"),
    ("life_expectancy", "Life expectancy of at least 3 months"),
    ("life_expectancy", "Life expectancy greater than 12 weeks"),
]


def test_round_trips_cover_all_leaf_kinds() -> None:
    """There is a case for each kind of statement."""
    assert {kind for kind, _ in ROUND_TRIPS} == set(LEAF_KINDS)


@pytest.mark.parametrize(("kind", "text"), ROUND_TRIPS, ids=[text for _, text in ROUND_TRIPS])
def test_words_parse_to_the_same_rule(kind: str, text: str) -> None:
    """The phrase of a rule, read again, is the same statement."""
    rule = parse_criterion(text, kind="inclusion").rule
    assert isinstance(rule, Leaf)
    assert rule.kind == kind
    again = parse_criterion(explain(rule), kind="inclusion").rule
    assert _meaning(again) == _meaning(rule), explain(rule)


BOUNDS = st.tuples(st.integers(1, 9999).map(lambda tenths: tenths / 10), st.booleans())
UNITS = st.sampled_from(
    [(None, None), ("mg/dL", None), ("%", None), ("10*9/L", None), (None, "uln"), ("%", "baseline")]
)


@given(BOUNDS | st.none(), BOUNDS | st.none(), UNITS)
def test_any_limit_comes_back_as_it_went_in(
    low: tuple[float, bool] | None, high: tuple[float, bool] | None, unit: tuple[str | None, Reference | None]
) -> None:
    """Whatever its bounds, unit and reference, a limit's words are read as the same limit."""
    assume(low is not None or high is not None)
    assume(low is None or high is None or low[0] < high[0])
    given_limit = Range(
        lower=Bound(value=low[0], inclusive=low[1]) if low else None,
        upper=Bound(value=high[0], inclusive=high[1]) if high else None,
        unit=Unit(ucum=unit[0], text=unit[0]) if unit[0] else None,
        relative_to=unit[1],
    )
    words = explain(leaf("measurement", "ferritin", range=given_limit))
    rule = parse_criterion(words, kind="inclusion").rule
    assert isinstance(rule, Leaf) and rule.range is not None, words
    assert (rule.range.lower, rule.range.upper) == (given_limit.lower, given_limit.upper), words
    assert (rule.range.unit and rule.range.unit.ucum, rule.range.relative_to) == unit, words


def _meaning(rule: Rule) -> dict[str, Any]:
    """A statement without places, confidence and how its unit was written."""
    dropped = {"evidence", "span", "spans", "confidence", "concepts"}

    def clean(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            if value.get("ucum"):
                return value["ucum"]
            if "event" in value and value["event"] != "other":
                return value["event"], value["relation"]
            return {
                k: clean(v, k)
                for k, v in value.items()
                if k not in dropped and not (k == "text" and key == "qualifiers")
            }
        if isinstance(value, list | tuple):
            return [clean(member, key) for member in value]
        return value.lower() if isinstance(value, str) else value

    meaning: dict[str, Any] = clean(rule.model_dump())
    return meaning
