"""Numbers, operators, units, limits and times: from words to typed quantities.

Limits are written compactly here: ``>= 18 < 65 a`` (bounds, UCUM unit), ``> 3 xuln``, ``>= 80 % of predicted``, a
number without sign where nothing says that it limits anything, ``| …`` before the same limit in another unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import ucumvert
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from critparse.lexicon import analytes
from critparse.lexicon.tokenize import split
from critparse.lexicon.vocabulary import UnitAtom, rows, vocabulary
from critparse.nlp.tokens import Tokens
from critparse.quantities.analytes import canonical
from critparse.quantities.grammar import Limit, read_limits
from critparse.quantities.numbers import read_grade, read_number, read_signed
from critparse.quantities.operators import read_operator
from critparse.quantities.times import read_anchor, read_frequency, read_period, read_window
from critparse.quantities.units import convert, dimension, read_unit


def shown(limit: Limit) -> str:
    """A limit in the compact form."""
    words = []
    if limit.lower is not None and limit.lower == limit.upper:
        words.append(("= " if limit.stated else "") + f"{limit.lower.value:.12g}")
    else:
        for sign, bound in ((">", limit.lower), ("<", limit.upper)):
            if bound is not None:
                words.append(f"{sign}{'=' * bound.inclusive} {bound.value:.12g}")
    if limit.ucum:
        words.append(limit.ucum)
    if limit.relative_to:
        words.append(f"of {limit.relative_to}" if limit.ucum else f"x{limit.relative_to}")
    return " ".join([*words, *(f"| {shown(other)}" for other in limit.alternatives)])


def limits(text: str) -> list[str]:
    """All limits of a text, compactly."""
    return [shown(limit) for limit in read_limits(Tokens.of(text))]


# --- numbers


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "value", "power"),
        [
            ("18", 18, 0),
            ("0.5", 0.5, 0),
            (".5", 0.5, 0),
            ("0,5", 0.5, 0),
            ("1·5", 1.5, 0),
            ("1,500", 1500, 0),
            ("1,234,567.5", 1234567.5, 0),
            ("0,500", 0.5, 0),
            ("100 000/mm3", 100000, 0),
            ("100.000/mm3", 100000, 0),
            ("100.000", 100, 0),
            ("1.000.000", 1000000, 0),
            ("12'000/µL", 12000, 0),
            ("3½", 3.5, 0),
            ("½", 0.5, 0),
            ("1:160", 160, 0),
            ("36 0/7 weeks", 36, 0),
            ("36 3/7 weeks", 36.428571, 0),
            ("95th percentile", 95, 0),
            ("1.5 x 10^9/L", 1.5, 9),
            ("1.5x10^9/L", 1.5, 9),
            ("1.5 × 10⁹/L", 1.5, 9),
            ("1.5 x 109/L", 1.5, 9),
            ("1.5 x 10E9/L", 1.5, 9),
            ("1.5 x 10*9/L", 1.5, 9),
            ("1.5*10**9/L", 1.5, 9),
            ("1.5 x 10(9)/L", 1.5, 9),
            ("150 x 10 9/L", 150, 9),
            ("150 x 1000/µL", 150, 3),
            ("1e6 copies", 1, 6),
            ("10^6", 1000000, 0),
            ("10⁶", 1000000, 0),
            ("5 million", 5, 6),
            ("2 thousand", 2, 3),
            ("eighteen", 18, 0),
            ("twenty-five", 25, 0),
            ("twenty five", 25, 0),
            ("one hundred", 100, 0),
            ("two hundred and fifty", 250, 0),
            ("three thousand", 3000, 0),
            ("two and a half", 2.5, 0),
            ("one point five", 1.5, 0),
            ("half a year", 0.5, 0),
            ("a dozen", 12, 0),
            ("a year", 1, 0),
            ("an hour", 1, 0),
            ("six (6)", 6, 0),
            ("4 (four)", 4, 0),
            ("6 (7)", 6, 0),
        ],
    )
    def test_a_number_has_its_value_and_its_power_of_ten(self, text: str, value: float, power: int) -> None:
        """Digits, separators, words, fractions, repeats in brackets; a power before a unit is kept apart."""
        number = read_number(Tokens.of(text), 0)
        assert number is not None
        assert (number.value, number.power) == (value, power)

    @pytest.mark.parametrize(
        ("text", "index"),
        [("COVID-19", 2), ("IL-6", 2), ("2nd", 0), ("HbA1c", 0), ("a patient", 0), ("B/19", 2), ("word", 0), ("", 0)],
    )
    def test_what_is_no_number_is_none(self, text: str, index: int) -> None:
        """Digits inside names, ordinals and articles before other things."""
        assert read_number(Tokens.of(text), index) is None

    def test_digits_inside_a_name_of_the_dictionary_are_no_number(self) -> None:
        """A shielded token belongs to a name."""
        tokens = Tokens.of("type 2 diabetes", shields=[(0, 15)])
        assert read_number(tokens, 1) is None

    @pytest.mark.parametrize(
        ("text", "value"), [("-2.5", -2.5), ("−2.5", -2.5), ("+2", 2.0), ("2.5", 2.5), ("- 2", None)]
    )
    def test_a_sign_belongs_to_the_number_it_touches(self, text: str, value: float | None) -> None:
        """A dash with a blank behind it is no minus."""
        number = read_signed(Tokens.of(text), 0)
        assert (number.value if number else None) == value

    @pytest.mark.parametrize(
        ("text", "grade"),
        [
            ("III", ("III", 3.0)),
            ("IIIB", ("IIIB", 3.0)),
            ("iv", ("iv", 4.0)),
            ("2", ("2", 2.0)),
            ("x", None),
            ("II-III", ("II", 2.0)),
        ],
    )
    def test_grades_are_roman_or_small(self, text: str, grade: tuple[str, float] | None) -> None:
        """A grade keeps its writing and has a rank."""
        found = read_grade(Tokens.of(text), 0)
        assert (found[:2] if found else None) == grade

    @given(st.integers(0, 999_999))
    def test_thousands_separators_do_not_change_a_number(self, value: int) -> None:
        """With commas or without: the same value, read to the end."""
        for text in (f"{value}", f"{value:,}"):
            number = read_number(Tokens.of(text), 0)
            assert number is not None
            assert (number.value, number.next) == (value, len(Tokens.of(text)))


# --- operators

OPERATORS = list(rows("operators.tsv", 3))
PRE = [(phrase, operator) for phrase, operator, position in OPERATORS if position == "pre"]
POST = [(phrase, operator) for phrase, operator, position in OPERATORS if position == "post"]
SUFFIXES = [phrase for phrase, _, position in OPERATORS if position == "suffix"]
PREFIXES = [phrase for phrase, _, position in OPERATORS if position == "prefix"]
BARE = [(phrase, operator) for phrase, operator, position in OPERATORS if position == "bare"]
WEAK = {"gt": "ge", "lt": "le"}


class TestOperators:
    def test_the_table_is_of_its_own_columns(self) -> None:
        """Known operators and positions only, no phrase twice in one position, tokens cut as the tokenizer does."""
        assert {operator for _, operator, _ in OPERATORS} == {"ge", "gt", "le", "lt", "eq", "or-equal"}
        assert {position for *_, position in OPERATORS} == {"pre", "post", "bare", "prefix", "suffix"}
        pairs = [(phrase, position) for phrase, _, position in OPERATORS]
        assert sorted(pairs) == sorted(set(pairs))
        assert all(phrase == phrase.lower() for phrase, _ in pairs)

    @pytest.mark.parametrize(("phrase", "operator"), PRE, ids=[phrase for phrase, _ in PRE])
    def test_a_phrase_is_read_whole(self, phrase: str, operator: str) -> None:
        """Every phrase before a number: its operator, and nothing of it left over."""
        tokens = Tokens.of(f"{phrase} 5")
        assert read_operator(tokens, 0) == (operator, len(tokens) - 1)

    @pytest.mark.parametrize("suffix", SUFFIXES)
    @pytest.mark.parametrize(("phrase", "operator"), [("greater than", "ge"), ("less than", "le"), (">", "ge")])
    def test_or_equal_behind_makes_the_limit_inclusive(self, phrase: str, operator: str, suffix: str) -> None:
        """ "greater than or equal to", "> or =", and so on."""
        tokens = Tokens.of(f"{phrase} {suffix} 5")
        assert read_operator(tokens, 0) == (operator, len(tokens) - 1)

    @pytest.mark.parametrize("prefix", PREFIXES)
    @pytest.mark.parametrize(("phrase", "operator"), [("greater than", "ge"), ("above", "ge"), ("below", "le")])
    def test_equal_or_before_makes_the_limit_inclusive(self, prefix: str, phrase: str, operator: str) -> None:
        """ "equal to or greater than", "at or above"."""
        tokens = Tokens.of(f"{prefix} {phrase} 5")
        assert read_operator(tokens, 0) == (operator, len(tokens) - 1)

    @pytest.mark.parametrize(("phrase", "operator"), BARE, ids=[phrase for phrase, _ in BARE])
    def test_a_bare_comparative_needs_an_or_equal(self, phrase: str, operator: str) -> None:
        """ "greater or equal to 5" limits; "greater 5" does not, since "more 5" may be anything."""
        assert read_operator(Tokens.of(f"{phrase} 5"), 0) is None
        tokens = Tokens.of(f"{phrase} or equal to 5")
        assert read_operator(tokens, 0) == (WEAK[operator], len(tokens) - 1)

    @pytest.mark.parametrize(
        ("text", "operator"),
        [
            ("at least (≥) 18", "ge"),
            ("greater than (>) 5", "gt"),
            ("less than or equal to (≤) 5", "le"),
            ("over > 5", "gt"),
        ],
    )
    def test_a_sign_that_repeats_the_words_belongs_to_them(self, text: str, operator: str) -> None:
        """In brackets or without."""
        tokens = Tokens.of(text)
        assert read_operator(tokens, 0) == (operator, len(tokens) - 1)


# --- units

UNITS = [
    (UnitAtom(ucum, dim, float(factor)), surfaces.split("|")) for ucum, dim, factor, surfaces in rows("units.tsv", 4)
]
ATOMS = [atom for atom, _ in UNITS]


@pytest.fixture(scope="module")
def ucum() -> Any:
    """UCUM by its own grammar and as pint units: slow to build, hence once."""
    return ucumvert.PintUcumRegistry()


@pytest.fixture(scope="module")
def ucum_parser() -> Any:
    """UCUM's grammar alone."""
    return ucumvert.get_ucum_parser()


