from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_support import RECORD
from support import FIRST_TRIAL, spans_in

import critparse
from critparse.errors import InvalidEdit
from critparse.parser import parse_single
from critparse.review.carry import carried, corrections
from critparse.review.edits import (
    ConceptEdit,
    Edit,
    ExtentEdit,
    KindEdit,
    MentionEdit,
    MergeEdit,
    NoteEdit,
    RemovalEdit,
    RuleEdit,
    SplitEdit,
    edited,
    pieces,
)
from critparse.review.passages import Passage, numbered, passage, replaced
from critparse.schema import Criterion, ParsedTrial, Subject, Unstructured

Kept = tuple[ParsedTrial, Passage, Passage]


@cache
def document(name: str = "record") -> ParsedTrial:
    """A record of ours, or the one this project started from."""
    return critparse.parse(RECORD if name == "record" else FIRST_TRIAL, model=False)


def made(trial: ParsedTrial, edit: Edit) -> Kept:
    """The document after an edit, and the passage before and after."""
    texts = {text.id: text.text for text in trial.texts}
    read = [
        parse_single(texts[piece.text_id][piece.content : piece.end], piece.kind, model=False)
        for piece in pieces(trial, edit)
    ]
    before, after = edited(trial, edit, read)
    return replaced(trial, before, after), before, after


def covered(trial: ParsedTrial, text_id: str) -> set[int]:
    """The characters of a text that belong to a criterion or a note."""
    spans = [one.span for one in (*trial.walk(), *trial.notes) if one.span.text_id == text_id]
    return {place for span in spans for place in range(span.start, span.end)}


def check(trial: ParsedTrial) -> None:
    """What every document promises."""
    assert ParsedTrial.model_validate_json(trial.model_dump_json()) == trial
    lengths = {text.id: len(text.text) for text in trial.texts}
    assert all(span.end <= lengths[span.text_id] for span in spans_in(trial))
    for one in trial.walk():
        assert trial.text_of(one.span) == one.text
        for entity in one.entities:
            assert " ".join(trial.text_of(span) for span in entity.spans) == entity.text
            assert all(one.span.start <= span.start and span.end <= one.span.end for span in entity.spans)
    ids = [entity.id for one in trial.walk() for entity in one.entities]
    assert len(ids) == len(set(ids))
    names = [one.id for one in trial.walk()]
    assert len(names) == len(set(names))
    spans = [(one.span.text_id, one.span.start, one.span.end) for one in (*trial.walk(), *trial.notes)]
    for (text_id, _, end), (other, start, _) in pairwise(sorted(spans)):
        assert text_id != other or end <= start


def drawn(data: st.DataObject, trial: ParsedTrial) -> Edit:
    """Some edit that may fit the document."""
    one: Criterion = data.draw(st.sampled_from(list(trial.walk())))
    entity = data.draw(st.sampled_from([entity.id for entity in one.entities] or ["T0"]))
    start = data.draw(st.integers(one.span.start, one.span.end - 1))
    end = data.draw(st.integers(start + 1, one.span.end))
    rule = Unstructured(subject=Subject(text=one.text[:5]), reason="for a test")
    makers: list[Callable[[], Edit]] = [
        lambda: RuleEdit(criterion=one.id, rule=rule),
        lambda: KindEdit(criterion=one.id, to=data.draw(st.sampled_from(["inclusion", "exclusion", "unknown"]))),
        lambda: ConceptEdit(criterion=one.id, entity=entity, concepts=()),
        lambda: MentionEdit(criterion=one.id, label="Condition", spans=((start, end),)),
        lambda: MentionEdit(criterion=one.id, entity=entity, label="Drug", spans=((start, end),), negated=True),
        lambda: RemovalEdit(criterion=one.id, entity=entity),
        lambda: SplitEdit(criterion=one.id, at=(start,)),
        lambda: MergeEdit(criterion=one.id),
        lambda: NoteEdit(criterion=one.id, reason="narrative"),
        lambda: ExtentEdit(
            criterion=one.id, start=max(0, start - data.draw(st.sampled_from([0, 3, 40]))), end=end + 30
        ),
        lambda: ExtentEdit(criterion=one.id, start=start, end=end, reason="heading"),
    ]
    return data.draw(st.sampled_from(makers))()


@settings(max_examples=40)
@given(st.data())
def test_whatever_is_corrected_the_document_keeps_its_promises(data: st.DataObject) -> None:
    """Spans, ids and coverage hold after any edits; taken back one by one, they lead to where one began."""
    start = trial = document().model_copy(update={"findings": ()})
    done: list[tuple[Passage, Passage]] = []
    for _ in range(data.draw(st.integers(1, 6))):
        try:
            after, old, new = made(trial, drawn(data, trial))
        except InvalidEdit:
            continue
        check(after)
        text = trial.texts[0].text
        assert {place for place in covered(trial, "eligibility") if not text[place].isspace()} <= covered(
            after, "eligibility"
        )
        trial = after
        done.append((old, new))
    again, moved = carried(start, trial, start)
    assert not moved.lost
    check(again)
    for old, new in reversed(done):
        trial = replaced(trial, new, old)
    assert trial == start


