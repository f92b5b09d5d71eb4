"""What the resources of both versions share: the Bundle, the study's own fields, the narrative."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from html import escape

from critparse.exports.fhir.terms import Json, line, markdown, words
from critparse.exports.parts import whole_text
from critparse.schema import Criterion, ParsedTrial
from critparse.sources.record import NCT_NUMBER

_CLINICAL_TRIALS_GOV = "https://clinicaltrials.gov"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:critparse")


class Places:
    """The full URLs of the resources of one Bundle: the same for the same trial, so that outputs can be compared."""

    def __init__(self, trial: ParsedTrial) -> None:
        self._trial = f"{trial.trial_id or ''} {trial.title or ''}"

    def url(self, resource_id: str) -> str:
        """The URL of the resource with this id."""
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{self._trial} {resource_id}')}"

    def reference(self, resource: Json) -> Json:
        """A reference to a resource of the Bundle."""
        return {"reference": self.url(resource["id"]), "type": resource["resourceType"]}

    def bundle(self, resources: Iterable[Json]) -> Json:
        """The resources as a Bundle of type collection."""
        entries = [{"fullUrl": self.url(resource["id"]), "resource": resource} for resource in resources]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def study_fields(trial: ParsedTrial) -> Json:
    """Identifier, title, phase and conditions of a ResearchStudy, as far as the record has them."""
    found: Json = {}
    if trial.trial_id:
        system = {"system": _CLINICAL_TRIALS_GOV} if NCT_NUMBER.fullmatch(trial.trial_id) else {}
        found["identifier"] = [{**system, "value": line(trial.trial_id)}]
    if trial.title:
        found["title"] = line(trial.title)
    if trial.registry.phase:
        found["phase"] = words(trial.registry.phase)
    if trial.registry.conditions:
        found["condition"] = [words(condition) for condition in trial.registry.conditions]
    return found


def named(trial: ParsedTrial, what: str) -> str:
    """A title for a resource: "Eligibility criteria of NCT01741857"."""
    return line(f"{what} of {trial.trial_id or trial.title or 'a trial without id'}")


def narrative(criteria: Sequence[Criterion]) -> Json:
    """The criteria in their own words for people, as FHIR's ``text``."""
    items = "".join(
        f"<li>{escape(line(_place(criterion)))}: {escape(markdown(whole_text(criterion)))}</li>"
        for criterion in criteria
    )
    inner = f"<ul>{items}</ul>" if items else "<p>The record lists no criteria.</p>"
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'}


def _place(criterion: Criterion) -> str:
    """Kind, id and sub-heading."""
    place = f"{criterion.kind.capitalize()} {criterion.id}"
    return f"{place} ({criterion.section})" if criterion.section else place


def written(resource: Json) -> str:
    """The resource as JSON for people, with its line end."""
    return json.dumps(resource, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
