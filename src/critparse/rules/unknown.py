"""Limits whose subject no dictionary knows: inherited, counted, graded, or named by the words beside them."""

from __future__ import annotations

from dataclasses import replace

from critparse.lexicon.words import word_set
from critparse.quantities.grammar import Limit
from critparse.rules import subjects
from critparse.rules.draft import Draft
from critparse.rules.state import Reading
from critparse.rules.unread import content
from critparse.rules.values import STAGE_HEADS, singular

_SCORE_WORDS = word_set("score-word")
_NOT_COUNTED = word_set("not-counted")
_CONDITIONAL = word_set("conditional")
_LEFT_BORDERS = word_set("left-border")


def without_subject(reading: Reading, limit: Limit) -> None:
    """A stated limit whose subject no dictionary knows: inherit, count, or take the words before it."""
    if inherited := _inherited(reading, limit):
        for previous in inherited:
            draft = Draft(previous.kind, previous.subject, limit.first, limit.last, list(previous.subject_tokens))
            draft.concept_id, draft.limit, draft.confidence = previous.concept_id, limit, 0.8
            draft.join, draft.inherited = previous.join, True
            draft.evidence = [*previous.subject_tokens, (limit.first, limit.last)]
            reading.add(draft)
        return
    if _graded(reading, limit) or _counted(reading, limit) or _in_brackets(reading, limit):
        return
    left = max((border(reading, limit.first), *(d.last for d in reading.drafts if d.last <= limit.first)), default=0)
    phrase = subjects.noun_phrase_before(reading.tokens, left, limit)
    if (
        phrase
        and reading.tokens.word(phrase[1] - 1) in _SCORE_WORDS
        and reading.tokens.word(limit.last) in ("on", "in", "for")
    ):
        phrase = None  # "a score of 6 or greater on the Functional Staging scale"
    after = None if phrase else subjects.noun_phrase_after(reading.tokens, limit, len(reading.tokens))
    where = phrase or after
    if after:
        limit, end = per_time(reading, limit, after[1])
    subject = reading.words(*where) if where else ""
    kind = "measurement" if phrase and (limit.dimension or limit.relative_to) else "observation"
    draft = Draft(kind, subject or "unnamed quantity", limit.first, limit.last, limit=limit, confidence=0.5)
    draft.evidence.append((limit.first, limit.last))
    if where:
        draft.subject_tokens.append(where)
        draft.cover(where[0], max(where[1], end) if after else where[1])
        for name in reading.names:
            if where[0] <= name.first < where[1]:
                reading.used.add(name.first)
                if after and not name.numeric:  # "> 10 degrees of coronal deformity"
                    draft.kind, draft.concept_id, draft.extended = name.kind, name.concept_id, True
    reading.add(draft)


def _inherited(reading: Reading, limit: Limit) -> list[Draft]:
    """ "> 38 °C or < 36 °C": the second limit is about the first one's subjects."""
    earlier = [d for d in reading.drafts if d.limit is not None and d.limit.last <= limit.first and d.kind != "age"]
    if not earlier:
        return []
    last = earlier[-1]
    assert last.limit is not None
    gap = [
        w
        for i, w in enumerate(reading.tokens.lower[last.limit.last : limit.first], last.limit.last)
        if not _is_sex(reading, i)
    ]
    joined = any(word in ("or", "and", ",", "(", "/") for word in gap)
    same = last.limit.dimension == limit.dimension or limit.dimension is None or limit.relative_to is not None
    known = limit.relative_to is None and _names_what_follows(reading, limit)
    if not (joined and same and len(gap) <= 4 and not known):
        return []
    return [draft for draft in reading.drafts if draft.limit is last.limit]


def _is_sex(reading: Reading, index: int) -> bool:
    return any(name.first <= index < name.last and name.kind == "sex" for name in reading.names)


