"""Values of scores, classes, grades and stages: "NYHA III or IV", "ECOG 0, 1 or 2", "stage IIIB"."""

from __future__ import annotations

import re

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.quantities.numbers import read_grade
from critparse.rules.draft import Draft, Name
from critparse.rules.state import Reading

STAGE_HEADS = word_set("stage-head")
_LIST_JOINS = word_set("value-list")
_SCORE_FILLERS = word_set("before-score-value")
_LETTERS = ("A", "B", "C", "D", "E")
_SINGULAR = {"stages": "stage", "grades": "grade", "classes": "class"}


def singular(head: str) -> str:
    """ "stages" is about the stage."""
    return _SINGULAR.get(head, head)


def values_of_scores(reading: Reading) -> None:
    """ "NYHA III or IV", "ECOG 0, 1 or 2", "grade 3/4": the values a score may have."""
    limited = {draft.subject_tokens[0] for draft in reading.drafts if draft.subject_tokens}
    for name in reading.names:
        if not name.concept_id.startswith("SCORE:"):
            continue
        if (name.first, name.last) in limited and not _bare_value(reading, name):
            continue
        at = name.last
        for _ in range(3):
            head = reading.tokens.reading(at, "ordinal-head")
            if head:
                at = head.next
            elif reading.tokens.word(at) in _SCORE_FILLERS:
                at += 1
        values, last = _value_list(reading.tokens, at)
        if len(values) > 1 or (values and (name.first, name.last) not in limited):
            _set_values(reading, name, values, at, last)


def stages(reading: Reading) -> None:
    """ "stage III or IV", "grade 2-4" of something that is no score the lexicon knows."""
    for at in range(len(reading.tokens)):
        head = reading.tokens.word(at)
        if head not in STAGE_HEADS or any(d.first <= at < d.last for d in reading.drafts):
            continue
        values, last = _value_list(reading.tokens, at + 1)
        named = any(name.first <= at < name.last and name.first in reading.used for name in reading.names)
        if values and not named:
            draft = Draft("measurement", singular(head), at, last, [(at, at + 1)])
            draft.values = tuple(values)
            draft.confidence = 0.8
            draft.evidence = [(at, last)]
            reading.add(draft)


def _bare_value(reading: Reading, name: Name) -> bool:
    return any(
        d.limit is not None and not d.limit.stated and d.subject_tokens == [(name.first, name.last)]
        for d in reading.drafts
    )


def _set_values(reading: Reading, name: Name, values: list[str], first: int, last: int) -> None:
    reading.drafts = [d for d in reading.drafts if d.subject_tokens != [(name.first, name.last)]]
    draft = Draft("measurement", name.subject, name.first, last, [(name.first, name.last)], name.concept_id)
    draft.values = tuple(values)
    draft.evidence = [(name.first, name.last), (first, last)]
    reading.used.add(name.first)
    reading.add(draft)


def _letter(tokens: Tokens, index: int) -> tuple[str, float, int] | None:
    """ "Child-Pugh class B": a class by letter, right after the word "class" or another letter of the list."""
    word = tokens.words[index] if index < len(tokens) else ""
    before = tokens.words[index - 1] if index else ""
    listed = before in ("or", "/", ",", "and") and tokens.words[index - 2] in _LETTERS
    if word in _LETTERS and (before.lower() in STAGE_HEADS or listed):
        return word, float(_LETTERS.index(word) + 1), index + 1
    return None


def _value_list(tokens: Tokens, index: int) -> tuple[list[str], int]:
    """Grades joined by commas, "or", "/", or the steps of a Roman range."""
    values: list[str] = []
    ranks: list[float] = []
    last = index
    ranged = False
    if re.fullmatch(r"\d(?:,\d)+", tokens.word(index)):  # "ASA 1,2"
        return tokens.word(index).split(","), index + 1
    while (grade := read_grade(tokens, index) or _letter(tokens, index)) is not None:
        written, rank, last = grade
        if ranged and ranks and rank > ranks[-1] and written.isalpha():
            numerals = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII"]
            values.extend(numerals[int(r)] for r in range(int(ranks[-1]) + 1, int(rank)))
        values.append(written)
        ranks.append(rank)
        index, ranged = last, False
        for _ in range(2):
            if tokens.word(index) in _LIST_JOINS:
                ranged = ranged or tokens.word(index) in ("-", "–", "to")
                index += 1
        if head := tokens.reading(index, "ordinal-head"):
            index = head.next
    return values, last
