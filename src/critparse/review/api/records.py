"""Records that are parsed, checked, exported and not kept."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from critparse.review.api.views import Checked, ExportRequest, ExportView, Record, export_view, json_response
from critparse.review.http.security import Viewer
from critparse.review.parsing import Export, Source
from critparse.review.services import Served
from critparse.review.store.blobs import packed
from critparse.schema import ParsedTrial

routes = APIRouter(tags=["records"])


@routes.post("/parse", response_model=ParsedTrial)
async def parse(record: Record, served: Served, _: Viewer) -> Response:
    """Parse a record: the document, as ``critparse parse --format json`` writes it."""
    document = await served.workbench.parse(Source.of(record.source, record.format))
    return Response(document, media_type="application/json")


@routes.post("/check", response_model=Checked)
async def check(record: Record, served: Served, _: Viewer) -> Response:
    """Check a record: where it contradicts itself."""
    document = ParsedTrial.model_validate_json(await served.workbench.parse(Source.of(record.source, record.format)))
    return json_response(Checked(trial_id=document.trial_id, findings=document.findings))


@routes.post("/export", response_model=ExportView)
async def export(wanted: ExportRequest, served: Served, _: Viewer) -> Response:
    """Write a record, or a document, in a standard; with what the standard cannot express."""
    if (wanted.source is None) == (wanted.document is None):
        raise HTTPException(422, "give either a source or a document")
    if wanted.source is not None:
        document = await served.workbench.parse(Source.of(wanted.source, wanted.format))
    else:
        assert wanted.document is not None
        document = packed(wanted.document)
    return json_response(export_view(*await served.parsers.run(Export(document, wanted.to))))
