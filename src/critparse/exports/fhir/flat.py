"""What a Group can hold: characteristics that must all hold, each of one code and one value.

The flat list is made from the tree of an EvidenceVariable: conjunctions are taken apart, so are excluded alternatives.
Whatever else the tree says, a Group says in words: nothing is left out, but words are for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from critparse.exports.capability import Omission
from critparse.exports.fhir.terms import QUALIFIER, Json, line, words
from critparse.exports.fhir.tree import SECTION

_TIMES = ("timeFromEvent", "durationQuantity", "durationRange")
_COUNTS = ("instancesQuantity", "instancesRange")
_CRITERION = words("eligibility criterion")
_COMBINATIONS = {"all-of": "all_of", "any-of": "any_of", "at-least": "at_least"}


class Flat(NamedTuple):
    """A characteristic of a Group, and, when it is in words, which part of the rule forced that and why."""

    characteristic: Json
    part: str = ""
    reason: str = ""


def flattened(characteristic: Json) -> Iterator[Flat]:
    """A characteristic of an EvidenceVariable as those of a Group."""
    return _flattened(characteristic, exclude=False, description="")


def omissions(criterion: str, flats: list[Flat]) -> Iterator[Omission]:
    """One omission for each characteristic that is in words."""
    for flat in flats:
        if flat.part:
            text = flat.characteristic["valueCodeableConcept"]["text"]
            yield Omission(criterion, flat.part, flat.reason, text)


def _flattened(characteristic: Json, *, exclude: bool, description: str) -> Iterator[Flat]:
    exclude ^= characteristic.get("exclude", False)
    description = characteristic.get("description", description)
    obstacle = _obstacle(characteristic, exclude=exclude)
    if obstacle is not None:
        yield Flat(_in_words(description, characteristic, exclude=exclude), *obstacle)
        return
    combination = characteristic.get("definitionByCombination")
    if combination is None:
        defined = dict(characteristic["definitionByTypeAndValue"])
        yield Flat({"code": defined.pop("type"), **defined, "exclude": exclude})
        return
    for member in combination["characteristic"]:
        yield from _flattened(member, exclude=exclude, description=description)


def _obstacle(characteristic: Json, *, exclude: bool) -> tuple[str, str] | None:
    """The part of the rule that a Group cannot express here, and why."""
    defined = characteristic.get("definitionByTypeAndValue")
    combination = characteristic.get("definitionByCombination")
    if defined is None and combination is None:
        return "unstructured", "it is words"
    if not all(note["text"].startswith(SECTION) for note in characteristic.get("note", ())):
        return "unread", "a Group has no notes"
    if any(name in characteristic for name in _TIMES):
        return "windows", "a Group has no times relative to events"
    if any(name in characteristic for name in _COUNTS):
        return "range", "a Group does not count"
    if defined is not None:
        return (
            ("range relative to a limit of normal", "a Group has no limits of normal") if "offset" in defined else None
        )
    return _unfit(combination or {}, exclude=exclude)


def _unfit(combination: Json, *, exclude: bool) -> tuple[str, str] | None:
    code = combination["code"]
    single = code != "at-least" and len(combination["characteristic"]) == 1
    if single or code == ("any-of" if exclude else "all-of"):
        return None
    return _part(combination), "a Group is a flat list of what must all hold"


def _part(combination: Json) -> str:
    """The connective; or, where the members are facts of one statement, the feature they come from."""
    members = combination["characteristic"]
    if any("description" in member for member in members):
        return _COMBINATIONS[combination["code"]]
    if combination["code"] == "any-of":
        return "values"
    types = [member.get("definitionByTypeAndValue", {}).get("type", {}) for member in members]
    return "qualifiers" if any(_system(of) == QUALIFIER for of in types) else "range"


def _system(concept: Json) -> str | None:
    return next((coding["system"] for coding in concept.get("coding", ())), None)


def _in_words(description: str, characteristic: Json, *, exclude: bool) -> Json:
    notes = [note["text"] for note in characteristic.get("note", ())]
    text = line(" · ".join([description, *notes]))
    return {"code": _CRITERION, "valueCodeableConcept": {"text": text}, "exclude": exclude}
