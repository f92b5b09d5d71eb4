"""brat standoff files: offsets, discontinuous mentions, line ends, notes."""

from __future__ import annotations

import pytest

import critparse
from critparse.exports import export, targets
from critparse.exports.brat import to_brat
from critparse.schema import Entity, ParsedTrial, Span

TEXT = (
    "Inclusion criteria:\r\n- Age 18 to 75 years\r\n- No history of diabetes\r\n"
    "Exclusion criteria:\r\n- ALT > 3 × ULN\r\n"
)


@pytest.fixture(scope="module")
def trial() -> ParsedTrial:
    """The parse of a text with Windows line ends."""
    return critparse.parse(TEXT, format="text")


def mentions(annotations: str) -> list[tuple[str, str, list[tuple[int, int]], str]]:
    """Id, label, offsets and words of every T line."""
    found = []
    for line in annotations.splitlines():
        if line.startswith("T"):
            identifier, place, words = line.split("\t")
            label, offsets = place.split(" ", 1)
            spans = [(int(a), int(b)) for a, b in (part.split() for part in offsets.split(";"))]
            found.append((identifier, label, spans, words))
    return found


def test_text_is_given_back_untouched(trial: ParsedTrial) -> None:
    """The .txt file is the source text to the last character."""
    assert to_brat(trial)[0] == TEXT


def test_offsets_point_at_the_words(trial: ParsedTrial) -> None:
    """Every mention's words stand at its offsets, and every entity is there."""
    text, annotations = to_brat(trial)
    found = mentions(annotations)
    assert len(found) == sum(len(criterion.entities) for criterion in trial.walk()) > 0
    for _, _, spans, words in found:
        assert " ".join(text[start:end] for start, end in spans) == words


def test_rules_are_notes_of_their_first_mention(trial: ParsedTrial) -> None:
    """The rule in words stands beside the criterion's first mention."""
    notes = [line for line in to_brat(trial)[1].splitlines() if line.startswith("#")]
    assert any(line.endswith("E1 (exclusion): ALT > 3 × ULN") for line in notes)


def test_discontinuous_mentions_and_line_ends(trial: ParsedTrial) -> None:
    """Fragments are joined by semicolons; a line end or tab inside a mention is a blank."""
    criterion = trial.criteria[0]
    text = "left\nand right\tknee"
    source = trial.texts[0].model_copy(update={"text": text})
    spans = (Span(text_id="eligibility", start=0, end=8), Span(text_id="eligibility", start=15, end=19))
    entity = Entity(id="T1", label="Condition", spans=spans, text="left and knee", negated=True)
    broken = criterion.model_copy(update={"entities": (entity,), "span": spans[0]})
    _, annotations = to_brat(trial.model_copy(update={"texts": (source,), "criteria": (broken,)}))
    assert annotations.splitlines()[:2] == ["T1\tCondition 0 8;15 19\tleft and knee", "A1\tNegated T1"]


def test_every_text_with_criteria_gets_a_pair_of_files() -> None:
    """Criteria in the description are written beside the eligibility text, not into it."""
    trial = critparse.parse(
        {"id": "X", "eligibility": TEXT, "description": "Inclusion criteria:\n- Age 18 to 70 years\n"}
    )
    files = export(trial, "brat")
    assert {".txt", ".ann", ".description.txt", ".description.ann"} == set(files)
    assert "18 to 70 years" in files[".description.ann"] and "18 to 70" not in files[".ann"]


def test_unknown_text_is_refused(trial: ParsedTrial) -> None:
    """A text the trial does not have is a KeyError, not an empty file."""
    with pytest.raises(KeyError):
        to_brat(trial, "protocol")


@pytest.mark.parametrize("target", targets())
def test_every_target_makes_files(trial: ParsedTrial, target: str) -> None:
    """Each registered target writes something whose endings begin with a dot."""
    files = export(trial, target)
    assert files and all(ending.startswith(".") and content for ending, content in files.items())