def pint_of(registry: Any, code: str) -> Any:
    """The code as a pint quantity; ``None`` for what pint does not know: annotations, logarithms."""
    if code.startswith("{") or "[pH]" in code or code in ("dB", "Cel", "[degF]"):
        return None
    return registry.from_ucum(code)


class TestUnits:
    def test_no_code_and_no_exact_writing_stands_twice(self) -> None:
        """A code has one row; a writing means one unit."""
        assert len({atom.ucum for atom in ATOMS}) == len(ATOMS)
        writings = [surface for _, surfaces in UNITS for surface in surfaces]
        assert not {surface for surface in writings if writings.count(surface) > 1}

    @pytest.mark.parametrize("atom", ATOMS, ids=[atom.ucum for atom in ATOMS])
    def test_a_code_is_valid_ucum(self, atom: UnitAtom, ucum_parser: Any) -> None:
        """The grammar of ucumvert, made from the UCUM specification, takes it; alone, below a line and with a power."""
        for code in (atom.ucum, f"10*6.{atom.ucum}", f"mg/{atom.ucum}") if "/" not in atom.ucum else (atom.ucum,):
            ucum_parser.parse(code)

    @pytest.mark.parametrize("atom", ATOMS, ids=[atom.ucum for atom in ATOMS])
    def test_a_factor_is_that_of_pint(self, atom: UnitAtom, ucum: Any) -> None:
        """To every other unit of its dimension that pint knows, within the precision of the table."""
        own = pint_of(ucum, atom.ucum)
        for other in ATOMS:
            theirs = pint_of(ucum, other.ucum) if other.dimension == atom.dimension else None
            if own is not None and theirs is not None:
                expected = (own.to_base_units() / theirs.to_base_units()).to_base_units()
                assert expected.dimensionless, (atom.ucum, other.ucum)
                assert convert(1.0, atom.ucum, other.ucum) == pytest.approx(float(expected.magnitude), rel=1e-4)

    @pytest.mark.parametrize(("atom", "surfaces"), UNITS, ids=[atom.ucum for atom in ATOMS])
    def test_every_writing_is_read_as_its_unit(self, atom: UnitAtom, surfaces: list[str]) -> None:
        """Each surface form after a number, alone and below a line, gives the code and is read to its end."""
        for surface in surfaces:
            written = surface.removeprefix("=") if surface[1:2].isalpha() else surface
            tokens = Tokens.of(f"5 {written}")
            unit = read_unit(tokens, 1)
            assert unit is not None, surface
            assert (unit.ucum, unit.next) == (atom.ucum, len(tokens)), surface

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("mg/dL", "mg/dL"),
            ("mg per dl", "mg/dL"),
            ("mg/kg/day", "mg/kg/d"),
            ("mg/m2/day", "mg/m2/d"),
            ("µg/L", "ug/L"),
            ("mmol/mol", "mmol/mol"),
            ("K/uL", "10*3/uL"),
            ("G/L", "10*9/L"),
            ("g/L", "g/L"),
            ("cells/µL", "{cells}/uL"),
            ("/mm3", "/mm3"),
            ("per mm^3", "/mm3"),
            ("IU/mL", "[IU]/mL"),
            ("mIU/mL", "m[IU]/mL"),
            ("mEq/L", "meq/L"),
            ("U/L", "U/L"),
            ("units/day", "U/d"),
            ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
            ("ml/min/1.73m²", "mL/min/{1.73_m2}"),
            ("mL/min per 1.73 m^2", "mL/min/{1.73_m2}"),
            ("g/24 h", "g/(24.h)"),
            ("g per 24 hours", "g/(24.h)"),
            ("mg/1 day", "mg/d"),
            ("kg/m2", "kg/m2"),
            ("kg / m²", "kg/m2"),
            ("mm Hg", "mm[Hg]"),
            ("beats/min", "/min"),
            ("pack-years", "{pack}.a"),
            ("% ", "%"),
            ("10^9/L", "10*9/L"),
            ("x 10^6 copies/mL", "10*6.{copies}/mL"),
            ("m/s", "m/s"),
            ("cm/s", "cm/s"),
        ],
    )
    def test_units_are_composed_to_valid_ucum(self, text: str, code: str, ucum_parser: Any) -> None:
        """Divisions, powers, normalised clearances, collection times; the traps that raw pint falls into."""
        tokens = Tokens.of(f"5 {text}")
        unit = read_unit(tokens, 1)
        assert unit is not None
        assert (unit.ucum, unit.next) == (code, len(tokens))
        ucum_parser.parse(unit.ucum)

    @pytest.mark.parametrize("text", ["apples", "of", "and", "", "(", "k", "patients/year"])
    def test_what_is_no_unit_is_none(self, text: str) -> None:
        """Words after a number are no units by themselves."""
        assert read_unit(Tokens.of(f"5 {text}"), 1) is None

    @pytest.mark.parametrize(
        ("value", "source", "target", "expected"),
        [
            (1, "g/dL", "g/L", 10),
            (1, "mg/dL", "g/L", 0.01),
            (1.5, "10*9/L", "10*3/uL", 1.5),
            (1500, "{cells}/uL", "10*9/L", 1.5),
            (100000, "/mm3", "10*9/L", 100),
            (2, "a", "mo", 24),
            (48, "h", "d", 2),
            (1, "g/(24.h)", "mg/d", 1000),
            (1, "ukat/L", "U/L", 60),
            (180, "[lb_av]", "kg", 81.6466266),
            (7, "%", "%", 7),
        ],
    )
    def test_units_of_one_dimension_convert(self, value: float, source: str, target: str, expected: float) -> None:
        """Conventional to SI, counts per volume, times."""
        assert convert(value, source, target) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("source", "target"),
        [
            ("mg/dL", "mmol/L"),
            ("kg", "a"),
            ("%", "mmol/mol"),
            ("[IU]/L", "U/L"),
            ("mL/min", "mL/min/{1.73_m2}"),
            ("?", "g"),
        ],
    )
    def test_units_of_different_dimensions_do_not(self, source: str, target: str) -> None:
        """Mass and amount need the analyte's factor; international units are no enzyme units: never by guessing."""
        assert convert(1.0, source, target) is None

    def test_dimensions_have_names(self) -> None:
        """Composed of those of the atoms; unknown codes have none."""
        assert dimension("mg/dL") == "mass/volume"
        assert dimension("10*9/L") == dimension("{cells}/uL") == "count/volume"
        assert dimension("furlong") is None

    @given(st.sampled_from(ATOMS), st.sampled_from(ATOMS), st.floats(1e-6, 1e6))
    def test_a_conversion_there_and_back_changes_nothing(self, one: UnitAtom, other: UnitAtom, value: float) -> None:
        """And exists exactly when the dimensions are the same."""
        there = convert(value, one.ucum, other.ucum)
        assert (there is not None) == (dimension(one.ucum) == dimension(other.ucum))
        if there is not None:
            back = convert(there, other.ucum, one.ucum)
            assert back is not None
            assert math.isclose(back, value, rel_tol=1e-9)


