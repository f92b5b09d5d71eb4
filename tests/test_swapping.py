"""Entities exchanged for others: the annotations still say what stands there, and everything else stays."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from critparse.learn.examples import CHIA, Example, Place, flat
from critparse.learn.swapping import TYPES, Swapper
from critparse.nlp.encoder.words import split_words


def example(text: str, *marked: tuple[str, str]) -> Example:
    """A line with entities: wordings in it, and their types."""
    places = [Place(text.index(wording), text.index(wording) + len(wording), type_) for wording, type_ in marked]
    made = Example("NCT00000001", 0, text, split_words(text), places, related=True)
    made.layers[CHIA] = flat(made, places)
    return made


INFARCTION = example(
    "History of myocardial infarction within 6 months, unless on aspirin",
    ("History", "Observation"),
    ("myocardial infarction", "Condition"),
    ("within 6 months", "Temporal"),
    ("aspirin", "Drug"),
)
GOUT = example("Severe gout, treated with allopurinol", ("Severe gout", "Condition"), ("allopurinol", "Drug"))
NESTED = example("Breast cancer surgery", ("Breast cancer surgery", "Procedure"), ("Breast cancer", "Condition"))


def wordings(made: Example) -> list[tuple[str, str]]:
    """What the annotations of a line mark."""
    return [(made.text[start:end], type_) for start, end, type_ in made.places]


def test_every_name_is_exchanged_and_the_rest_stays() -> None:
    """With a share of 1, from the wordings of other lines."""
    made = Swapper([GOUT]).swapped(INFARCTION, 1.0, random.Random(1))
    assert made.text == "History of Severe gout within 6 months, unless on allopurinol"
    assert wordings(made) == [
        ("History", "Observation"),
        ("Severe gout", "Condition"),
        ("within 6 months", "Temporal"),
        ("allopurinol", "Drug"),
    ]
    assert [(span.first, span.last, span.type) for span in made.layers[CHIA]] == [
        (0, 0, "Observation"), (2, 3, "Condition"), (4, 6, "Temporal"), (10, 10, "Drug"),
    ]  # fmt: skip
    assert INFARCTION.text.startswith("History of myocardial infarction"), "the line itself stays as it was"


def test_what_lies_inside_is_exchanged_and_what_lies_around_grows_with_it() -> None:
    """The procedure has the condition's name in it."""
    made = Swapper([GOUT]).swapped(NESTED, 1.0, random.Random(1))
    assert wordings(made) == [("Severe gout surgery", "Procedure"), ("Severe gout", "Condition")]


def test_nothing_is_exchanged_without_a_share() -> None:
    """Nor where no line has an entity of the type."""
    assert Swapper([GOUT]).swapped(INFARCTION, 0.0, random.Random(1)) is INFARCTION
    assert Swapper([]).swapped(INFARCTION, 1.0, random.Random(1)) is INFARCTION


@given(st.integers(), st.floats(0, 1))
def test_annotations_always_mark_a_wording_of_their_type(seed: int, share: float) -> None:
    """Whatever chance chooses; what is not exchanged is marked as before."""
    known = {wording for line in (INFARCTION, GOUT, NESTED) for wording in wordings(line)}
    made = Swapper([INFARCTION, GOUT, NESTED]).swapped(INFARCTION, share, random.Random(seed))
    assert set(wordings(made)) <= known
    before = [wording for wording in wordings(INFARCTION) if wording[1] not in TYPES]
    assert [wording for wording in wordings(made) if wording[1] not in TYPES] == before
