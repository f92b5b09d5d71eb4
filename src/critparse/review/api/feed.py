"""What happened to all trials, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from critparse.review.events import Event
from critparse.review.http.security import Viewer
from critparse.review.services import Served
from critparse.review.training import brat_archive, json_lines

routes = APIRouter(tags=["log"])
_FILES: dict[str, Any] = {"content": {"application/x-ndjson": {}, "application/zip": {}}}


@routes.get("/events", response_model=list[Event])
async def events(
    served: Served,
    _: Viewer,
    after: Annotated[int, Query(ge=0, le=2**53, description="The last sequence number that is known")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Event]:
    """The log of all trials, oldest first."""
    return await to_thread.run_sync(lambda: served.store.events(after=after, limit=limit))


@routes.get("/corrections", responses={200: _FILES})
async def corrections(served: Served, _: Viewer, format: Literal["jsonl", "brat"] = "jsonl") -> Response:
    """What people corrected, as training data: JSON lines, or a zip file of brat files."""
    if format == "jsonl":
        return StreamingResponse(json_lines(served.store), media_type="application/x-ndjson")
    archive = await to_thread.run_sync(brat_archive, served.store)
    headers = {"Content-Disposition": 'attachment; filename="corrections.zip"'}
    return Response(archive, headers=headers, media_type="application/zip")
