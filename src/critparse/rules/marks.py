"""Qualifiers, response words, values in words, scope: what the words around a statement say of it."""

from __future__ import annotations

from itertools import pairwise

from critparse.lexicon.words import word_set
from critparse.rules import subjects
from critparse.rules.draft import Draft, Mark, TokenRange
from critparse.rules.state import Reading

_TREATMENTS = ("drug", "procedure", "device")
_UNQUALIFIED = ("age", "sex", "consent")
_SHARED = frozenset(("history", "control", "severity", "time", "certainty", "activity", "significance"))
_LIST = word_set("joining")
_RELATIVE = word_set("relative")
_TRAILING = word_set("trailing")  # "diabetes not controlled", "disease in remission"
_TESTS = word_set("test")
_OR = word_set("or")
_TOWARDS = word_set("allergy-to")
_EITHER = (["or"], ["/"], ["and", "/", "or"], [",", "or"])
_HISTORY = "history:history"
_IN_TIME = frozenset(("time", "activity"))
_NUMBERED = word_set("numbered")
_RESULTS = frozenset(("positive", "negative"))
_OF_A_STATE = frozenset(("activity", "control"))
_STOPS = word_set("qualifier-stop")
_LEADING = word_set("leading")


def attach_marks(reading: Reading) -> None:
    """Give every mark to the statement it is about."""
    reading.marks = _alternatives(reading)
    valued = {i for d in reading.drafts if d.values for first, last in d.evidence for i in range(first, last)}
    framing = {i for w in reading.windows if w.limit for i in range(w.first, w.last)}  # "the past 2 years"
    answered = _answered(reading)
    for mark in reading.marks:
        if mark.first in valued or mark.first in framing or mark.first in answered:
            continue
        if mark.kind == "measure-value":
            _qualitative(reading, mark)
        elif mark.kind == "response":
            _respond(reading, mark)
        elif mark.kind == "qualifier":
            _qualify(reading, mark)
        elif mark.kind == "scope":
            _scope(reading, mark)


def attached_marks(reading: Reading) -> list[TokenRange]:
    """The places of the marks that a statement carries, or that say no more than it: "elevated CRP (> 10 mg/L)"."""
    carried = {
        (mark.first, mark.last)
        for draft in reading.drafts
        for mark in (*draft.qualifiers, *((draft.scope,) if draft.scope else ()))
    }
    limited = [draft for draft in reading.drafts if draft.limit is not None]
    for mark in reading.marks:
        if mark.kind == "measure-value" and (
            mark.value == "positive" or any(draft.first <= mark.last <= draft.last for draft in limited)
        ):
            carried.add((mark.first, mark.last))
    return sorted(carried)


def _alternatives(reading: Reading) -> list[Mark]:
    """The marks, with qualifiers that "or" joins as one of both: "relapsed or refractory", "current or previous"."""
    joined: list[Mark] = []
    for mark in reading.marks:
        before = joined[-1] if joined else None
        qualifying = before is not None and mark.kind == before.kind == "qualifier"
        if before and qualifying and reading.tokens.lower[before.last : mark.first] in _EITHER:
            joined[-1] = Mark("qualifier", _either(before.value, mark.value), before.first, mark.last)
        else:
            joined.append(mark)
    return joined


def _either(one: str, other: str) -> str:
    """What one of two qualifiers says: of the first one's kind; what is or was, was there at some time."""
    (kind, value), (other_kind, other_value) = one.split(":"), other.split(":")
    if one == other or (one == _HISTORY and other_kind in _IN_TIME):
        return one
    if other == _HISTORY and kind in _IN_TIME:
        return other
    return f"{kind}:{value} or {other_value}"


def _qualitative(reading: Reading, mark: Mark) -> None:
    """ "normal", "positive", "elevated": the value of the measurement beside it, and of its list."""
    free = [draft for draft in reading.drafts if takes_value(draft, mark.value)]
    beside = [draft for draft in free if _is_beside(reading, draft, mark)]
    if not beside:
        return
    owner = beside[0]
    if owner.last < mark.first:  # "HBsAg, positive HCV antibody"
        owner = next((draft for draft in beside if draft.first == mark.last), owner)
    before = owner.first < mark.first
    give_value(owner, mark)
    _share_value(reading, owner, mark, backwards=before)


