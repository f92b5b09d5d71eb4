"""A trial in the standards there are: what each cannot say, and the files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from critparse.errors import MissingExtra
from critparse.exports import standards
from critparse.review.api.views import Number
from critparse.review.pages.forms import Way
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import page
from critparse.review.pages.trials import Place
from critparse.review.services import Served
from critparse.review.store import Trial

routes = APIRouter(include_in_schema=False)
DOCUMENT = "json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMES = {
    "json": "critparse's own document, with everything",
    "omop": "OMOP cohort definition for ATLAS (Circe)",
    "cql": "CQL 1.5 library on FHIR R4",
    "fhir": "FHIR R5 EvidenceVariable and Group",
    "fhir-r4b": "FHIR R4B Group",
    "usdm": "CDISC USDM 4",
    "csv": "Tables of statements, findings and criteria",
    "parquet": "The same tables as Parquet",
    "brat": "brat annotations",
    "html": "A page to print or send",
}
_SHOWN = 4000


@routes.get("/trials/{id}/export")
async def export(
    request: Request,
    id: Number,
    served: Served,
    who: Reader,
    to: Annotated[str, Query(max_length=40)] = "",
    place: Place = "",
) -> Response:
    """The standards to choose from, or one with what it cannot say and how its files begin."""
    trial = await to_thread.run_sync(served.store.trial, id)
    files: Mapping[str, str | bytes] = {}
    omissions: list[tuple[str, str, str, str]] = []
    missing = ""
    if to:
        try:
            files, omissions = await _exported(served, trial, to)
        except MissingExtra as error:
            missing = str(error)
    shown = {
        f"{name_of(trial)}{ending}": (content[:_SHOWN] if isinstance(content, str) else "", len(content))
        for ending, content in files.items()
    }
    return page(
        "export.html",
        who,
        request=request,
        trial=trial,
        to=to,
        targets={name: _NAMES.get(name, name) for name in (DOCUMENT, *standards())},
        files=shown,
        omissions=omissions,
        missing=missing,
        shown=_SHOWN,
        way=Way(place),
    )


@routes.get("/trials/{id}/export/{to}")
async def download(id: Number, to: str, served: Served, _: Reader) -> Response:
    """The file of an export; several come as a zip file."""
    trial = await to_thread.run_sync(served.store.trial, id)
    files, _omissions = await _exported(served, trial, to)
    name = name_of(trial)
    if len(files) == 1:
        ((ending, content),) = files.items()
        return _file(f"{name}{ending}", content)
    return _file(f"{name}.{to}.zip", zipped(name, files))


@routes.get("/trials/{id}/record")
async def record(id: Number, served: Served, _: Reader) -> Response:
    """The record as it was uploaded."""
    trial = await to_thread.run_sync(served.store.trial, id)
    source = await to_thread.run_sync(served.workbench.source, trial)
    ending = {"json": ".json", "text": ".txt", "bytes": ".record"}[source.kind]
    return _file(f"{name_of(trial)}{ending}", source.data)


async def _exported(
    served: Served, trial: Trial, to: str
) -> tuple[Mapping[str, str | bytes], list[tuple[str, str, str, str]]]:
    if to == DOCUMENT:
        return {".json": trial.document.model_dump_json(indent=2) + "\n"}, []
    return await served.workbench.export(trial, to)


def name_of(trial: Trial) -> str:
    """A trial as the name of a file."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", trial.row.trial_id or "").strip("-.")[:80] or f"trial-{trial.id}"


def zipped(name: str, files: Mapping[str, str | bytes]) -> bytes:
    """Files in a zip file, which is the same whenever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}{ending}", _EPOCH), content)
    return out.getvalue()


def _file(name: str, content: str | bytes) -> Response:
    """A file to keep, whatever it holds: never shown by the browser."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    data = content.encode() if isinstance(content, str) else content
    return Response(data, headers=headers, media_type="application/octet-stream")
