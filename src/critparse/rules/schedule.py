"""Time windows, doses and frequencies find the statements they belong to."""

from __future__ import annotations

from dataclasses import replace

from critparse.lexicon.words import word_set
from critparse.quantities.grammar import Limit
from critparse.quantities.times import FrequencyReading, Window, read_frequency, read_period
from critparse.rules import subjects
from critparse.rules.draft import Draft, TokenRange
from critparse.rules.limits import drug_near
from critparse.rules.related import tied
from critparse.rules.state import Reading
from critparse.rules.unknown import border, without_subject

_SEPARATING = word_set("separating")
_GIVEN = frozenset(("drug", "procedure"))
_JOINING = word_set("joining")
_SINCE_LIST = word_set("since-list")
_TIMES = "{times}/"
_DATED = frozenset(("condition", "procedure", "drug", "device"))
_WHOLE = frozenset(("age", "sex", "measurement"))  # kinds that do not share the window of a list


def periods(reading: Reading) -> None:
    """Take in the windows without a number: "throughout the study"."""
    inside = {i for name in reading.names if name.concept_id for i in range(name.first, name.last)}
    inside |= {i for window in reading.windows for i in range(window.first, window.last)}
    for index, _ in reading.tokens.readings("relation"):
        if index not in inside and (period := read_period(reading.tokens, index)):
            reading.windows.append(period)


def attach_doses(reading: Reading) -> None:
    """Give the doses to their drugs."""
    for limit in reading.doses:
        drug = drug_near(reading, limit)
        for draft in reading.drafts:
            if drug and draft.subject_tokens == [(drug.first, drug.last)] and draft.amount is None:
                _give(draft, limit)
                draft.cover(limit.first, limit.last)
                break
        else:  # a second dose of the same drug is a statement of its own
            without_subject(reading, limit)
    reading.sort()


def _give(draft: Draft, limit: Limit) -> None:
    """A dose is an amount; "three times a day" is how often."""
    if limit.ucum is not None and limit.ucum.startswith(_TIMES):
        unit = limit.ucum.removeprefix(_TIMES)
        draft.frequency = FrequencyReading(limit, 1.0, unit, limit.first, limit.last)
    else:
        draft.amount = limit


def attach_windows(reading: Reading) -> None:
    """Give every window to the nearest statement before it, a list of statements included."""
    for window in sorted(reading.windows, key=lambda window: window.first):
        owner = _owner(reading, window.first, window.last)
        members = [*_list_of(reading, owner), owner] if owner else []
        if owner is None or owner.last < window.first:  # not right beside it: the model may know better
            told = tied(reading, "Has_temporal", window.first, window.last)
            if told and not any(draft in members for draft in told):
                owner, members = told[-1], told
        if owner is None or (owner.first >= window.last and _is_since(window) and _anchored(reading, window)):
            _own_statement(reading, window)
            continue
        regimen = owner.kind == "drug" and (owner.amount is not None or owner.frequency is not None)
        if window.kind == "interval" and owner.frequency is None:
            owner.frequency = window
            owner.cover(window.first, window.last)
            continue
        if window.kind == "duration" and regimen and window.limit and window.anchor is None:
            owner.duration = window.limit
            owner.cover(window.first, window.last)
            continue
        for draft in members:
            draft.windows.append(window)
            draft.evidence.append((window.first, window.last))
        if not _SEPARATING.intersection(reading.tokens.lower[owner.last : window.first]):
            owner.last = max(owner.last, window.last)
            owner.first = min(owner.first, window.first)


def attach_frequencies(reading: Reading) -> None:
    """Give "daily", "twice a week" to the drug right before."""
    for index, _ in reading.tokens.readings("frequency"):
        found = read_frequency(reading.tokens, index)
        if not found or any(limit.first <= index < limit.last for limit in reading.limits):
            continue
        owner = _given_after(reading, found.last) or _owner(reading, found.first, found.last)
        if owner is not None and owner.frequency is None and found.first - owner.last <= 3 and owner.kind in _GIVEN:
            owner.frequency = found
            owner.cover(found.first, found.last)