def _is_beside(reading: Reading, draft: Draft, mark: Mark) -> bool:
    reach = 6 if draft.subject == "pregnancy test" else 1
    before = mark.last <= draft.first and draft.first - mark.last <= reach
    after = draft.last <= mark.first and mark.first - draft.last <= 3 and _reaches(reading, draft, mark)
    first, last = min(mark.first, draft.last), max(mark.last, draft.first)
    return (before or after) and not subjects.breaks(reading.tokens, first, last)


def _reaches(reading: Reading, draft: Draft, mark: Mark) -> bool:
    """Whether a value behind is the statement's: no other statement and no alternative stands between."""
    between = reading.tokens.lower[draft.last : mark.first]
    return not _OR.intersection(between) and not any(draft.last <= d.first < mark.first for d in reading.drafts)


def takes_value(draft: Draft, value: str) -> bool:
    """Whether a value in words can be the statement's: of a measurement without one, or the result of a test."""
    if draft.limit is not None or draft.values or draft.qualitative is not None:
        return False
    tested = draft.kind == "procedure" and is_test(draft) and value in _RESULTS
    return draft.kind == "measurement" or draft.subject == "pregnancy test" or tested


def is_test(draft: Draft) -> bool:
    """Whether the statement's name is that of a test, which comes out positive or negative."""
    return draft.subject.lower().replace("-", " ").rpartition(" ")[2] in _TESTS


def give_value(draft: Draft, mark: Mark) -> None:
    """Take a value in words in; a test with a result is a measurement."""
    draft.qualitative = mark.value
    draft.cover(mark.first, mark.last)
    draft.confidence = max(draft.confidence, 0.85)
    if draft.kind == "procedure":
        draft.kind = "measurement"


def _share_value(reading: Reading, owner: Draft, mark: Mark, *, backwards: bool) -> None:
    """ "Positive for HBsAg, HCV antibody or HIV antibody": the result is that of every member of the list."""
    valued = {other.first for other in reading.marks if other.kind == "measure-value"}
    current = owner
    for draft in reversed(reading.drafts) if backwards else reading.drafts:
        left, right = (draft, current) if backwards else (current, draft)
        if draft is owner or right.first < left.last:
            continue
        gap = reading.tokens.lower[left.last : right.first]
        if not gap or not _LIST.issuperset(gap) or not takes_value(draft, mark.value):
            return
        if not backwards and not valued.isdisjoint(range(draft.last, draft.last + 4)):
            return
        draft.qualitative = mark.value
        draft.evidence.append((mark.first, mark.last))
        current = draft


def _answered(reading: Reading) -> set[int]:
    """Give response words to the treatment they stand right behind: "metformin intolerance", "imatinib-resistant".

    The tokens of those words, which tell of nothing that follows then.
    """
    answered: set[int] = set()
    by_end = {draft.last: draft for draft in reading.drafts if draft.kind in _TREATMENTS}
    for mark in reading.marks:
        draft = by_end.get(mark.first) if mark.kind == "response-behind" else None
        if draft is not None and reading.tokens.word(mark.last) not in _TOWARDS:
            draft.qualifiers.append(Mark("response", mark.value, mark.first, mark.last))
            draft.cover(mark.first, mark.last)
            answered.update(range(mark.first, mark.last))
    return answered


def _respond(reading: Reading, mark: Mark) -> None:
    """A response word tells of the treatments that follow it in the sentence."""
    reached = mark.last
    for draft in reading.drafts:
        if draft.first >= reached and draft.kind in _TREATMENTS:
            if subjects.breaks(reading.tokens, reached, draft.first) or draft.first - reached > 6:
                break
            draft.qualifiers.append(Mark("response", mark.value, mark.first, mark.last))
            reached = draft.last


