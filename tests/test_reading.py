"""Remembered readings: the same rows as without, whatever came before."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critparse.documents import DocumentParser, Loaded
from critparse.nlp import reading
from critparse.nlp.reading import REMEMBERED_CHARACTERS, Memory, TextReading, forgetting_words, read_texts, remembering
from critparse.sources import read


def _read(texts: list[str], memory: Memory) -> list[TextReading]:
    """The readings, with that memory."""
    with remembering(memory):
        return read_texts(texts, model=False)


LINES = (
    "Age 18 to 75 years",
    "HbA1c ≥ 7.0 % (hemoglobin A1c) at screening",
    "History of chronic obstructive pulmonary disease (COPD)",
    "COPD within 6 months",
    "Pulmonary disease (PD)",
    "PD or progressive disease",
    "Any of the following within 3 months:\n  - stroke\n  - myocardial infarction",
    "stroke",
    "No prednisone > 20 mg/day",
    "ECOG 0, 1 or 2",
)
LISTS = st.lists(st.sampled_from(LINES), min_size=1, max_size=5)
TEXTS = st.tuples(LISTS, LISTS).map(
    lambda lists: (
        "Inclusion criteria:\n- " + "\n- ".join(lists[0]) + "\nExclusion criteria:\n- " + "\n- ".join(lists[1])
    )
)


@settings(max_examples=15)
@given(TEXTS, st.sampled_from(["all", "female", None]), st.sampled_from(["18 Years", "6 Months", None]))
def test_what_is_remembered_changes_no_document(text: str, sex: str | None, age: str | None) -> None:
    """Documents of a parser that remembers are those of one that has forgotten everything: repeated lines in other
    lists, other kinds, with other abbreviations around them; the same texts with other fields.
    """
    record = read({"id": "A", "eligibility": text, "sex": sex, "minimum_age": age})
    again = read({"id": "B", "eligibility": text, "sex": "male", "minimum_age": "40 Years"})
    expected = [DocumentParser(model=False).load()(one) for one in (record, again)]
    parse = _loaded()
    with parse.chunk():
        assert [parse(one) for one in (record, again)] == expected


@functools.cache
def _loaded() -> Loaded:
    """One parser for all examples, so that it remembers."""
    return DocumentParser(model=False).load()


def test_a_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a list and of the lists after it; long texts are read each time."""
    seen: list[str] = []
    nlp = reading.shared(reading.COMPONENTS)

    class Counting:
        def pipe(self, texts: list[str]):  # type: ignore[no-untyped-def]
            seen.extend(texts)
            return nlp.pipe(texts)

    monkeypatch.setattr(reading, "shared", lambda _: Counting())
    memory, long = Memory(), "stroke " * REMEMBERED_CHARACTERS
    first = _read(["stroke", "asthma", "stroke", long], memory)
    second = _read(["asthma", long, "stroke"], memory)
    assert seen == ["stroke", "asthma", long, long]
    assert first[0] is first[2] and second == [first[1], first[3], first[0]]


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    """What was asked for again stays."""
    memory = Memory(2)
    one, _ = _read(["stroke", "asthma"], memory)
    assert memory.get("stroke", False) is one
    _read(["gout"], memory)
    assert memory.get("stroke", False) is one and memory.get("asthma", False) is None


def test_with_and_without_model_are_two() -> None:
    """A reading without model is not given to whom wants one."""
    memory = Memory()
    without = _read(["stroke"], memory)[0]
    memory.put("stroke", False, without)
    assert memory.get("stroke", True) is None and without.model is None


def test_failures_are_not_remembered() -> None:
    """A text on which something failed is read again."""
    memory = Memory()
    memory.put("x", False, TextReading((), (), None, "critparse_lexicon: MemoryError"))
    assert memory.get("x", False) is None


def test_threads_may_share_a_memory() -> None:
    """As the threads of a server do."""
    memory = Memory(3)
    texts = [["stroke", "asthma", "gout"], ["gout", "HIV"], ["asthma", "stroke"], ["HIV", "anemia", "stroke"]] * 5
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda some: _read(some, memory), texts))
    assert found == [_read(some, Memory()) for some in texts]


def test_words_are_forgotten() -> None:
    """Within the block new words come and go; spaCy's vocabulary is as large as before."""
    nlp = reading.shared(reading.COMPONENTS)
    _read(["stroke"], Memory(0))
    before = len(nlp.vocab.strings)
    with forgetting_words(model=False):
        found = _read([f"wibble{i}qx stroke" for i in range(200)], Memory(0))
    assert len(nlp.vocab.strings) == before
    assert all(one.mentions[0].name.lower() == "stroke" for one in found)


def test_nothing_is_remembered_unless_asked_for() -> None:
    """A parse by itself leaves nothing behind in the process."""
    first = read_texts(["stroke"], model=False)[0]
    assert read_texts(["stroke"], model=False)[0] is not first
    memory = Memory()
    assert _read(["stroke"], memory)[0] is _read(["stroke"], memory)[0]
