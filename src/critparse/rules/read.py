"""From the tokens of a criterion to its statements: limits get their subjects, windows and doses their owners."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from critparse.nlp.negation import NegationScope, negation_scopes
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import Limit, read_limits
from critparse.quantities.numbers import read_grade
from critparse.quantities.times import FrequencyReading, Window, read_frequency, read_period, read_window
from critparse.rules import subjects
from critparse.rules.draft import Draft, Mark, Name
from critparse.rules.names import MentionLike, find_marks, find_names
from critparse.rules.allergy import allergens
from critparse.rules.unread import content, unread, without_generic

_DOSED = frozenset(("mass", "volume", "arbitrary", "enzyme", "amount", "count", "radiation", "activity", "equivalent"))
_DOSED_PER = frozenset(("time", "mass", "area", "bsa", "count"))
_LIST_JOINS = frozenset((",", "and", "or", "/", "-", "–", "to", "&", "and/or"))
_SCORE_FILLERS = frozenset(("of", ":", "functional", "is", "(", ")", "performance", "status", "score", "scores", "=", "physical"))
_BARE_GAP = frozenset(("of", ":", "score", "is", "scores", "grade", "class", "stage", "=", "level", "value", "(", ")", "was", "at"))
_EXTENDED = frozenset(("condition", "procedure", "device", "observation"))
_SEPARATING = frozenset((",", ";", "or", "and", "(", ")"))
_SCORE_WORDS = frozenset(("score", "scores", "rating", "points", "result", "total"))
_GOES_ON = frozenset(("or", "and", ",", "/", "but", "years", "old", "of", "age"))
_STAGE_HEADS = frozenset(("stage", "stages", "grade", "grades", "class", "classes"))
_SINGULAR = {"stages": "stage", "grades": "grade", "classes": "class"}
_LEFT_BORDERS = frozenset((",", ";", "•", ".", ":", "(", "and", "or"))


@dataclass(slots=True)
class Reading:
    """Everything found in one criterion; ``drafts`` are its statements by position."""

    tokens: Tokens
    names: list[Name]
    marks: list[Mark]
    limits: list[Limit]
    negations: list[NegationScope]
    drafts: list[Draft] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    loose_frequencies: list[FrequencyReading] = field(default_factory=list)


def read(text: str, mentions: Sequence[MentionLike], *, inclusion: bool = True) -> Reading:
    """Read one criterion's words (without its marker)."""
    shields = [(m.start, m.end) for m in mentions if any(c.isdecimal() for c in text[m.start : m.end])]
    tokens = Tokens.of(text, shields)
    names = find_names(tokens, mentions)
    reading = Reading(tokens, names, find_marks(tokens, names), read_limits(tokens), negation_scopes(tokens, [(name.first, name.last) for name in names]))
    _Attacher(reading, inclusion=inclusion).run()
    return reading