# --- the grammar of limits


class TestLimits:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("between 18 and 65 years", ">= 18 <= 65 a"),
            ("between the ages of 18 and 65", ">= 18 <= 65"),
            ("from 18 to 65 years", ">= 18 <= 65 a"),
            ("ranging from 5 to 10 mg", ">= 5 <= 10 mg"),
            ("in the range of 5-10 mg", ">= 5 <= 10 mg"),
            ("18-65 years", ">= 18 <= 65 a"),
            ("18–75", ">= 18 <= 75"),
            ("15 to 60 years old", ">= 15 <= 60 a"),
            ("18 years to 65 years", ">= 18 <= 65 a"),
            ("18 through 65 years", ">= 18 <= 65 a"),
            ("0.4 ~ 0.6 mg", ">= 0.4 <= 0.6 mg"),
            ("5 to < 12 years", ">= 5 < 12 a"),
            ("≥ 5 to < 12 years", ">= 5 < 12 a"),
            ("> 5 to 12 years", "> 5 <= 12 a"),
            ("6 months to 5 years", ">= 6 <= 60 mo"),
            ("1-2 years", ">= 1 <= 2 a"),
            ("three to five", ">= 3 <= 5"),
            ("25th to 75th percentile", ">= 25 <= 75 {percentile}"),
            ("-2.5 to -1", ">= -2.5 <= -1"),
            ("0 to 1 mg", ">= 0 <= 1 mg"),
        ],
    )
    def test_ranges(self, text: str, expected: str) -> None:
        """Two ends, one unit, the finer where there are two."""
        assert limits(text) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("18 to 65 years, inclusive", ">= 18 <= 65 a"),
            ("18-65 years (both inclusive)", ">= 18 <= 65 a"),
            ("> 18 and < 65 years inclusive", ">= 18 <= 65 a"),
            ("18 to 65 years of age, exclusive", "> 18 < 65 a"),
        ],
    )
    def test_a_range_may_say_whether_its_ends_belong_to_it(self, text: str, expected: str) -> None:
        """ "inclusive" and "exclusive" after a range."""
        assert limits(text) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("18 years or older", ">= 18 a"),
            ("18 years of age or older", ">= 18 a"),
            ("18 years old and above", ">= 18 a"),
            ("18+", ">= 18"),
            ("18+ years", ">= 18 a"),
            ("70 years or younger", "<= 70 a"),
            ("5 % or less", "<= 5 %"),
            ("3 mg at most", "<= 3 mg"),
            ("18 years minimum", ">= 18 a"),
            ("10 mg/dL (or higher)", ">= 10 mg/dL"),
            ("≥ 5.7 % or higher", ">= 5.7 %"),
            ("2+ times the upper limit of normal", ">= 2 xuln"),
        ],
    )
    def test_operators_after_the_number(self, text: str, expected: str) -> None:
        """Behind the unit, behind "of age", in brackets, said twice."""
        assert limits(text) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("18 ≤ age", [">= 18"]),
            ("18 < age < 65", ["> 18 < 65"]),
            ("20 ≤ BMI ≤ 34 kg/m2", [">= 20 <= 34 kg/m2"]),
            ("34 ≥ BMI > 20", ["> 20 <= 34"]),
        ],
    )
    def test_flipped_limits_have_the_number_first(self, text: str, expected: list[str]) -> None:
        """The sign points the other way; two-sided around the subject is one range."""
        assert limits(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("≥ 21 and < 70 years", [">= 21 < 70 a"]),
            ("≥ 18 years and ≤ 75 years", [">= 18 <= 75 a"]),
            ("at least 18 but not older than 75 years", [">= 18 <= 75 a"]),
            ("> 7.0%, ≤ 10%", ["> 7 <= 10 %"]),
            ("> 1.5 to ≤ 3 x ULN", ["> 1.5 <= 3 xuln"]),
            ("≤ 75 and ≥ 18 years", [">= 18 <= 75 a"]),
            ("≥ 6 months and < 2 years", [">= 6 < 24 mo"]),
            ("< 18 or > 65 years", ["< 18 a", "> 65 a"]),
            ("< 50 or > 110 beats per minute", ["< 50 /min", "> 110 /min"]),
            ("≥ 9 g/dL and ≥ 100 mg", [">= 9 g/dL", ">= 100 mg"]),
            ("≥ 5 mg and < 10 years", [">= 5 mg", "< 10 a"]),
        ],
    )
    def test_two_bounds_join_where_they_enclose_something(self, text: str, expected: list[str]) -> None:
        """ "and" between a lower and an upper bound of one unit makes a range; "or" leaves two limits."""
        assert limits(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("8.0–10.0 % (64–86 mmol/mol)", ">= 8 <= 10 % | >= 64 <= 86 mmol/mol"),
            ("≥ 126 mg/dL (7.0 mmol/L)", ">= 126 mg/dL | >= 7 mmol/L"),
            ("< 9 g/dL (< 90 g/L)", "< 9 g/dL | < 90 g/L"),
            ("< 9 g/dL [90 g/L]", "< 9 g/dL | < 90 g/L"),
            ("126 mg/dL (7.0 mmol/L) or higher", ">= 126 mg/dL | >= 7 mmol/L"),
        ],
    )
    def test_the_same_limit_in_brackets_is_an_alternative(self, text: str, expected: str) -> None:
        """In another unit, with or without its own sign: one limit, two spellings."""
        assert limits(text) == [expected]

    @pytest.mark.parametrize(
        "text", ["≥ 7 % (HbA1c)", "≥ 7 % (see 5 mg)", "≥ 126 mg/dL (130 mg/dL)", "3 months (90 days)", "≥ 7 % (> 3"]
    )
    def test_other_brackets_are_no_alternative(self, text: str) -> None:
        """Words, the same unit, times, brackets that do not close."""
        assert not any(limit.alternatives for limit in read_limits(Tokens.of(text)))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("≤ 2.5 x ULN", "<= 2.5 xuln"),
            ("≤2.5xULN", "<= 2.5 xuln"),
            ("≤ 2.5 × upper limit of normal (ULN)", "<= 2.5 xuln"),
            ("higher than 3 times the normal value", "> 3 xuln"),
            ("> 3-fold ULN", "> 3 xuln"),
            ("> ULN", "> 1 xuln"),
            ("less than the lower limit of normal", "< 1 xlln"),
            ("more than twice the upper limit of normal", "> 2 xuln"),
            ("three or more times ULN", ">= 3 xuln"),
            ("> 0.8 times normal", "> 0.8 xlln"),
            ("≥ 1.5 x baseline", ">= 1.5 xbaseline"),
            ("≥ 80 % of predicted", ">= 80 % of predicted"),
            ("< 80% predicted", "< 80 % of predicted"),
            ("≥ 50 % of normal", ">= 50 % of predicted"),
            ("1 to 3 x ULN", ">= 1 <= 3 xuln"),
        ],
    )
    def test_relative_limits_keep_multiple_and_reference(self, text: str, expected: str) -> None:
        """Never a plain number, never the reference alone."""
        assert limits(text) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("≥ 1.5 x 10^9/L", ">= 1.5 10*9/L"),
            ("≥1.5x10^9/L", ">= 1.5 10*9/L"),
            ("≥ 100 × 10⁹/L", ">= 100 10*9/L"),
            ("> 10^6 IU/mL", "> 1000000 [IU]/mL"),
            ("≥ 100 K/uL", ">= 100 10*3/uL"),
            ("> 1 million copies/mL", "> 1 10*6.{copies}/mL"),
            ("100 to 400 x 10^9/L", ">= 100 <= 400 10*9/L"),
        ],
    )
    def test_powers_of_ten_go_to_the_unit(self, text: str, expected: str) -> None:
        """The number stays as written; a power that stands alone is the number."""
        assert limits(text) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("at least eighteen years", ">= 18 a"),
            ("more than one hundred mg", "> 100 mg"),
            ("six (6) months or more", ">= 6 mo"),
            ("at least one and a half years", ">= 1.5 a"),
            ("less than half a year", "< 0.5 a"),
            ("more than a year", "> 1 a"),
            ("no more than twice", "<= 2 {times}"),
            ("two or more", ">= 2"),
        ],
    )
    def test_number_words(self, text: str, expected: str) -> None:
        """Words limit as digits do."""
        (limit,) = read_limits(Tokens.of(text))
        assert shown(limit) == expected
        assert limit.spelled or limit.ucum == "{times}"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("at least a score of 3", ">= 3"),
            ("at least approximately 3 mg", ">= 3 mg"),
            ("greater than grade II", "> 2"),
            ("minimum life expectancy of 12 weeks", ">= 12 wk"),
            ("over the age of 18", "> 18"),
            ("at least (≥) 18 years", ">= 18 a"),
            ("> -2.5", "> -2.5"),
            ("tumour > 5 (cm)", "> 5 cm"),
            ("BMI ≥ 18.5 (kg/m2)", ">= 18.5 kg/m2"),
            ("more than 3 consecutive months", "> 3 mo"),
        ],
    )
    def test_words_may_stand_between_operator_and_number(self, text: str, expected: str) -> None:
        """Articles, "a score of", an extreme and its thing, a repeated sign."""
        assert limits(text) == [expected]

    def test_a_number_that_is_not_written_is_implied(self) -> None:
        """ "the past year" is one year, and says so."""
        (limit,) = read_limits(Tokens.of("in the past year"))
        assert shown(limit) == "1 a"
        assert (limit.implied, limit.stated) == (True, False)

    @pytest.mark.parametrize(
        "text",
        [
            "on a 0-10 scale",
            "a clearance in mL/min/1.73 m2",
            "day 1 visit",
            "type 2",
            "COVID-19",
            "over a 6 week period",
            "no digits at all",
            "",
            "at 10:40",
        ],
    )
    def test_what_limits_nothing_is_no_stated_limit(self, text: str) -> None:
        """Scales, body surface, designations, names."""
        assert not [limit for limit in read_limits(Tokens.of(text)) if limit.stated or limit.ucum is None]

    @pytest.mark.parametrize("text", ["2 g/day", "for 3 months", "HbA1c of 7 %"])
    def test_a_bare_measure_is_not_stated_as_a_limit(self, text: str) -> None:
        """No sign and no range: the value is kept, and that nobody said how it limits."""
        (limit,) = read_limits(Tokens.of(text))
        assert not limit.stated
        assert limit.lower == limit.upper

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("18 to 17 years", ["18", "17 a"]),
            ("1990 - 2000", ["1990", "2000"]),
            ("5 + 3", ["5", "3"]),
            ("5 years to 3 mg", ["5 a", "3 mg"]),
        ],
    )
    def test_two_numbers_that_make_no_range_stay_two(self, text: str, expected: list[str]) -> None:
        """Descending numbers, calendar years, sums, different dimensions."""
        assert limits(text) == expected

    def test_ends_in_different_units_are_exact(self) -> None:
        """The coarser end is converted without a rounding error of our own."""
        (limit,) = read_limits(Tokens.of("2 weeks to 3 months"))
        assert limit.upper is not None
        assert limit.upper.value == pytest.approx(3 * 30.4375 / 7, rel=1e-8)

    @pytest.mark.parametrize("text", ["≥ 150 x 10^9", "≥ 1.5 million", "≥ 150 x 10^9 at screening", "1E6"])
    def test_a_power_without_a_unit_is_in_its_words(self, text: str) -> None:
        """People leave out the "/L": the limit's words are in the text, and so are those of its unit, if it has one."""
        tokens = Tokens.of(text)
        (limit,) = read_limits(tokens)
        assert limit.lower is not None
        assert limit.unit_tokens is None or limit.first < limit.unit_tokens[0] < limit.unit_tokens[1] <= limit.last

    def test_token_ranges_cover_sign_number_and_unit(self) -> None:
        """``first`` to ``last`` are the limit's words, ``head`` its number, ``unit_tokens`` its unit."""
        tokens = Tokens.of("HbA1c of at least 7.5 mg/dL today")
        (limit,) = read_limits(tokens)
        assert tokens.lower[limit.first : limit.last] == ["at", "least", "7.5", "mg", "/", "dl"]
        assert tokens.words[limit.head] == "7.5"
        assert limit.unit_tokens is not None
        assert tokens.words[slice(*limit.unit_tokens)] == ["mg", "/", "dL"]


