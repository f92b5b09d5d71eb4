"""One statement of a rule, held against a patient's facts.

The policy: a statement is met when a fact says so, not met when a fact contradicts it, unknown else. That no fact is
there never makes it "not met", unless the caller says that the record of that kind of facts is complete. Whatever of a
statement cannot be checked (words not read, qualifiers, doses, other people) leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from critparse.match.codes import Agreement, Wanted, agreement, comparable, wanted
from critparse.match.logic import Truth, all_of, any_of, negation
from critparse.match.patient import Domain, Fact, Patient
from critparse.match.terms import terms
from critparse.match.times import age, in_window, is_index, is_over, limits
from critparse.match.values import answers
from critparse.schema import Leaf, Unstructured

_DOMAINS: dict[str, tuple[Domain, ...]] = {
    "condition": ("condition", "observation"),
    "drug": ("drug",),
    "procedure": ("procedure",),
    "device": ("device", "procedure"),
    "measurement": ("observation",),
    "observation": ("observation", "condition"),
    "reproductive": ("condition", "observation"),
    "allergy": ("allergy",),
}
PAST_TOO = ("history",)  # qualifiers that let what is over count
_ALWAYS_TRUE = frozenset({("history", "history"), ("certainty", "known")})
CURRENT = frozenset({("time", "current"), ("activity", "active")})
_EVENTS = ("procedure",)  # that one was done stays true
_SHOWN = 60  # characters of words that are quoted
_COUNTED = ("drug", "procedure", "device")  # a number beside one counts or measures it


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a statement or rule, the facts that say so, and what stands in the way of knowing more."""

    truth: Truth
    facts: tuple[Fact, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A patient as seen from a day; of the domains in ``complete`` the record has all that there is."""

    patient: Patient
    on: date
    complete: frozenset[Domain] = frozenset()


def answer(leaf: Leaf | Unstructured, case: Case) -> Answer:
    """What is known of the statement."""
    if isinstance(leaf, Unstructured):
        return Answer(Truth.UNKNOWN, why=(f"not read: “{_short(leaf.subject.text)}”",))
    if leaf.scope is not None:
        return Answer(Truth.UNKNOWN, why=(f"it is about somebody else: {leaf.scope.text}",))
    found = _positive(leaf, case)
    if not leaf.present:
        found = Answer(negation(found.truth), found.facts, found.why)
    if leaf.unread and found.truth is not Truth.UNKNOWN:
        why = f"{found.truth.words}, but for words that were not read"
        return Answer(Truth.UNKNOWN, found.facts, (why,))
    return found


def _positive(leaf: Leaf, case: Case) -> Answer:
    """The statement as if it said that its subject is there."""
    if leaf.kind == "age":
        return _age(leaf, case)
    if leaf.kind == "sex":
        return _sex(leaf, case.patient)
    if leaf.kind not in _DOMAINS:
        return Answer(Truth.UNKNOWN, why=(f"records do not say “{_short(leaf.subject.text)}”",))
    if leaf.kind == "reproductive" and case.patient.sex == "male" and is_female_only(leaf):
        return Answer(Truth.NOT_MET, (_sex_fact(case.patient),))
    subject = wanted(leaf.subject.concepts)
    if not subject.same:
        return Answer(Truth.UNKNOWN, why=(f"no code for “{leaf.subject.text}”",))
    if leaf.kind in _COUNTED and leaf.range is not None:
        return Answer(Truth.UNKNOWN, why=("records do not show how often, or how large",))
    if leaf.range is not None or leaf.values or leaf.qualitative is not None:
        return _measured(leaf, subject, case)
    return _named(leaf, subject, case)


# --- age and sex


def _age(leaf: Leaf, case: Case) -> Answer:
    birth, range_ = case.patient.birth, leaf.range
    if birth is None or range_ is None or range_.unit is None or range_.unit.ucum is None:
        return Answer(Truth.UNKNOWN, why=("no date of birth",) if birth is None else ("no limit with a unit",))
    if leaf.qualifiers or not all(window.kind == "period" and is_index(window.anchor) for window in leaf.windows):
        return Answer(Truth.UNKNOWN, why=("it is the age at another time",))
    value = age(birth.first, birth.last, case.on, range_.unit.ucum)
    fact = Fact("observation", "date of birth", case.patient.source, start=birth)
    truth = Truth.UNKNOWN if value is None else limits(value, range_)
    return Answer(truth, (fact,), () if truth is not Truth.UNKNOWN else ("the date of birth is not exact enough",))


def _sex(leaf: Leaf, patient: Patient) -> Answer:
    if patient.sex is None or not leaf.values:
        return Answer(Truth.UNKNOWN, why=("no sex",))
    truth = Truth.MET if patient.sex in leaf.values else Truth.NOT_MET
    return Answer(truth, (_sex_fact(patient),))


def _sex_fact(patient: Patient) -> Fact:
    return Fact("observation", str(patient.sex), patient.source)


def is_female_only(leaf: Leaf) -> bool:
    """Whether the statement is about what only women have: pregnancy, breast-feeding, menopause."""
    codes = terms("women")["mesh"]
    return any(concept.system == "MESH" and concept.code in codes for concept in leaf.subject.concepts)


# --- values


def _measured(leaf: Leaf, subject: Wanted, case: Case) -> Answer:
    """By the last value in time; those that may be the last count alike."""
    if hidden := hindrance(leaf):
        return Answer(Truth.UNKNOWN, why=(hidden,))
    facts = [f for f in _until(case) if f.domain in _DOMAINS[leaf.kind] and agreement(subject, f) and not f.denied]
    windows = [one for one in leaf.windows if one.kind != "period" or not is_index(one.anchor)]  # "at screening": now
    in_time = [(fact, all_of(in_window(fact, window, case.on) for window in windows)) for fact in facts]
    possible = [(fact, truth) for fact, truth in in_time if truth is not Truth.NOT_MET]
    last = _last(possible)
    if not last:
        return Answer(Truth.UNKNOWN, why=(f"no value of “{leaf.subject.text}”",))
    found = {Truth.UNKNOWN if sure is Truth.UNKNOWN else answers(leaf, fact) for fact, sure in last}
    truth = found.pop() if len(found) == 1 else Truth.UNKNOWN
    why = () if truth is not Truth.UNKNOWN else ("the value cannot be compared, or not sure to be the last in time",)
    return Answer(truth, tuple(fact for fact, _ in last), why)


def _last(facts: Sequence[tuple[Fact, Truth]]) -> list[tuple[Fact, Truth]]:
    """The latest of the dated; with several that may be the latest, all of them; undated ones may be."""
    dated = [fact.start.first for fact, _ in facts if fact.start is not None]
    newest = max(dated, default=None)
    return [(f, t) for f, t in facts if newest is None or f.start is None or f.start.last >= newest]


# --- things that are there


def _named(leaf: Leaf, subject: Wanted, case: Case) -> Answer:
    """By any fact that is the subject, in all its windows."""
    agreeing = [
        (fact, how)
        for fact in _until(case)
        if fact.domain in _DOMAINS[leaf.kind] and (how := agreement(subject, fact)) is not None
    ]
    found = [(fact, _holds(leaf, fact, case)) for fact, _ in agreeing if not _says_no(fact)]
    truth = _together(leaf, [truth for _, truth in found])
    if truth is not Truth.NOT_MET:
        facts = tuple(fact for fact, one in found if one is truth) or tuple(fact for fact, _ in found)
        hidden = hindrance(leaf)
        if truth is Truth.MET and hidden:
            return Answer(Truth.UNKNOWN, facts, (hidden,))
        why = () if truth is Truth.MET else (hidden or _doubt(leaf, facts, case),)
        return Answer(truth, facts, why)
    denials = tuple(fact for fact, how in agreeing if _denies(leaf, fact, how, case))
    if denials and not found:
        return Answer(Truth.NOT_MET, denials)
    if _is_complete(leaf, subject, case):
        return Answer(Truth.NOT_MET, tuple(fact for fact, _ in found), ("the record is taken to be complete",))
    return Answer(Truth.UNKNOWN, tuple(fact for fact, _ in found), (f"no fact for “{leaf.subject.text}”",))


def _together(leaf: Leaf, truths: Sequence[Truth]) -> Truth:
    """Any of the facts will do; but how long it has lasted, several of them may say only together."""
    ranges = [window.range for window in leaf.windows if window.kind == "duration" and window.range is not None]
    truth = any_of(truths)
    if not ranges or len(truths) < 2 or (truth is Truth.MET and all(range_.upper is None for range_ in ranges)):
        return truth
    return truth if all_of(truths) is Truth.MET else Truth.UNKNOWN


def _holds(leaf: Leaf, fact: Fact, case: Case) -> Truth:
    """Whether the fact lies in the windows; without any, whether it is still the case."""
    truth = _as_recorded(leaf, fact, case)
    begun = fact.start is None or fact.start.last <= case.on
    return truth if fact.certain and begun else min(truth, Truth.UNKNOWN)


def _as_recorded(leaf: Leaf, fact: Fact, case: Case) -> Truth:
    windows = all_of(in_window(fact, window, case.on) for window in leaf.windows)
    observed = answers(leaf, fact) if fact.domain == "observation" else Truth.MET
    kinds = {qualifier.kind for qualifier in leaf.qualifiers}
    if leaf.windows or kinds.intersection(PAST_TOO) or fact.domain in (*_EVENTS, "observation"):
        return all_of((windows, observed))
    asks_current = any((q.kind, q.value) in CURRENT for q in leaf.qualifiers)
    if is_over(fact, case.on):
        return Truth.NOT_MET if asks_current else Truth.UNKNOWN  # words without a time may mean what was, too
    return Truth.UNKNOWN if fact.state == "unknown" and (asks_current or fact.domain == "drug") else Truth.MET


def _doubt(leaf: Leaf, facts: Sequence[Fact], case: Case) -> str:
    """Why facts that agree do not decide."""
    if not leaf.windows and all(is_over(fact, case.on) for fact in facts):
        return "it is over, and the words do not say whether what was counts"
    return "when it was, or whether it still is, is not recorded"


def hindrance(leaf: Leaf) -> str:
    """What of the statement no fact can show."""
    open_ = [q.text for q in leaf.qualifiers if (q.kind, q.value) not in _ALWAYS_TRUE | CURRENT]
    if leaf.dose is not None:
        return "doses are not compared"
    return f"records do not show “{'”, “'.join(open_)}”" if open_ else ""


def _says_no(fact: Fact) -> bool:
    return fact.denied or fact.flag is False


def _denies(leaf: Leaf, fact: Fact, how: Agreement, case: Case) -> bool:
    """Whether the fact says that the subject is not there: not only a part of it, and in the time that is asked for."""
    if not _says_no(fact) or how != "same":
        return False
    return all_of(in_window(fact, window, case.on) for window in leaf.windows) is Truth.MET


def _is_complete(leaf: Leaf, subject: Wanted, case: Case) -> bool:
    """Whether the missing fact would be there: the record is complete, and all of it is coded comparably."""
    domain = _DOMAINS[leaf.kind][0]
    if domain not in case.complete or subject.open:
        return False
    return all(comparable(subject, fact) for fact in _until(case) if fact.domain == domain)


def _short(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _SHOWN else f"{folded[: _SHOWN - 1]}…"


def _until(case: Case) -> list[Fact]:
    """The facts of which the day knows."""
    return [fact for fact in case.patient.facts if fact.start is None or fact.start.first <= case.on]
