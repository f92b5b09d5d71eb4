"""What happened to a trial, and two of its versions beside each other."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from critparse.review.api.views import Number
from critparse.review.events import Undone
from critparse.review.pages.comparing import compared
from critparse.review.pages.forms import Way
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import page
from critparse.review.pages.telling import told
from critparse.review.pages.trials import Place
from critparse.review.services import Served
from critparse.schema import ParsedTrial

routes = APIRouter(include_in_schema=False)
_EVENTS = 10_000


@routes.get("/trials/{id}/history")
async def history(request: Request, id: Number, served: Served, who: Reader, place: Place = "") -> Response:
    """The log of a trial, last first."""
    trial = await to_thread.run_sync(served.store.trial, id)
    events = await to_thread.run_sync(lambda: served.store.events(id, limit=_EVENTS))
    undone = {event.what.undoes for event in events if isinstance(event.what, Undone)}
    shown = [told(event) for event in reversed(events)]
    return page("history.html", who, request=request, trial=trial, events=shown, undone=undone, way=Way(place))


@routes.get("/trials/{id}/compare")
async def compare(
    request: Request,
    id: Number,
    served: Served,
    who: Reader,
    first: Annotated[int | None, Query(alias="from", ge=1, le=2**53)] = None,
    second: Annotated[int | None, Query(alias="to", ge=1, le=2**53)] = None,
    place: Place = "",
) -> Response:
    """Two versions of a trial; the one it began with and the present one where none are named."""
    trial = await to_thread.run_sync(served.store.trial, id)
    before, after = first or 1, second or trial.version

    def put_together() -> Response:
        documents = [ParsedTrial.model_validate_json(served.store.document_at(id, one)) for one in (before, after)]
        events = served.store.events(id, limit=_EVENTS)
        versions = [one for one in map(told, events) if one.rereads]
        return page(
            "compare.html",
            who,
            request=request,
            trial=trial,
            versions=versions,
            before=before,
            after=after,
            found=compared(*documents),
            way=Way(place),
        )

    return await to_thread.run_sync(put_together)
