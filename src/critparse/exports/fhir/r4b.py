"""FHIR R4B: a ResearchStudy that enrols a Group of what must all hold; the rest of the logic in words.

R4B's EvidenceVariable has no nested logic either, so that nothing is gained by adding one.
"""

from __future__ import annotations

from critparse.exports.capability import Capabilities, Capability, Exported, Omission
from critparse.exports.fhir.flat import Flat, flattened, omissions
from critparse.exports.fhir.resources import Places, named, narrative, study_fields, written
from critparse.exports.fhir.terms import Json
from critparse.exports.fhir.tree import Tree, registry_characteristics
from critparse.exports.parts import aside, listed, whole_text
from critparse.schema import LEAF_KINDS, Criterion, ParsedTrial

_WORDS = "words in `valueCodeableConcept`"
CAPABILITIES: Capabilities = {
    "all_of": Capability("exact", "one characteristic each; in words where it excludes"),
    "any_of": Capability("rewritten", "where it excludes: one excluded characteristic each; else in words"),
    "not": Capability("exact", "`exclude`"),
    "at_least": Capability("no", _WORDS),
    "if_then": Capability("no", _WORDS),
    **dict.fromkeys(LEAF_KINDS, Capability("exact", "`characteristic`")),
    "range": Capability("exact", "`valueRange`, or `valueQuantity` with a comparator, UCUM; counts of events in words"),
    "range relative to a limit of normal": Capability("no", _WORDS),
    "alternatives": Capability("no", _WORDS),
    "values": Capability("rewritten", "one value; several only where they exclude, else in words"),
    "qualitative": Capability("exact", "`valueCodeableConcept`"),
    "present": Capability("exact", "`exclude`"),
    "windows": Capability("no", _WORDS + ": `period` takes dates only"),
    "concepts": Capability("exact", "`coding`, but for codes of a broader class"),
    "qualifiers": Capability("rewritten", "a further characteristic; in words where it excludes"),
    "dose": Capability("rewritten", "further characteristics; in words where they exclude"),
    "scope": Capability("no", _WORDS),
    "unread": Capability("no", _WORDS + " together with the statement"),
    "unstructured": Capability("no", _WORDS),
}
_ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
_ASIDE = "it stands beside the list: in the narrative, or without saying whether it includes or excludes"


def export(trial: ParsedTrial) -> Exported:
    """One ``.json`` file: a Bundle of ResearchStudy and Group."""
    places, tree = Places(trial), Tree(trial)
    omitted: list[Omission] = []
    flats = [flat for made in registry_characteristics(trial.registry) for flat in flattened(made)]
    for criterion in listed(trial):
        found = list(flattened(tree.criterion(criterion)))
        omitted += omissions(criterion.id, found)
        flats += found
    omitted += [Omission(criterion.id, _part(criterion), _ASIDE, whole_text(criterion)) for criterion in aside(trial)]
    group = _group(trial, flats)
    study = {
        "resourceType": "ResearchStudy",
        "id": "study",
        **study_fields(trial),
        "_status": _ABSENT,  # the code is required, and critparse does not read it
        "enrollment": [places.reference(group)],
    }
    return Exported({".json": written(places.bundle([study, group]))}, tuple(omitted))


def _part(criterion: Criterion) -> str:
    return criterion.rule.kind


def _group(trial: ParsedTrial, flats: list[Flat]) -> Json:
    return {
        "resourceType": "Group",
        "id": "participants",
        "text": narrative([*listed(trial), *aside(trial)]),
        "type": "person",
        "actual": False,
        "name": named(trial, "Eligible participants"),
        **({"characteristic": [flat.characteristic for flat in flats]} if flats else {}),
    }