def _qualify(reading: Reading, mark: Mark) -> None:
    """A qualifier belongs to the next statement, in a relative clause to the one before; a route to the next drug."""
    kind, value = mark.value.split(":")
    if kind == "route" and reading.tokens.word(mark.first - 1) in _NUMBERED:
        return
    qualifier = Mark(kind, value, mark.first, mark.last)
    described = _described(reading, mark) if kind in _OF_A_STATE else None
    if described is not None:
        described.qualifiers.append(qualifier)
        described.cover(mark.first, mark.last)
        return
    at = mark.last
    for draft in reading.drafts:
        head = draft.head
        if head < mark.first or draft.kind in _UNQUALIFIED:
            continue
        start = draft.first if draft.first >= at else head
        gap = reading.tokens.lower[at:start]
        if not _only_marks(reading, at, start) and (len(gap) > 4 or _is_stopped(gap)):
            break
        if kind == "route" and draft.kind == "drug":
            draft.route = value
            draft.cover(mark.first, mark.last)
        else:
            if kind == "certainty":  # "diagnosis of suspected cancer": the nearer word says how sure it is
                draft.qualifiers = [other for other in draft.qualifiers if other.kind != "certainty"]
            draft.qualifiers.append(qualifier)
            _qualify_sharers(reading, draft, qualifier)
            _qualify_list(reading, draft, qualifier)
            if start - mark.last <= 4 and mark.last <= start:
                draft.cover(mark.first, mark.last)
        break


def _is_stopped(gap: list[str]) -> bool:
    """Whether a word in the gap ends a qualifier's reach; "current treatment with" leads on to the drug."""
    return any(word in _STOPS and not (word == "with" and before in _LEADING) for before, word in pairwise(("", *gap)))


def _described(reading: Reading, mark: Mark) -> Draft | None:
    """ "Hypertension that is not controlled", "lupus in remission": the condition whose state follows it."""
    trailing = reading.tokens.word(mark.first) in _TRAILING
    for draft in reading.drafts:
        gap = reading.tokens.lower[draft.last : mark.first]
        if (
            draft.kind == "condition"
            and _RELATIVE.issuperset(gap)
            and (0 < len(gap) <= 4 or (trailing and draft.last == mark.first))
        ):
            return draft
    return None


def _only_marks(reading: Reading, first: int, last: int) -> bool:
    """Whether nothing but qualifiers and conjunctions stands between: "severe, uncontrolled asthma"."""
    marked = {i for mark in reading.marks if mark.kind == "qualifier" for i in range(mark.first, mark.last)}
    return last - first <= 6 and all(i in marked or reading.tokens.word(i) in _LIST for i in range(first, last))


def _qualify_list(reading: Reading, draft: Draft, qualifier: Mark) -> None:
    """ "History of stroke or infarction": what is said of the first member holds for the bare ones after it."""
    if qualifier.kind not in _SHARED:
        return
    reached = draft.last
    for other in reading.drafts:
        if other.first < reached or other is draft:
            continue
        gap = reading.tokens.lower[reached : other.first]
        if not gap or not _LIST.issuperset(gap) or other.kind != draft.kind or other.limit is not None:
            return
        other.qualifiers.append(qualifier)
        reached = other.last


def _qualify_sharers(reading: Reading, draft: Draft, qualifier: Mark) -> None:
    """ "severe heart and pulmonary failure": who shares the head shares the qualifier."""
    if len(draft.subject_tokens) > 1:
        head = draft.subject_tokens[-1]
        for other in reading.drafts:
            if other is not draft and any(first <= head[0] < last for first, last in other.subject_tokens):
                other.qualifiers.append(qualifier)


def _scope(reading: Reading, mark: Mark) -> None:
    """ "donor age", "age of the donor": whom the statement beside it is about."""
    for draft in reading.drafts:
        near = draft.first >= mark.first and draft.first - mark.last <= 6
        if near and not subjects.breaks(reading.tokens, mark.last, draft.first):
            draft.scope = draft.scope or mark
            return
        behind = draft.last <= mark.first <= draft.last + 2
        if behind and draft.scope is None and reading.tokens.word(mark.first - 1) in ("of", "by", "from"):
            draft.scope = mark
            return