def _names_what_follows(reading: Reading, limit: Limit) -> bool:
    """Whether the limit counts the name right after it ("or ≥ 2 relapses")."""
    following = next((name for name in reading.names if name.first >= limit.last), None)
    if following is None or following.kind not in ("condition", "procedure", "drug"):
        return False
    gap = reading.tokens.lower[limit.last : following.first]
    return len(gap) <= 2 and not _NOT_COUNTED.intersection(gap) and not _CONDITIONAL.intersection(gap)


def _counted(reading: Reading, limit: Limit) -> bool:
    """ "at least two prior relapses": the limit counts what follows."""
    if limit.dimension not in (None, "count", "count/time") or limit.relative_to is not None:
        return False
    for name in reading.names:
        if name.first < limit.last or name.first in reading.used:
            continue
        gap = reading.tokens.lower[limit.last : name.first]
        if len(gap) > 3 or _NOT_COUNTED.intersection(gap):
            return False
        draft = Draft(name.kind, name.subject, limit.first, name.last, [(name.first, name.last)], name.concept_id)
        _narrow(reading, draft, limit.last)
        draft.limit, draft.last = per_time(reading, limit, name.last)
        draft.evidence = [(limit.first, limit.last), (name.first, draft.last)]
        reading.used.add(name.first)
        reading.add(draft)
        return True
    return False


def _narrow(reading: Reading, draft: Draft, first: int) -> None:
    """ "at least two untreated lung nodules": the words between count and name belong to the name."""
    marked = {i for mark in reading.marks for i in range(mark.first, mark.last)}
    name = draft.subject_tokens[0]
    words = [i for i in range(first, name[0]) if i not in marked and content(reading.tokens, i, i + 1)]
    if words and len(words) == name[0] - words[0]:
        draft.subject_tokens = [(words[0], name[1])]
        draft.extended, draft.confidence = bool(draft.concept_id), 0.8


def per_time(reading: Reading, limit: Limit, at: int) -> tuple[Limit, int]:
    """ "at least 7 hot flushes per day": a count with the time after what is counted; and the token after all of it."""
    found = reading.tokens.reading(at, "frequency")
    if not found or limit.dimension not in (None, "count") or not found.value.startswith("1/"):
        return limit, at
    rate = replace(limit, ucum=f"{limit.ucum or ''}/{found.value[2:]}", dimension="count/time")
    return replace(rate, unit_tokens=limit.unit_tokens or (at, found.next)), found.next


def _in_brackets(reading: Reading, limit: Limit) -> bool:
    """ "recurrent urinary tract infections (≥ 3 per year)": the bracket counts the name before it."""
    if reading.tokens.word(limit.first - 1) != "(" or limit.dimension not in (None, "count", "count/time"):
        return False
    name = next((n for n in reading.names if n.last == limit.first - 1 and n.first not in reading.used), None)
    if name is None or name.numeric:
        return False
    draft = Draft(name.kind, name.subject, name.first, limit.last, [(name.first, name.last)], name.concept_id)
    draft.limit = limit
    draft.evidence = [(name.first, name.last), (limit.first, limit.last)]
    reading.used.add(name.first)
    reading.add(draft)
    return True


def _graded(reading: Reading, limit: Limit) -> bool:
    """ "encephalopathy grade 3 or higher", "toxicity ≥ grade 2": the grade is what is limited."""
    for at in range(max(0, limit.first - 1), limit.last):
        if reading.tokens.word(at) in STAGE_HEADS and limit.ucum is None:
            head = reading.tokens.word(at)
            draft = Draft("measurement", singular(head), min(at, limit.first), limit.last, [(at, at + 1)])
            draft.limit, draft.confidence = limit, 0.8
            draft.evidence = [(draft.first, draft.last)]
            reading.add(draft)
            return True
    return False


def border(reading: Reading, index: int) -> int:
    """The first token of the clause that the token ``index`` stands in."""
    while index > 0 and reading.tokens.word(index - 1) not in _LEFT_BORDERS:
        index -= 1
    return index