class _Attacher:
    """Gives every limit, window and name its place in a statement."""

    def __init__(self, reading: Reading, *, inclusion: bool) -> None:
        self.reading = reading
        self.tokens = reading.tokens
        self.names = reading.names
        self.inclusion = inclusion
        self.drafts: list[Draft] = []
        self.used: set[int] = set()  # first tokens of names that are subjects already
        self.windows: list[tuple[Window, Limit | None]] = []
        self.doses: list[Limit] = []

    def run(self) -> None:
        self._drop_names_in_units()
        for limit in self.reading.limits:
            self._place(limit)
        self._values_of_scores()
        self._stages()
        self._periods()
        self._drop_names_in_anchors()
        for name in self.names:
            if name.first not in self.used and not self._repeats(name):
                self._plain(name)
        self.drafts = without_generic(self.tokens, sorted(self.drafts, key=lambda draft: (draft.first, draft.last)))
        allergens(self.tokens, self.drafts)
        self._add_unread()
        self._attach_doses()
        self._attach_windows()
        self._attach_frequencies()
        self._attach_marks()
        self._negate()
        self.reading.drafts = self.drafts
        self.reading.windows = [window for window, _ in self.windows]

    def _drop_names_in_units(self) -> None:
        """ "cells", "drinks" in a unit name no subject of their own."""
        for limit in self.reading.limits:
            for name in self.names:
                if limit.unit_tokens and limit.unit_tokens[0] <= name.first < limit.unit_tokens[1]:
                    self.used.add(name.first)

    def _add_unread(self) -> None:
        covered = [(window.first, window.last) for window, _ in self.windows]
        covered += [(limit.first, limit.last) for limit in self.doses]
        covered += [(scope.cue_first, scope.cue_last) for scope in self.reading.negations]
        self.drafts.extend(unread(self.tokens, self.drafts, covered))
        self.drafts.sort(key=lambda draft: (draft.first, draft.last))

    def _drop_names_in_anchors(self) -> None:
        """The surgery of "within 4 weeks before surgery" says when, not what."""
        for window, _ in self.windows:
            anchor = window.anchor
            for name in self.names:
                if anchor and anchor.first <= name.first < anchor.last:
                    self.used.add(name.first)

    # ------------------------------------------------------------------ limits

    def _place(self, limit: Limit) -> None:
        if limit.operator == "tolerance" or (limit.ucum is None and not limit.stated and limit.relative_to is None):
            self._bare(limit)
            return
        if (age := subjects.is_age(self.tokens, limit, self.names)) and not self._is_trap(limit):
            self._age(limit, age if isinstance(age, Name) else None)
            return
        if (earlier := self._continued_age(limit)) is not None:
            self._age(limit, earlier)
            return
        subject = subjects.inside(self.names, limit)
        if subject is None:
            subject = subjects.preceding(self.tokens, self.names, self.reading.limits, limit)
        if limit.is_time:
            self._place_time(limit, subject)
            return
        if subject is None:
            subject = subjects.following(self.tokens, self.names, limit)
        elif not limit.stated and not _BARE_GAP.issuperset(self.tokens.lower[subject.last : limit.first]):
            subject = None
        if subject is None and subjects.is_age_at_head(self.tokens, limit, self.names):
            self._age(limit, None, confidence=0.75)
        elif self._is_dose(limit, subject):
            self.doses.append(limit)
        elif subject is not None:
            self._measurement(limit, subject)
        elif limit.stated:
            self._without_subject(limit)

    def _continued_age(self, limit: Limit) -> Name | None:
        """ "age < 18 or > 65 years": the second limit goes on about the first one's age."""
        last = self.drafts[-1] if self.drafts else None
        if last is None or last.kind != "age" or last.limit is None or limit.ucum not in (None, "a", "mo", "wk", "d"):
            return None
        gap = self.tokens.lower[last.limit.last : limit.first]
        if not gap or not _GOES_ON.issuperset(gap) or not limit.stated or limit.relative_to:
            return None
        return next((n for n in self.names if last.subject_tokens and n.first == last.subject_tokens[0][0]), None)

    def _is_trap(self, limit: Limit) -> bool:
        """Whether another kind of age is named nearer ("gestational age", "age at onset")."""
        nearest = [n for n in self.names if n.numeric and n.last <= limit.first and limit.first - n.last <= 4]
        return bool(nearest) and nearest[-1].kind != "age" and "time" in nearest[-1].dimensions

    def _bare(self, limit: Limit) -> None:
        """A number alone: the value of a score right before it, else no limit at all ("SLEDAI 8", "type 2")."""
        for name in self.names:
            gap = self.tokens.lower[name.last : limit.first]
            if name.numeric and name.last <= limit.first and name.first not in self.used and len(gap) <= 2:
                if _BARE_GAP.issuperset(gap):
                    if name.kind in ("measurement", "age"):
                        self._measurement(limit, name)
                    return

    def _place_time(self, limit: Limit, subject: Name | None) -> None:
        window = read_window(self.tokens, limit)
        if subject is not None and (subject.kind == "age" or "time" in subject.dimensions or subject.kind == "life_expectancy"):
            near = limit.first - subject.last <= 6
            if near and not (window and window.first < limit.first and window.kind != "duration"):
                self._age(limit, subject) if subject.kind == "age" else self._measurement(limit, subject)
                return
        if window is not None:
            self.windows.append((window, limit))
        elif subject is not None and subject.kind == "age":
            self._age(limit, subject)
        elif subjects.is_age_at_head(self.tokens, limit, self.names):
            self._age(limit, None, confidence=0.8)
        elif (after := subjects.following(self.tokens, self.names, limit)) and "time" in after.dimensions:
            self._measurement(limit, after)
        elif limit.stated or limit.operator:
            self.windows.append((Window("duration", limit, None, limit.first, limit.last), limit))

    def _is_dose(self, limit: Limit, subject: Name | None) -> bool:
        if limit.dimension is None or limit.relative_to:
            return False
        amount, *per = limit.dimension.split("/")
        if amount not in _DOSED or not _DOSED_PER.issuperset(per) or (amount == "count" and not per):
            return False
        drug = self._drug_near(limit)
        if drug is None:
            return False
        return subject is None or subject.last <= drug.first or limit.dimension not in subject.dimensions

    def _drug_near(self, limit: Limit) -> Name | None:
        """The drug a dose belongs to: the nearest before it in the clause, else the one right after it."""
        drugs = [n for n in self.names if n.kind == "drug" and n.last <= limit.first]
        if drugs and limit.first - drugs[-1].last <= 10 and not subjects.breaks(self.tokens, drugs[-1].last, limit.first):
            return drugs[-1]
        for name in self.names:
            if name.first >= limit.last:
                gap = self.tokens.lower[limit.last : name.first]
                return name if name.kind == "drug" and len(gap) <= 3 and not _SEPARATING.intersection(gap) else None
        return None

    def _age(self, limit: Limit, name: Name | None, confidence: float = 0.95) -> None:
        draft = Draft("age", "age", limit.first, limit.last, limit=limit, confidence=confidence)
        draft.evidence.append((limit.first, limit.last))
        if name is not None:
            draft.subject_tokens.append((name.first, name.last))
            if name.first in self.used:  # "age < 18 or > 65": the second limit stands by itself
                draft.evidence.append((name.first, name.last))
            else:
                draft.cover(name.first, name.last)
            self.used.add(name.first)
        for other in self.names:
            if other.kind == "age" and limit.last <= other.first <= limit.last + 3:
                self.used.add(other.first)
                draft.cover(other.first, other.last)
        self.drafts.append(draft)

    def _measurement(self, limit: Limit, name: Name) -> None:
        companions = subjects.companions(self.tokens, self.names, self.used, name) if name.last <= limit.first else []
        between = self.tokens.lower[companions[0].first : name.first] if companions else []
        joined = "or" if "or" in between or "/" in between else "and"
        for subject in [*companions, name]:
            repeated = subject.first in self.used
            draft = Draft(subject.kind, subject.subject, subject.first, subject.last, [(subject.first, subject.last)])
            draft.concept_id = subject.concept_id
            draft.limit = limit
            draft.confidence = 0.95
            draft.join = joined
            draft.evidence = [(subject.first, subject.last), (limit.first, limit.last)]
            if repeated:
                draft.first, draft.last = limit.first, limit.last
            elif subject is name:
                draft.first, draft.last = min(subject.first, limit.first), max(subject.last, limit.last)
            self.used.add(subject.first)
            self.drafts.append(draft)

    def _without_subject(self, limit: Limit) -> None:
        """A stated limit whose subject no dictionary knows: inherit, count, or take the words before it."""
        if inherited := self._inherited(limit):
            for previous in inherited:
                draft = Draft(previous.kind, previous.subject, limit.first, limit.last, list(previous.subject_tokens))
                draft.concept_id, draft.limit, draft.confidence = previous.concept_id, limit, 0.8
                draft.join, draft.inherited = previous.join, True
                draft.evidence = [*previous.subject_tokens, (limit.first, limit.last)]
                self.drafts.append(draft)
            return
        if self._counted(limit) or self._graded(limit):
            return
        left = max((self._border(limit.first), *(d.last for d in self.drafts if d.last <= limit.first)), default=0)
        phrase = subjects.noun_phrase_before(self.tokens, left, limit)
        if phrase and self.tokens.word(phrase[1] - 1) in _SCORE_WORDS and self.tokens.word(limit.last) in ("on", "in", "for"):
            phrase = None  # "a score of 6 or greater on the Functional Staging scale"
        after = None if phrase else subjects.noun_phrase_after(self.tokens, limit, len(self.tokens))
        where = phrase or after
        subject = self._words(*where) if where else ""
        kind = "measurement" if phrase and (limit.dimension or limit.relative_to) else "observation"
        draft = Draft(kind, subject or "unnamed quantity", limit.first, limit.last, limit=limit, confidence=0.5)
        draft.evidence.append((limit.first, limit.last))
        if where:
            draft.subject_tokens.append(where)
            draft.cover(*where)
            for name in self.names:
                if where[0] <= name.first < where[1] and phrase:
                    self.used.add(name.first)
        self.drafts.append(draft)

    def _inherited(self, limit: Limit) -> list[Draft]:
        """ "> 38 °C or < 36 °C": the second limit is about the first one's subjects."""
        earlier = [d for d in self.drafts if d.limit is not None and d.limit.last <= limit.first and d.kind != "age"]
        if not earlier:
            return []
        last = earlier[-1]
        assert last.limit is not None
        gap = self.tokens.lower[last.limit.last : limit.first]
        joined = any(word in ("or", "and", ",", "(", "/") for word in gap)
        same = last.limit.dimension == limit.dimension or limit.dimension is None or limit.relative_to is not None
        known = any(limit.last <= n.first < limit.last + 3 and n.kind in ("condition", "procedure", "drug") for n in self.names)
        if not (joined and same and len(gap) <= 3 and not known):
            return []
        return [draft for draft in self.drafts if draft.limit is last.limit]

    def _counted(self, limit: Limit) -> bool:
        """ "at least two prior relapses": the limit counts what follows."""
        if limit.dimension not in (None, "count", "count/time") or limit.relative_to is not None:
            return False
        for name in self.names:
            if name.first < limit.last or name.first in self.used:
                continue
            gap = self.tokens.lower[limit.last : name.first]
            if len(gap) > 3 or any(word in (",", ";", "and", "or", "(", "in", "on", ".", ":") for word in gap):
                return False
            draft = Draft(name.kind, name.subject, limit.first, name.last, [(name.first, name.last)], name.concept_id)
            draft.limit = limit
            draft.evidence = [(limit.first, limit.last), (name.first, name.last)]
            self.used.add(name.first)
            self.drafts.append(draft)
            return True
        return False

    def _graded(self, limit: Limit) -> bool:
        """ "encephalopathy grade 3 or higher", "toxicity ≥ grade 2": the grade is what is limited."""
        for at in range(max(0, limit.first - 1), limit.last):
            if self.tokens.word(at) in _STAGE_HEADS and limit.ucum is None:
                head = self.tokens.word(at)
                draft = Draft("measurement", _SINGULAR.get(head, head), min(at, limit.first), limit.last, [(at, at + 1)])
                draft.limit, draft.confidence = limit, 0.8
                draft.evidence = [(draft.first, draft.last)]
                self.drafts.append(draft)
                return True
        return False

    def _border(self, index: int) -> int:
        while index > 0 and self.tokens.word(index - 1) not in _LEFT_BORDERS:
            index -= 1
        return index

    def _words(self, first: int, last: int) -> str:
        return self.tokens.text[self.tokens.starts[first] : self.tokens.ends[last - 1]]

    # ------------------------------------------------------------------ names

    def _values_of_scores(self) -> None:
        """ "NYHA III or IV", "ECOG 0, 1 or 2", "grade 3/4": the values a score may have."""
        limited = {draft.subject_tokens[0] for draft in self.drafts if draft.subject_tokens}
        for name in self.names:
            if not name.concept_id.startswith("SCORE:"):
                continue
            if (name.first, name.last) in limited and not self._bare_value(name):
                continue
            at = name.last
            for _ in range(3):
                head = self.tokens.reading(at, "ordinal-head")
                if head:
                    at = head.next
                elif self.tokens.word(at) in _SCORE_FILLERS:
                    at += 1
            values, last = self._value_list(at)
            if len(values) > 1 or (values and (name.first, name.last) not in limited):
                self._set_values(name, values, at, last)

    def _stages(self) -> None:
        """ "stage III or IV", "grade 2-4" of something that is no score the lexicon knows."""
        for at in range(len(self.tokens)):
            head = self.tokens.word(at)
            if head not in _STAGE_HEADS or any(d.first <= at < d.last for d in self.drafts):
                continue
            values, last = self._value_list(at + 1)
            named = any(name.first <= at < name.last and name.first in self.used for name in self.names)
            if values and not named:
                draft = Draft("measurement", _SINGULAR.get(head, head), at, last, [(at, at + 1)])
                draft.values = tuple(values)
                draft.confidence = 0.8
                draft.evidence = [(at, last)]
                self.drafts.append(draft)

    def _bare_value(self, name: Name) -> bool:
        return any(
            d.limit is not None and not d.limit.stated and d.subject_tokens == [(name.first, name.last)] for d in self.drafts
        )

    def _set_values(self, name: Name, values: list[str], first: int, last: int) -> None:
        self.drafts = [d for d in self.drafts if d.subject_tokens != [(name.first, name.last)]]
        draft = Draft("measurement", name.subject, name.first, last, [(name.first, name.last)], name.concept_id)
        draft.values = tuple(values)
        draft.evidence = [(name.first, name.last), (first, last)]
        self.used.add(name.first)
        self.drafts.append(draft)

    def _value_list(self, index: int) -> tuple[list[str], int]:
        """Grades joined by commas, "or", "/", or the steps of a Roman range."""
        values: list[str] = []
        ranks: list[float] = []
        last = index
        ranged = False
        if re.fullmatch(r"\d(?:,\d)+", self.tokens.word(index)):  # "ASA 1,2"
            return self.tokens.word(index).split(","), index + 1
        while (grade := read_grade(self.tokens, index)) is not None:
            written, rank, last = grade
            if ranged and ranks and rank > ranks[-1] and written.isalpha():
                numerals = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII"]
                values.extend(numerals[int(r)] for r in range(int(ranks[-1]) + 1, int(rank)))
            values.append(written)
            ranks.append(rank)
            index, ranged = last, False
            for _ in range(2):
                if self.tokens.word(index) in _LIST_JOINS:
                    ranged = ranged or self.tokens.word(index) in ("-", "–", "to")
                    index += 1
            if head := self.tokens.reading(index, "ordinal-head"):
                index = head.next
        return values, last

    def _plain(self, name: Name) -> None:
        """A name without limit: present or absent, or with a value in words."""
        if name.kind == "age" or (name.kind == "life_expectancy" and name.first in self.used):
            return
        draft = Draft(name.kind, name.subject, name.first, name.last, _parts(name), name.concept_id)
        draft.evidence.extend(_parts(name))
        if name.kind == "sex":
            draft.values = ("female", "male") if name.subject == "all" else (name.subject,)
            draft.subject = "sex"
        elif name.numeric:
            draft.confidence = 0.6
        elif name.kind in _EXTENDED and name.also is None:
            self._extend_left(draft)
        self.drafts.append(draft)

    def _repeats(self, name: Name) -> bool:
        """ "another clinical interventional trial": two cues for one thing, side by side."""
        if name.concept_id or name.kind in _EXTENDED or not self.drafts:
            return False
        last = self.drafts[-1]
        gap = self.tokens.lower[last.last : name.first]
        same = (last.kind, last.subject) == (name.kind, name.subject) and last.last <= name.first
        if same and len(gap) <= 4 and not {",", "or", "and", ";", "/", "("}.intersection(gap):
            last.cover(name.first, name.last)
            return True
        return False

    def _extend_left(self, draft: Draft) -> None:
        """Take words right before a name into its subject: "Liver metastases", "solid organ transplantation"."""
        first = draft.first
        taken = {i for name in self.names for i in range(name.first, name.last)}
        taken |= {i for mark in self.reading.marks for i in range(mark.first, mark.last)}
        while first > 0 and draft.first - first < 4 and first - 1 not in taken and content(self.tokens, first - 1, first):
            first -= 1
        if first < draft.first:
            draft.cover(first, draft.last)
            draft.subject_tokens = [(first, draft.last)]
            draft.confidence = 0.8
            draft.extended = True

    # ------------------------------------------------------------------ windows, doses, marks

    def _periods(self) -> None:
        for index, _ in self.tokens.readings("relation"):
            if period := read_period(self.tokens, index):
                self.windows.append((period, None))

    def _owner(self, first: int, last: int) -> Draft | None:
        """The statement nearest before a token range in its sentence, else the next one after it."""
        before = [d for d in self.drafts if d.first < first and not subjects.breaks(self.tokens, d.last, first)]
        if before:
            return max(before, key=lambda d: (d.last, d.first))
        after = [d for d in self.drafts if d.first >= last and not subjects.breaks(self.tokens, last, d.first)]
        return min(after, key=lambda d: d.first) if after else None

    def _attach_doses(self) -> None:
        for limit in self.doses:
            drug = self._drug_near(limit)
            for draft in self.drafts:
                if drug and draft.subject_tokens == [(drug.first, drug.last)] and draft.amount is None:
                    draft.amount = limit
                    draft.cover(limit.first, limit.last)
                    break
            else:  # a second dose of the same drug is a statement of its own
                self._without_subject(limit)
        self.drafts.sort(key=lambda draft: (draft.first, draft.last))

    def _attach_windows(self) -> None:
        for window, _ in sorted(self.windows, key=lambda pair: pair[0].first):
            owner = self._owner(window.first, window.last)
            if owner is None:
                self._own_statement(window)
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
            for draft in [*self._list_of(owner), owner]:
                draft.windows.append(window)
                draft.evidence.append((window.first, window.last))
            if not _SEPARATING.intersection(self.tokens.lower[owner.last : window.first]):
                owner.last = max(owner.last, window.last)
                owner.first = min(owner.first, window.first)

    def _list_of(self, owner: Draft) -> list[Draft]:
        """The members of the list that ``owner`` closes: "surgery, radiotherapy or chemotherapy within 4 weeks"."""
        members: list[Draft] = []
        current = owner
        for draft in reversed([d for d in self.drafts if d.last <= owner.first]):
            gap = self.tokens.lower[draft.last : current.first]
            if draft.windows or draft.limit is not None or len(gap) > 4 or draft.kind in ("age", "sex", "measurement"):
                break
            if not any(word in (",", "or", "and", "/") for word in gap) or ";" in gap or "." in gap:
                break
            members.append(draft)
            current = draft
        return members

    def _own_statement(self, window: Window) -> None:
        """A span of time that belongs to no recognised thing still makes a statement."""
        where = None
        if window.limit is not None:
            probe = window.limit
            where = subjects.noun_phrase_before(self.tokens, self._border(window.first), probe) if window.first == probe.first else None
        if where is None:
            left = self._border(window.first)
            where = (left, window.first) if window.first > left else None
        subject = self._words(*where) if where else "unnamed event"
        draft = Draft("observation", subject, window.first, window.last, [where] if where else [], confidence=0.4)
        draft.windows.append(window)
        draft.evidence.append((window.first, window.last))
        if where:
            draft.cover(*where)
        self.drafts.append(draft)
        self.drafts.sort(key=lambda d: (d.first, d.last))

    def _attach_frequencies(self) -> None:
        for index, _ in self.tokens.readings("frequency"):
            found = read_frequency(self.tokens, index)
            if not found or any(limit.first <= index < limit.last for limit in self.reading.limits):
                continue
            owner = self._owner(found.first, found.last)
            if owner is not None and owner.frequency is None and found.first - owner.last <= 3 and owner.kind == "drug":
                owner.frequency = found
                owner.cover(found.first, found.last)

    def _attach_marks(self) -> None:
        valued = {i for d in self.drafts if d.values for first, last in d.evidence for i in range(first, last)}
        for mark in self.reading.marks:
            if mark.first in valued:
                continue
            if mark.kind == "measure-value":
                self._qualitative(mark)
            elif mark.kind == "response":
                self._respond(mark)
            elif mark.kind == "qualifier":
                self._qualify(mark)
            elif mark.kind == "scope":
                self._scope(mark)

    def _qualitative(self, mark: Mark) -> None:
        for draft in self.drafts:
            if draft.limit is None and not draft.values and draft.qualitative is None and _has_value(draft):
                before = mark.last <= draft.first and draft.first - mark.last <= (6 if draft.subject == "pregnancy test" else 1)
                after = draft.last <= mark.first and mark.first - draft.last <= 3
                if (before or after) and not subjects.breaks(self.tokens, min(mark.first, draft.last), max(mark.last, draft.first)):
                    draft.qualitative = mark.value
                    draft.cover(mark.first, mark.last)
                    draft.confidence = max(draft.confidence, 0.85)
                    return

    def _respond(self, mark: Mark) -> None:
        """A response word tells of the treatments that follow it in the sentence, or of the one just before."""
        reached = mark.last
        for draft in self.drafts:
            if draft.first >= reached and draft.kind in ("drug", "procedure", "device"):
                if subjects.breaks(self.tokens, reached, draft.first) or draft.first - reached > 6:
                    break
                draft.qualifiers.append(Mark("response", mark.value, mark.first, mark.last))
                reached = draft.last

    def _qualify(self, mark: Mark) -> None:
        kind, value = mark.value.split(":")
        qualifier = Mark(kind, value, mark.first, mark.last)
        at = mark.last
        for draft in self.drafts:
            if draft.first < mark.first or draft.kind in ("age", "sex", "consent"):
                continue
            gap = self.tokens.lower[at : draft.first]
            if len(gap) > 4 or any(word in (",", ";", ".", "with", "who", "(") for word in gap):
                break
            if kind == "route" and draft.kind == "drug":
                draft.route = value
                draft.cover(mark.first, mark.last)
            else:
                draft.qualifiers.append(qualifier)
                if draft.first - mark.last <= 4 and mark.last <= draft.first:
                    draft.cover(mark.first, mark.last)
            break

    def _scope(self, mark: Mark) -> None:
        for draft in self.drafts:
            if draft.first >= mark.first and draft.first - mark.last <= 6 and not subjects.breaks(self.tokens, mark.last, draft.first):
                if draft.scope is None:
                    draft.scope = mark
                return
            if draft.last <= mark.first <= draft.last + 2 and self.tokens.word(mark.first - 1) in ("of", "by", "from") and draft.scope is None:
                draft.scope = mark
                return

    def _negate(self) -> None:
        self._unable()
        for scope in self.reading.negations:
            for draft in self.drafts:
                head = draft.subject_tokens[0][0] if draft.subject_tokens else draft.first
                if scope.first <= head < scope.last:
                    draft.present = False
                    draft.negation = scope.cue_first
                    draft.evidence.append((scope.cue_first, scope.cue_last))

    def _unable(self) -> None:
        """ "Unable to give informed consent", "refusal of contraception", "nonsmoker": the opposite of the subject."""
        for index, found in self.tokens.readings("negative-form"):
            for draft in self.drafts:
                if draft.first <= index and found.next <= draft.last:
                    draft.present = False
        for index, found in self.tokens.readings("unable"):
            for draft in self.drafts:
                if draft.kind in ("consent", "ability") or draft.subject == "contraception":
                    if index < draft.first and draft.first - found.next <= 5 and not subjects.breaks(self.tokens, index, draft.first):
                        draft.present = False
                        draft.evidence.append((index, found.next))
                        break


def _has_value(draft: Draft) -> bool:
    return draft.kind == "measurement" or draft.subject == "pregnancy test"


def _parts(name: Name) -> list[tuple[int, int]]:
    """The token ranges of a name, more than one when it shares a word with another."""
    own = (name.first, name.last)
    return [own] if name.also is None else sorted((own, name.also))