# --- times


def windows(text: str) -> list[str]:
    """The windows of a text: kind, range, relation and event."""
    tokens = Tokens.of(text)
    found = [window for limit in read_limits(tokens) if (window := read_window(tokens, limit))]
    index = 0
    while index < len(tokens):
        period = read_period(tokens, index)
        if period:
            found.append(period)
        index = period.last if period else index + 1
    lines = []
    for window in found:
        anchor = f"{window.anchor.relation} {window.anchor.event}" if window.anchor else ""
        lines.append(" ".join(f"{window.kind} {shown(window.limit) if window.limit else ''} {anchor}".split()))
    return lines


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("within 3 months", "recency <= 3 mo"),
            ("within the last 6 months", "recency <= 6 mo"),
            ("within the past year", "recency <= 1 a"),
            ("in the last two years", "recency <= 2 a"),
            ("within the next 6 months", "recency <= 6 mo after now"),
            ("within 3 months before screening", "recency <= 3 mo before screening"),
            ("within 3 months of enrolment", "recency <= 3 mo around enrollment"),
            ("in the 4 weeks prior to randomization", "recency <= 4 wk before randomization"),
            ("during the 14 days preceding enrolment", "recency <= 14 d before enrollment"),
            ("less than 6 weeks before the first dose", "recency < 6 wk before first_dose"),
            ("at least 4 weeks prior to the first dose of study drug", "recency >= 4 wk before first_dose"),
            ("between 3 and 6 months before screening", "recency >= 3 <= 6 mo before screening"),
            ("more than 12 months ago", "recency > 12 mo"),
            ("6 months ago or less", "recency <= 6 mo"),
            ("within 7 days after surgery", "recency <= 7 d after surgery"),
            ("within 24 hours of symptom onset", "recency <= 24 h around symptom_onset"),
            ("within 1 year prior to signing informed consent", "recency <= 1 a before consent"),
            ("for 6 months", "duration 6 mo"),
            ("for at least 8 weeks", "duration >= 8 wk"),
            ("lasting more than 24 hours", "duration > 24 h"),
            ("of at least 6 months' duration", "duration >= 6 mo"),
            ("> 6 months in duration", "duration > 6 mo"),
            ("stable for 4 weeks before screening", "duration 4 wk before screening"),
            ("for 12 months following treatment", "duration 12 mo after treatment_end"),
            ("every two weeks", "interval 2 wk"),
            ("throughout the study", "period during study_period"),
            ("during the study period", "period during study_period"),
            ("at screening", "period during screening"),
            ("for the duration of the study", "period during study_period"),
            ("within 14 days (2 weeks) before randomization", "recency <= 14 d before randomization"),
            ("6-12 weeks postpartum", "recency >= 6 <= 12 wk after delivery"),
            ("until the end of the study", "period before study_end"),
        ],
    )
    def test_a_window_has_its_kind_range_and_anchor(self, text: str, expected: str) -> None:
        """Recency, duration, interval and period, from the words around a span of time."""
        assert windows(text) == [expected]

    def test_several_windows_of_one_sentence(self) -> None:
        """Interval and duration of one regimen; study and the time after it."""
        assert windows("every 2 weeks for 6 months") == ["interval 2 wk", "duration 6 mo"]
        assert sorted(windows("during the study and for 3 months after the last dose")) == [
            "duration 3 mo after last_dose",
            "period during study_period",
        ]

    @pytest.mark.parametrize("text", ["2 g/day", "aged 18 years", "6 months", "> 450 ms", "for years"])
    def test_a_span_of_time_alone_is_no_window(self, text: str) -> None:
        """Nothing says how it lies to anything."""
        assert windows(text) == []

    @pytest.mark.parametrize(
        ("text", "event"),
        [
            ("screening", "screening"),
            ("the screening visit", "screening"),
            ("study entry", "enrollment"),
            ("randomisation", "randomization"),
            ("the first dose of study drug", "first_dose"),
            ("signing the informed consent", "consent"),
            ("the date of diagnosis", "diagnosis"),
        ],
    )
    def test_events_are_named(self, text: str, event: str) -> None:
        """Articles and fillers play no part."""
        found = read_anchor(Tokens.of(text), 0)
        assert found is not None
        assert found[0] == event

    @pytest.mark.parametrize(
        ("text", "count", "unit"),
        [
            ("daily", 1, "d"),
            ("once a day", 1, "d"),
            ("twice daily", 2, "d"),
            ("b.i.d.", 2, "d"),
            ("three times a day", 3, "d"),
            ("every other day", 0.5, "d"),
            ("weekly", 1, "wk"),
            ("three times per week", 3, "wk"),
            ("fortnightly", 0.5, "wk"),
            ("per month", 1, "mo"),
            ("a year", 1, "a"),
            ("q3w", 1 / 3, "wk"),
        ],
    )
    def test_a_frequency_has_count_and_interval(self, text: str, count: float, unit: str) -> None:
        """Words and abbreviations of how often."""
        tokens = Tokens.of(text)
        found = read_frequency(tokens, 0)
        assert found is not None
        assert (found.count, found.interval, found.unit, found.last) == (count, 1.0, unit, len(tokens))

    @pytest.mark.parametrize("text", ["day", "week", "2", "the"])
    def test_a_unit_of_time_alone_is_no_frequency(self, text: str) -> None:
        """ "day 1" is no "once a day"."""
        assert read_frequency(Tokens.of(text), 0) is None