def _given_after(reading: Reading, at: int) -> Draft | None:
    """ "thrice-weekly haemodialysis", "twice-daily use of salbutamol": what is given that often follows."""
    following = next((d for d in reading.drafts if d.first >= at), None)
    if following is None or following.kind not in _GIVEN or following.first - at > 3:
        return None
    return None if _SEPARATING.intersection(reading.tokens.lower[at : following.first]) else following


def _owner(reading: Reading, first: int, last: int) -> Draft | None:
    """The statement nearest before a token range in its sentence, else the next one after it."""
    before = [d for d in reading.drafts if d.first < first and not subjects.breaks(reading.tokens, d.last, first)]
    if before:
        return max(before, key=lambda d: (d.last, d.first))
    after = [d for d in reading.drafts if d.first >= last and not subjects.breaks(reading.tokens, last, d.first)]
    return min(after, key=lambda d: d.first) if after else None


def _list_of(reading: Reading, owner: Draft) -> list[Draft]:
    """The members of the list that ``owner`` closes: "surgery, radiotherapy or chemotherapy within 4 weeks"."""
    members: list[Draft] = []
    current = owner
    for draft in reversed([d for d in reading.drafts if d.last <= owner.first]):
        gap = reading.tokens.lower[draft.last : current.first]
        if draft.windows or draft.limit is not None or len(gap) > 4 or draft.kind in _WHOLE:
            break
        if not _JOINING.intersection(gap) or ";" in gap or "." in gap:
            break
        members.append(draft)
        current = draft
    return members


def _own_statement(reading: Reading, window: Window) -> None:
    """A span of time that belongs to no recognised thing still makes a statement."""
    if (anchored := _anchored(reading, window)) is not None:
        _share_since(reading, anchored)
        reading.add(anchored)
        reading.sort()
        return
    where = _words_before(reading, window)
    subject = reading.words(*where) if where else "unnamed event"
    draft = Draft("observation", subject, window.first, window.last, [where] if where else [], confidence=0.4)
    draft.windows.append(window)
    draft.evidence.append((window.first, window.last))
    if where:
        draft.cover(*where)
    reading.add(draft)
    reading.sort()


def _anchored(reading: Reading, window: Window) -> Draft | None:
    """ "More than 2 weeks after radiotherapy": what the time is counted from is what the statement is about."""
    anchor = window.anchor
    if anchor is None or anchor.relation != "after" or window.kind != "recency":
        return None
    name = next((n for n in reading.names if anchor.first <= n.first < anchor.last), None)
    if name is None or name.kind not in _DATED:
        return None
    draft = Draft(name.kind, name.subject, window.first, window.last, [(name.first, name.last)], name.concept_id)
    draft.windows.append(replace(window, anchor=None))
    draft.evidence.append((window.first, window.last))
    draft.confidence = 0.8
    return draft


def _is_since(window: Window) -> bool:
    """ "At least 4 weeks since surgery, and recovered": how long ago its own event is, not when what follows came."""
    return window.limit is not None and window.limit.lower is not None and window.limit.upper is None


def _share_since(reading: Reading, first: Draft) -> None:
    """ "At least 3 weeks since chemotherapy or radiotherapy": the time is that of every member of the list."""
    reached = first.last
    for draft in (draft for draft in reading.drafts if draft.first >= reached):
        gap = reading.tokens.lower[reached : draft.first]
        if not gap or not _SINCE_LIST.issuperset(gap) or draft.kind not in _DATED or draft.windows or draft.limit:
            return
        draft.windows.extend(first.windows)
        draft.evidence.extend((window.first, window.last) for window in first.windows)
        reached = draft.last


def _words_before(reading: Reading, window: Window) -> TokenRange | None:
    """The words before a window that may name what it dates."""
    left = border(reading, window.first)
    if window.limit is not None and window.first == window.limit.first:
        phrase = subjects.noun_phrase_before(reading.tokens, left, window.limit)
        if phrase:
            return phrase
    return (left, window.first) if window.first > left else None
