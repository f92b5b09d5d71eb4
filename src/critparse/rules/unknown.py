"""Limits whose subject no dictionary knows: inherited, counted, graded, or named by the words beside them."""

from __future__ import annotations

from critparse.lexicon.words import word_set
from critparse.quantities.grammar import Limit
from critparse.rules import subjects
from critparse.rules.draft import Draft
from critparse.rules.state import Reading
from critparse.rules.values import STAGE_HEADS, singular

_SCORE_WORDS = word_set("score-word")
_NOT_COUNTED = word_set("not-counted")
_LEFT_BORDERS = frozenset((",", ";", "•", ".", ":", "(", "and", "or"))


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
    if _counted(reading, limit) or _graded(reading, limit):
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
    subject = reading.words(*where) if where else ""
    kind = "measurement" if phrase and (limit.dimension or limit.relative_to) else "observation"
    draft = Draft(kind, subject or "unnamed quantity", limit.first, limit.last, limit=limit, confidence=0.5)
    draft.evidence.append((limit.first, limit.last))
    if where:
        draft.subject_tokens.append(where)
        draft.cover(*where)
        for name in reading.names:
            if where[0] <= name.first < where[1] and phrase:
                reading.used.add(name.first)
    reading.add(draft)


def _inherited(reading: Reading, limit: Limit) -> list[Draft]:
    """ "> 38 °C or < 36 °C": the second limit is about the first one's subjects."""
    earlier = [d for d in reading.drafts if d.limit is not None and d.limit.last <= limit.first and d.kind != "age"]
    if not earlier:
        return []
    last = earlier[-1]
    assert last.limit is not None
    gap = reading.tokens.lower[last.limit.last : limit.first]
    joined = any(word in ("or", "and", ",", "(", "/") for word in gap)
    same = last.limit.dimension == limit.dimension or limit.dimension is None or limit.relative_to is not None
    known = any(
        limit.last <= n.first < limit.last + 3 and n.kind in ("condition", "procedure", "drug") for n in reading.names
    )
    if not (joined and same and len(gap) <= 3 and not known):
        return []
    return [draft for draft in reading.drafts if draft.limit is last.limit]


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
        draft.limit = limit
        draft.evidence = [(limit.first, limit.last), (name.first, name.last)]
        reading.used.add(name.first)
        reading.add(draft)
        return True
    return False


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