# --- generated limits come back as they went in

SUBJECT = "serum markers"
WRITTEN_UNITS = [
    ("mg/dL", "mg/dL"), ("g/L", "g/L"), ("mmol/L", "mmol/L"), ("%", "%"), ("kg", "kg"), ("U/L", "U/L"),
    ("IU/mL", "[IU]/mL"),
    ("x 10^9/L", "10*9/L"), ("/mm3", "/mm3"), ("cells/µL", "{cells}/uL"), ("mmHg", "mm[Hg]"), ("mm Hg", "mm[Hg]"),
    ("mL/min/1.73 m²", "mL/min/{1.73_m2}"), ("years", "a"), ("months", "mo"), ("weeks", "wk"), ("days", "d"),
    ("hours", "h"),
    ("ms", "ms"), ("bpm", "/min"), ("points", "{points}"), ("kg/m²", "kg/m2"), ("µg/L", "ug/L"),
    ("copies/mL", "{copies}/mL"),
    ("mg/kg/day", "mg/kg/d"), ("g/24 h", "g/(24.h)"), ("cm", "cm"), ("pack-years", "{pack}.a"), ("°C", "Cel"),
    ("pg/mL", "pg/mL"), ("mEq/L", "meq/L"), ("ng per mL", "ng/mL"), ("K/µL", "10*3/uL"), ("", None),
]  # fmt: skip
BEFORE = ["{subject} {op} {number} {unit}", "{subject}: {op} {number} {unit}", "{subject} ({op} {number} {unit})",
          "{subject} is {op} {number} {unit} at present", "{op} {number} {unit} of {subject}", "{op} {number} {unit}",
          "with {subject} of {op} {number} {unit}, stable", "{subject} {op}{number} {unit}."]  # fmt: skip