@pytest.mark.parametrize("name", ["record", "first"])
def test_numbers_are_those_of_the_parser(name: str) -> None:
    """Numbering a document anew changes nothing, and its whole text as one passage is put back as it was."""
    trial = document(name)
    assert numbered(trial.criteria) == trial.criteria
    for text in trial.texts:
        whole = passage(trial, text.id, 0, len(text.text))
        assert replaced(trial, whole, whole) == trial.model_copy(update={"findings": ()})


def test_corrections_are_the_difference_to_the_machine() -> None:
    """Each corrected stretch once, with what the parser had and what stands; none where nothing was corrected."""
    trial = document()
    after, old, new = made(trial, KindEdit(criterion="E1", to="inclusion"))
    found = corrections(trial, after)
    assert [(one.criteria[0].kind, two.criteria[0].kind) for one, two in found] == [("exclusion", "inclusion")]
    assert (old.start, old.end) == (new.start, new.end) == (found[0][0].start, found[0][0].end)
    assert corrections(trial, trial) == []


def test_a_correction_moves_with_its_words() -> None:
    """In a new text the spans of rule and entities point to the same words, further on."""
    trial = document()
    entity = next(one for one in trial.criteria[-1].entities if one.label == "Condition")
    place = (entity.spans[0].start, entity.spans[0].end)
    edit = MentionEdit(criterion="E2", entity=entity.id, label="Observation", spans=(place,))
    after, _, _ = made(trial, edit)
    record = {**RECORD, "eligibility": str(RECORD["eligibility"]).replace("* Age", "* A new line\n* Age")}
    new = critparse.parse(record, model=False)
    result, moved = carried(trial, after, new)
    check(result)
    assert (len(moved.kept), moved.lost) == (1, ())
    assert [one.label for one in result.criteria[-1].entities][-1] == "Observation"
    assert result.criteria[-1].span.start == trial.criteria[-1].span.start + len("* A new line\n")


def test_a_correction_whose_words_stand_twice_is_not_guessed() -> None:
    """Elsewhere than before and not just once: it is named as lost."""
    trial = document()
    after, _, _ = made(trial, KindEdit(criterion="E1", to="inclusion"))
    doubled = "Inclusion Criteria:\n\n* Adults\n\nExclusion Criteria:\n\n* Pregnancy\n* Cancer\n* Pregnancy\n"
    new = critparse.parse({**RECORD, "eligibility": doubled}, model=False)
    result, moved = carried(trial, after, new)
    assert (result, moved.lost) == (new, ("* Pregnancy",))


def test_a_criterion_takes_in_a_note_and_leaves_words_out() -> None:
    """What was a note is read with it; what it leaves out becomes a note, and the notes' other words stay notes."""
    trial = made(document().model_copy(update={"findings": ()}), NoteEdit(criterion="E2", reason="narrative"))[0]
    text = trial.texts[0].text
    start, end = text.index("Pregnancy"), text.index(" impairment")
    after, _, new = made(trial, ExtentEdit(criterion="E1", start=start, end=end, reason="separator"))
    (one,) = new.criteria
    assert (one.text, one.marker, one.kind) == (text[start:end], "", "exclusion")
    notes = [(trial.text_of(note.span), note.reason) for note in new.notes]
    assert notes == [("*", "separator"), ("impairment", "narrative")]
    check(after)
    again = made(after, ExtentEdit(criterion="E1", start=start, end=start + len("Pregnancy")))[2]
    assert [trial.text_of(note.span) for note in again.notes] == ["* Severe hepatic"]


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [(0, 0, "nothing"), (0, -18, "but a marker"), (0, 60, "can reach"), (1, -18, "no words")],
)
def test_a_criterion_ends_at_the_next_one(start: int, end: int, what: str) -> None:
    """It cannot reach into another, lose all its words, or stay as it is; nor can a list be cut."""
    trial = document()
    one = trial.criteria[0]
    assert one.text == "* Age 18 to 70 years"
    with pytest.raises(InvalidEdit, match=what):
        pieces(trial, ExtentEdit(criterion="I1", start=max(0, one.span.start + start), end=one.span.end + end))
    with pytest.raises(InvalidEdit, match="sub-list"):
        pieces(trial, ExtentEdit(criterion="I3", start=one.span.end, end=one.span.end + 1))


@pytest.mark.parametrize("edit", [NoteEdit(criterion="I3", reason="narrative"), MergeEdit(criterion="I2")])
def test_members_of_a_list_go_with_it(edit: Edit) -> None:
    """A list that is taken out, or joined, keeps the words of its members covered."""
    after, before, new = made(document().model_copy(update={"findings": ()}), edit)
    check(after)
    (whole,) = (*new.criteria, *new.notes)
    assert before.criteria[-1].children and "no severe exacerbation" in after.text_of(whole.span)


def test_a_correction_in_a_list_is_lost_with_the_words_of_its_members() -> None:
    """A correction is not put where the first words of the list still stand but a member says something else."""
    old = document().model_copy(update={"findings": ()})
    rule = Unstructured(subject=Subject(text="FEV1"), reason="for a test")
    corrected = made(old, RuleEdit(criterion="I3.1", rule=rule))[0]
    record = {**RECORD, "eligibility": RECORD["eligibility"].replace("above 70", "above 65")}
    new = critparse.parse(record, model=False)
    result, moved = carried(old, corrected, new)
    assert len(moved.lost) == 1 and not moved.kept
    check(result)
