"""One statement of a rule as a characteristic of an EvidenceVariable (R5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from critparse.exports.fhir.quantities import amounts, loss, offset, time_from_event, values
from critparse.exports.fhir.terms import (
    QUALIFIER,
    Json,
    gender,
    line,
    markdown,
    subject_concept,
    terms,
    type_concept,
    words,
)
from critparse.rules.explain import explain
from critparse.rules.phrases import limit_words, window_words
from critparse.schema import Dose, Leaf, Qualifier, Range, TimeWindow, Unstructured

Omit = Callable[[str, str, str], None]
"""Takes the part, the reason and the words of something that cannot be said."""

_NAMED = ("condition", "drug", "procedure", "device", "allergy", "measurement")
_COUNTED = ("condition", "drug", "procedure", "device", "allergy")


def combined(code: str, members: Sequence[Json], **more: int) -> Json:
    """A characteristic made of others: ``all-of``, ``any-of``, ``at-least``; a single member stays as it is."""
    if len(members) == 1 and not more:
        return dict(members[0])
    return {"definitionByCombination": {"code": code, **more, "characteristic": list(members)}}


def denied(characteristic: Json) -> Json:
    """The negation: ``exclude``, around what is excluded already."""
    if characteristic.get("exclude"):
        characteristic = {"definitionByCombination": {"code": "all-of", "characteristic": [characteristic]}}
    return {**characteristic, "exclude": True}


def unread_words(text: str) -> Json:
    """A characteristic of words alone."""
    return {"description": markdown(text)}


def stated(leaf: Leaf | Unstructured, unread: Sequence[str], omit: Omit) -> Json:
    """A leaf as a characteristic; ``unread``: the words beside it that were not understood."""
    if isinstance(leaf, Unstructured):
        omit("unstructured", leaf.reason, leaf.subject.text)
        return unread_words(leaf.subject.text)
    if leaf.scope is not None:
        omit("scope", f"it is about somebody else or a part of the participants ({leaf.scope.person})", explain(leaf))
        return unread_words(explain(leaf))
    positive = leaf.model_copy(update={"present": True})
    characteristic = {
        "description": markdown(explain(positive)),
        **_note(unread, omit),
        **combined("all-of", [*_facts(leaf), *_narrowing(leaf)]),
        **_counts(leaf),
        **_times(leaf, omit),
    }
    return characteristic if leaf.present else denied(characteristic)


# --- what


def _facts(leaf: Leaf) -> Iterator[Json]:
    """What the statement says about its subject, each as a characteristic of type and value."""
    modes = [_key(q) for q in leaf.qualifiers if _key(q) in terms("mode")]
    subject = subject_concept(leaf.subject)
    about = type_concept(leaf.kind) if leaf.kind in ("age", "sex") else subject
    limits = () if _is_count(leaf) or leaf.range is None else (leaf.range, *leaf.alternatives)
    if limits:
        yield combined("any-of", [limited(about, limit) for limit in limits])
    if leaf.values:
        yield combined("any-of", [_typed(about, **_value(leaf, value)) for value in leaf.values])
    if leaf.qualitative:
        yield _typed(about, valueCodeableConcept=words(leaf.qualitative))
    has_value = bool(limits or leaf.values or leaf.qualitative)
    if modes or (not has_value and leaf.kind in _NAMED):
        yield _typed(type_concept(leaf.kind, dict.fromkeys(modes)), valueCodeableConcept=subject)
    elif not has_value:
        yield _typed(about, valueBoolean=True)


def limited(about: Json, limit: Range) -> Json:
    """A characteristic that holds ``about`` within a limit."""
    reference = offset(limit)
    more = {"offset": reference} if reference else {}
    return combined("all-of", [_typed(about, **value, **more) for value in values(limit)])


def chosen_sex(sexes: Sequence[str]) -> Json:
    """A characteristic of one of the sexes."""
    about = type_concept("sex")
    return combined("any-of", [_typed(about, valueCodeableConcept=gender(sex)) for sex in sexes])


def _value(leaf: Leaf, value: str) -> Json:
    if leaf.kind == "sex":
        return {"valueCodeableConcept": gender(value)}
    if value.isascii() and value.isdigit() and len(value) < 10:
        return {"valueQuantity": {"value": int(value)}}
    return {"valueCodeableConcept": words(value)}


def _typed(about: Json, **value: object) -> Json:
    return {"definitionByTypeAndValue": {"type": about, **value}}


# --- narrowed by


def _narrowing(leaf: Leaf) -> Iterator[Json]:
    """Qualifiers and dose: facts about the fact, which hold together with it."""
    for qualifier in dict.fromkeys((q.kind, q.value) for q in leaf.qualifiers if _key(q) not in terms("mode")):
        kind, value = qualifier
        about = {"coding": [{"system": QUALIFIER, "code": line(kind)}], "text": _of(kind, leaf)}
        yield _typed(about, valueCodeableConcept=words(value))
    if leaf.dose is not None:
        yield from _dose(leaf, leaf.dose)


def _dose(leaf: Leaf, dose: Dose) -> Iterator[Json]:
    if dose.amount is not None:
        yield limited(words(_of("dose", leaf)), dose.amount)
    if dose.route:
        yield _typed(words(_of("route", leaf)), valueCodeableConcept=words(dose.route))
    if dose.frequency is not None:
        parts = [part for part in (dose.frequency.count, dose.frequency.interval) if part is not None]
        text = " per ".join(limit_words(part) for part in parts)
        yield _typed(words(_of("frequency", leaf)), valueCodeableConcept=words(text))
    if dose.duration is not None:
        yield limited(words(_of("duration", leaf)), dose.duration)


def _of(what: str, leaf: Leaf) -> str:
    return f"{what} of {line(leaf.subject.text)}"


def _key(qualifier: Qualifier) -> str:
    return f"{qualifier.kind}:{qualifier.value}"


# --- how often, when, for how long


def _is_count(leaf: Leaf) -> bool:
    """Whether the limit counts occurrences of the subject: "≥ 2 relapses"."""
    limit = leaf.range
    if limit is None or limit.relative_to or leaf.kind not in _COUNTED:
        return False
    code = limit.unit.ucum if limit.unit else "1"
    return code is not None and (code == "1" or code.startswith("{")) and len(amounts(limit)) == 1


def _counts(leaf: Leaf) -> Json:
    if leaf.range is None or not _is_count(leaf):
        return {}
    return {f"instances{kind}": amount for kind, amount in amounts(leaf.range)}


def _times(leaf: Leaf, omit: Omit) -> Json:
    """Windows as ``timeFromEvent``; the first that says how long also as ``duration``."""
    events: list[Json] = []
    duration: Json = {}
    for window in leaf.windows:
        if window.kind == "duration" and window.range is not None and not duration:
            duration = _duration(window, omit)
            if window.anchor is not None:
                events.append(time_from_event(window.model_copy(update={"range": None})))
        elif window.kind in ("duration", "interval") and window.range is not None:
            omit("windows", f"FHIR has no place for this {window.kind}", window_words(window))
            events.append({"description": line(window_words(window))})
        else:
            if reason := loss(window):
                omit("windows", reason, window_words(window))
            events.append(time_from_event(window))
    return ({"timeFromEvent": events} if events else {}) | duration


def _duration(window: TimeWindow, omit: Omit) -> Json:
    assert window.range is not None, "only durations with a length are asked for"
    found = amounts(window.range)
    if len(found) > 1:
        omit("windows", "a Range of FHIR includes its ends", window_words(window))
        low, high = ({k: v for k, v in amount.items() if k != "comparator"} for _, amount in found)
        return {"durationRange": {"low": low, "high": high}}
    return {f"duration{kind}": amount for kind, amount in found}


def _note(unread: Sequence[str], omit: Omit) -> Json:
    for text in unread:
        omit("unread", "words beside the statement that may narrow or widen it", text)
    return {"note": [{"text": markdown(f"Not understood: {text}")} for text in unread]} if unread else {}