BEHIND = ["{subject} {number} {unit} {op}", "{subject} of {number} {unit} {op}", "{number} {unit} {op} of {subject}",
          "{subject}: {number} {unit} {op}", "{number} {unit} {op}", "{subject} ({number} {unit} {op})"]  # fmt: skip


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, float]:
    """A number as people write it, and its value: integers, thousands, decimals."""
    kind = draw(st.sampled_from(["integer", "thousands", "decimal"]))
    if kind == "decimal":
        places = draw(st.integers(1, 2))
        whole = draw(st.integers(0, 999))
        text = f"{whole}.{draw(st.integers(0, 10**places - 1)):0{places}d}"
        return text, float(text)
    value = draw(st.integers(1000, 999_999) if kind == "thousands" else st.integers(0, 9999))
    return (f"{value:,}" if kind == "thousands" else str(value)), float(value)


def bounds(limit: Limit) -> tuple[Any, ...]:
    """What of a limit went in: both sides with value and inclusiveness, the unit, and that it limits."""
    lower, upper = ((b.value, b.inclusive) if b else None for b in (limit.lower, limit.upper))
    return lower, upper, limit.ucum, limit.relative_to, limit.stated


def sides(operator: str, value: float) -> tuple[Any, Any]:
    """Lower and upper bound of an operator."""
    bound = (value, operator in ("ge", "le", "eq"))
    return (bound if operator in ("ge", "gt", "eq") else None), (bound if operator in ("le", "lt", "eq") else None)


