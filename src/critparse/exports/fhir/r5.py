"""FHIR R5: a ResearchStudy whose eligibility is an EvidenceVariable, and the same as a flat Group.

The EvidenceVariable holds the whole logic. Criteria that stand beside the list (in the narrative, or of unknown kind)
are EvidenceVariables of their own, to which the study does not point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from critparse.exports.capability import Capabilities, Capability, Exported
from critparse.exports.fhir.flat import flattened
from critparse.exports.fhir.resources import Places, named, narrative, study_fields, written
from critparse.exports.fhir.terms import Json, line
from critparse.exports.fhir.tree import Tree, fhir_id, registry_characteristics
from critparse.exports.parts import aside, listed
from critparse.schema import LEAF_KINDS, Criterion, ParsedTrial

_TYPED = Capability("exact", "`definitionByTypeAndValue`")
CAPABILITIES: Capabilities = {
    "all_of": Capability("exact", "`definitionByCombination` `all-of`"),
    "any_of": Capability("exact", "`any-of`"),
    "not": Capability("exact", "`exclude`"),
    "at_least": Capability("exact", "`at-least` with `threshold`"),
    "if_then": Capability("rewritten", "`any-of`: the condition excluded, or what it asks for"),
    **dict.fromkeys(LEAF_KINDS, _TYPED),
    "range": Capability(
        "exact", "`valueRange`, or `valueQuantity` with a comparator, UCUM; counts of events as `instances`"
    ),
    "range relative to a limit of normal": Capability("rewritten", "a multiple, with the reference as `offset`"),
    "alternatives": Capability("rewritten", "`any-of` the units"),
    "values": Capability("rewritten", "`any-of` the values"),
    "qualitative": Capability("exact", "`valueCodeableConcept`"),
    "present": Capability("exact", "`exclude`"),
    "windows": Capability(
        "rewritten", "`timeFromEvent`, `duration`; a second duration, an interval and an excluded end as words"
    ),
    "concepts": Capability("exact", "`coding`, but for codes of a broader class"),
    "qualifiers": Capability("rewritten", "a further characteristic in `all-of`, or the type: contraindication to …"),
    "dose": Capability("rewritten", "further characteristics in `all-of`"),
    "scope": Capability("no", "words only: characteristics are those of the participant"),
    "unread": Capability("no", "`note`: words that may narrow or widen the statement"),
    "unstructured": Capability("no", "words only"),
}


def export(trial: ParsedTrial) -> Exported:
    """One ``.json`` file: a Bundle of ResearchStudy, EvidenceVariables and Group."""
    places, tree = Places(trial), Tree(trial)
    criteria = listed(trial)
    registry = list(registry_characteristics(trial.registry))
    characteristics = [*registry, *(tree.criterion(criterion) for criterion in criteria)]
    variable = _variable(trial, "eligibility", "Eligibility criteria", criteria, characteristics)
    others = [
        _variable(trial, resource_id, title, members, [tree.criterion(member) for member in members])
        for resource_id, title, members in _asides(trial)
    ]
    study = {
        "resourceType": "ResearchStudy",
        "id": "study",
        **study_fields(trial),
        "status": "unknown",
        "recruitment": _recruitment(trial, places.reference(variable)),
    }
    bundle = places.bundle([study, variable, _group(trial, criteria, characteristics), *others])
    return Exported({".json": written(bundle)}, tuple(tree.omissions))


def _variable(
    trial: ParsedTrial, resource_id: str, title: str, criteria: Sequence[Criterion], characteristics: Sequence[Json]
) -> Json:
    variable: Json = {
        "resourceType": "EvidenceVariable",
        "id": resource_id,
        "text": narrative(criteria),
        "title": named(trial, title),
        "status": "unknown",
    }
    if trial.registry.healthy_volunteers is not None and resource_id == "eligibility":
        answer = "yes" if trial.registry.healthy_volunteers else "no"
        variable["note"] = [{"text": f"Registry field: healthy volunteers {answer}"}]
    if characteristics:
        variable["characteristic"] = list(characteristics)
    return variable


def _asides(trial: ParsedTrial) -> Iterator[tuple[str, str, list[Criterion]]]:
    """Id, title and members of each group of criteria beside the list."""
    for (text_id, kind), members in groupby(aside(trial), key=lambda c: (c.span.text_id, c.kind == "unknown")):
        found = list(members)
        label = next((text.label for text in trial.texts if text.id == text_id), text_id)
        title = f"Criteria of unknown kind ({label})" if kind else f"Criteria in another text ({label})"
        yield fhir_id(f"aside-{found[0].id}"), line(title), found


def _recruitment(trial: ParsedTrial, eligibility: Json) -> Json:
    enrollment = trial.registry.enrollment
    number = {"targetNumber": enrollment} if enrollment is not None and enrollment >= 0 else {}
    return {**number, "eligibility": eligibility}


def _group(trial: ParsedTrial, criteria: Sequence[Criterion], characteristics: Sequence[Json]) -> Json:
    """The same criteria as a flat list, for readers that know no EvidenceVariable."""
    flat = [found.characteristic for characteristic in characteristics for found in flattened(characteristic)]
    return {
        "resourceType": "Group",
        "id": "participants",
        "text": narrative(criteria),
        "type": "person",
        "membership": "definitional",
        "name": named(trial, "Eligible participants"),
        **({"characteristic": flat} if flat else {}),
    }
