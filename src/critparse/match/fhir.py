"""Patients from FHIR (R4, R4B, R5): bundles and single resources in JSON files, NDJSON, or folders of both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from critparse.errors import EmptyInput, InputError, InputNotFound, InputTooLarge, MalformedInput
from critparse.match.patient import Days, Domain, Fact, Patient
from critparse.match.resources import READERS, Resource, sex
from critparse.schema import ParsedTrial
from critparse.sources import MAX_BYTES
from critparse.sources.load import JSON_LINES

_ENDINGS = (".json", *JSON_LINES)
_FORMAT = "FHIR"


class Record(NamedTuple):
    """The patients of all files, by id, and what could not be used, one line each."""

    patients: tuple[Patient, ...]
    problems: tuple[str, ...]

    @property
    def never_complete(self) -> Mapping[Domain, str]:
        """Nothing that bundles could not hold all of."""
        return {}

    def coded(self, trial: ParsedTrial) -> ParsedTrial:
        """The trial as it is: bundles bring no vocabulary."""
        return trial


class _Entry(NamedTuple):
    resource: Resource
    where: str
    url: str = ""


def read_patients(path: Path) -> Record:
    """The patients of a file or of all files in a folder, with their facts.

    A resource that is damaged, or whose patient is not there, is a problem; it costs nothing else.

    Raises:
        InputError: there is no such file, it is no JSON, or there is no patient in it.
    """
    entries = [entry for file in _files(path) for entry in _entries(file)]
    people, problems = _people(entries)
    facts: dict[str, list[Fact]] = {name: [] for name, _ in people.values()}
    targets = _targets(entries)
    for entry in entries:
        kind = entry.resource.get("resourceType")
        reader = READERS.get(str(kind))
        if reader is None:
            continue
        name = f"{kind}/{entry.resource.get('id', '?')}"
        owner = _owner(entry.resource, people)
        if owner is None:
            problems.append(f"{entry.where}: {name} belongs to no patient that is there")
            continue
        try:
            facts[owner].extend(reader(entry.resource, name, targets))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            problems.append(f"{entry.where}: {name} is damaged ({error})")
    if not people:
        raise InputError(where=path, reason="there is no Patient in it")
    by_name = dict(people.values())
    patients = (by_name[name]._replace(facts=tuple(found)) for name, found in facts.items())
    return Record(tuple(sorted(patients)), tuple(problems))


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputNotFound(where=path)
    if path.is_file():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _ENDINGS and file.is_file())
    if not files:
        raise InputError(where=path, reason=f"it is a folder without {', '.join(_ENDINGS)} files")
    return files


def _entries(file: Path) -> Iterator[_Entry]:
    text = _text(file)
    if file.suffix.lower() in JSON_LINES:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield from _unpacked(_json(line, f"{file}, line {number}"), f"{file}, line {number}")
    else:
        yield from _unpacked(_json(text, str(file)), str(file))


def _text(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise InputTooLarge(where=file, size=size, limit=MAX_BYTES)
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(where=file, reason=(error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError as error:
        raise MalformedInput(where=file, format=_FORMAT, reason="it is not UTF-8") from error
    if not text.strip():
        raise EmptyInput(where=file)
    return text


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedInput(where=where, format=_FORMAT, reason=str(error) or type(error).__name__) from error


def _unpacked(value: Any, where: str) -> Iterator[_Entry]:
    """The resources of a bundle, of a bundle's bundles (one level), or the resource itself."""
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise MalformedInput(where=where, format=_FORMAT, reason="it is no FHIR resource")
    if value["resourceType"] != "Bundle":
        yield _Entry(value, where)
        return
    for entry in _listed(value, "entry"):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        if resource.get("resourceType") == "Bundle":
            inner = (each.get("resource") for each in _listed(resource, "entry") if isinstance(each, dict))
            yield from (_Entry(one, where) for one in inner if isinstance(one, dict))
        else:
            yield _Entry(resource, where, str(entry.get("fullUrl") or ""))


def _listed(value: Resource, field: str) -> list[Any]:
    found = value.get(field)
    return found if isinstance(found, list) else []


def _people(entries: list[_Entry]) -> tuple[dict[str, tuple[str, Patient]], list[str]]:
    """Each patient by all references that may name it; a birth date that cannot be read is a problem."""
    people: dict[str, tuple[str, Patient]] = {}
    problems: list[str] = []
    for entry in entries:
        if entry.resource.get("resourceType") != "Patient":
            continue
        id_ = str(entry.resource.get("id") or entry.url or "?")
        birth = None
        try:
            birth = Days.of(entry.resource["birthDate"]) if entry.resource.get("birthDate") else None
        except (ValueError, TypeError) as error:
            problems.append(f"{entry.where}: Patient/{id_} has no readable date of birth ({error})")
        patient = Patient(id_, birth, sex(entry.resource))
        if f"Patient/{id_}" in people:
            problems.append(f"{entry.where}: Patient/{id_} stands twice; the first counts")
            continue
        people[f"Patient/{id_}"] = (id_, patient)
        if entry.url:
            people[entry.url] = (id_, patient)
    return people, problems


def _owner(resource: Resource, people: Mapping[str, tuple[str, Patient]]) -> str | None:
    """The id of the patient whom a resource is about; without a reference, the only one there is."""
    subject = resource.get("subject") or resource.get("patient")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    if not isinstance(reference, str):
        ids = {name for name, _ in people.values()}
        return ids.pop() if len(ids) == 1 else None
    found = people.get(reference) or people.get("/".join(reference.partition("/_history")[0].split("/")[-2:]))
    return found[0] if found else None


def _targets(entries: list[_Entry]) -> dict[str, Resource]:
    """Medications and devices by the references that may name them."""
    found: dict[str, Resource] = {}
    for entry in entries:
        kind = str(entry.resource.get("resourceType"))
        if kind in {"Medication", "Device"}:
            found[f"{kind}/{entry.resource.get('id')}"] = entry.resource
            if entry.url:
                found[entry.url] = entry.resource
    return found