def written(template: str, op: str, number: str, unit: str) -> str:
    """The template filled in; a word never touches the number."""
    separated = f"{op} " if op[-1].isalpha() or op[-1] == "." else op
    text = template.replace("{op}{", "{glued}{").format(
        subject=SUBJECT, op=op, glued=separated, number=number, unit=unit
    )
    return " ".join(text.replace(" )", ")").replace(" .", ".").split())


@settings(max_examples=600)
@given(st.sampled_from(PRE), numbers(), st.sampled_from(WRITTEN_UNITS), st.sampled_from(BEFORE))
def test_an_operator_before_its_number_comes_back(
    operator: tuple[str, str], number: tuple[str, float], unit: tuple[str, str | None], template: str
) -> None:
    """Every phrase of the table, in several word orders, with every kind of number and unit."""
    text = written(template, operator[0], number[0], unit[0])
    assert [bounds(found) for found in read_limits(Tokens.of(text))] == [
        (*sides(operator[1], number[1]), unit[1], None, True)
    ], text


@settings(max_examples=600)
@given(st.sampled_from(POST), numbers(), st.sampled_from(WRITTEN_UNITS), st.sampled_from(BEHIND))
def test_an_operator_behind_its_number_comes_back(
    operator: tuple[str, str], number: tuple[str, float], unit: tuple[str, str | None], template: str
) -> None:
    """ "18 years or older" and its kin."""
    text = written(template, operator[0], number[0], unit[0])
    assert [bounds(found) for found in read_limits(Tokens.of(text))] == [
        (*sides(operator[1], number[1]), unit[1], None, True)
    ], text


@settings(max_examples=300)
@given(
    st.sampled_from(["{low}-{high} {unit}", "{low} to {high} {unit}", "{low} – {high} {unit}",
                     "{low} {unit} to {high} {unit}", "between {low} and {high} {unit}",
                     "from {low} to {high} {unit}", "≥ {low} and ≤ {high} {unit}",
                     "at least {low} {unit} but not more than {high} {unit}", "{low} ≤ x ≤ {high} {unit}"]),
    numbers(), numbers(), st.sampled_from(WRITTEN_UNITS), st.booleans(),
)  # fmt: skip
def test_a_range_comes_back(
    template: str, low: tuple[str, float], high: tuple[str, float], unit: tuple[str, str | None], named: bool
) -> None:
    """Both ends inclusive, the unit at the end or at both."""
    low, high = sorted((low, high), key=lambda number: number[1])
    assume(low[1] < high[1])
    assume(not (unit[1] is None and 1900 <= low[1] <= 2100))  # calendar years
    assume(not (low[1] in (0, 1) and unit[1] in (None, "{points}")))  # the ends of a scale
    text = " ".join(template.format(low=low[0], high=high[0], unit=unit[0]).split())
    text = f"{SUBJECT} {text}" if named else text
    assert [bounds(found) for found in read_limits(Tokens.of(text))] == [
        ((low[1], True), (high[1], True), unit[1], None, True)
    ], text


@settings(max_examples=200)
@given(
    st.sampled_from(PRE), st.integers(1, 40).map(lambda tenths: tenths / 4),
    st.sampled_from(["{number} x ULN", "{number}xULN", "{number} times the upper limit of normal", "{number} × LLN",
                     "{number} times baseline", "{number}-fold the upper limit of normal", "{number} X ULN"]),
)  # fmt: skip
def test_a_multiple_of_a_reference_comes_back(operator: tuple[str, str], value: float, template: str) -> None:
    """Multiple, side and reference survive, whatever the operator."""
    reference = "lln" if "LLN" in template else "baseline" if "baseline" in template else "uln"
    text = f"{SUBJECT} {operator[0]} {template.format(number=f'{value:g}')}"
    assert [bounds(found) for found in read_limits(Tokens.of(text))] == [
        (*sides(operator[1], value), None, reference, True)
    ], text


# --- nothing is hostile enough


def phrases() -> list[str]:
    """The phrases of the grammar's vocabulary, as they stand in its files, and typical tokens."""

    def cells() -> Iterator[str]:
        for name, columns, place in (
            ("operators.tsv", 3, 0), ("units.tsv", 4, 3), ("numbers.tsv", 3, 0), ("references.tsv", 2, 0),
            ("temporal.tsv", 3, 2), ("grammar_words.tsv", 3, 2), ("cue_words.tsv", 3, 2), ("anchors.tsv", 2, 1),
        ):  # fmt: skip
            for row in rows(name, columns):
                yield from row[place].split("|")

    return [*sorted(set(cells())), "18", "1.5", "10", "9", "^", "10^9", "/", "(", ")", "-", "±", "1,000",
        "100 000", "7", "0/7",
                                   "III", "HbA1c", "①", "½", "{", "[", ":", "’", "²", "٣", "x"]  # fmt: skip


PHRASES = phrases()


def assert_sound(text: str) -> None:
    """Limits lie in the text from left to right without overlap; what is built on them lies in it too."""
    tokens = Tokens.of(text)
    position = 0
    for limit in read_limits(tokens):
        assert position <= limit.first < limit.last <= len(tokens), text
        assert limit.first <= limit.head < limit.last or limit.implied, text
        assert limit.lower is not None or limit.upper is not None
        for bound in (limit.lower, limit.upper):
            assert bound is None or math.isfinite(bound.value), text
        if limit.unit_tokens is not None:
            assert 0 <= limit.unit_tokens[0] < limit.unit_tokens[1] <= len(tokens), text
        for other in limit.alternatives:
            assert limit.first < other.first < other.last <= limit.last, text
        window = read_window(tokens, limit)
        if window is not None:
            assert 0 <= window.first <= limit.first < limit.last <= window.last <= len(tokens), text
            assert window.anchor is None or window.anchor.first < window.anchor.last <= len(tokens), text
        position = limit.last
    for index in range(len(tokens)):
        period, frequency = read_period(tokens, index), read_frequency(tokens, index)
        assert period is None or index == period.first < period.last <= len(tokens)
        assert frequency is None or index == frequency.first < frequency.last <= len(tokens)


@settings(max_examples=400)
@given(st.text(max_size=80))
def test_any_text_gives_sound_limits(text: str) -> None:
    """Nothing raises; token ranges are in order and inside the text."""
    assert_sound(text)


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PHRASES), max_size=14), st.sampled_from([" ", "", " , "]))
def test_any_sequence_of_the_vocabulary_gives_sound_limits(words: list[str], glue: str) -> None:
    """Operators, units, numbers and cue words in any order, with and without blanks."""
    assert_sound(glue.join(words))


@given(st.text(max_size=200))
def test_tokens_lose_nothing(text: str) -> None:
    """Every visible character is in exactly one token, at its offset."""
    tokens = Tokens.of(text)
    assert "".join(split(text)) == text
    assert [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)] == tokens.words


def test_the_vocabulary_knows_every_unit() -> None:
    """The table and the trie agree."""
    assert set(vocabulary().atoms) == {atom.ucum for atom in ATOMS}


class TestAnalytes:
    @pytest.mark.parametrize(
        ("analyte", "value", "unit", "expected"),
        [
            ("creatinine", 133, "umol/L", 1.5),
            ("glucose", 7.0, "mmol/L", 126.1),
            ("creatinine", 1.5, "mg/dL", 1.5),
            ("creatinine", 15, "mg/L", 1.5),
        ],
    )
    def test_conventional_and_si_units_meet(self, analyte: str, value: float, unit: str, expected: float) -> None:
        """The canonical unit takes in mass and molar concentrations alike."""
        assert canonical(analytes()[analyte], value, unit) == pytest.approx(expected, rel=0.01)

    def test_nothing_is_guessed(self) -> None:
        """No fixed factor (HbA1c), or a unit of another dimension: no value."""
        assert canonical(analytes()["hba1c"], 64, "mmol/mol") is None
        assert canonical(analytes()["creatinine"], 3, "mm[Hg]") is None


@pytest.mark.parametrize(
    "text",
    [
        "weight < {} kg",
        "titre 1:{}",
        "platelets > 1e{}/L",
        "BMI over {}th percentile",
        "age 18 to {} years",
        "10⁹⁹⁹⁹/L",
    ],
)
def test_endless_digits_are_no_number(text: str) -> None:
    """A row of digits that no float holds is words, never an infinite limit, and never a fault."""
    tokens = Tokens.of(text.format("9" * 400))
    for limit in read_limits(tokens):
        ends = [bound.value for bound in (limit.lower, limit.upper) if bound is not None]
        assert all(math.isfinite(value) for value in ends)
