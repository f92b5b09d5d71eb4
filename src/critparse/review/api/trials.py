"""Trials: submitted, listed, decided on, corrected."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response

from critparse.review.api.views import (
    CodeView,
    CorrectionRequest,
    DecisionRequest,
    ExcerptView,
    ExportView,
    FindingsView,
    Fingerprint,
    Number,
    PageView,
    Record,
    RegistryView,
    ReparseRequest,
    SubmissionsView,
    SummaryView,
    TrialView,
    UndoRequest,
    export_view,
    json_response,
    submission_view,
    trial_response,
)
from critparse.review.events import Decision, Event, State
from critparse.review.http.security import Curator, Viewer
from critparse.review.parsing import Source
from critparse.review.services import Served
from critparse.review.store import Cursor, Inbox
from critparse.schema import ParsedTrial, Severity

routes = APIRouter(tags=["trials"])
_SEARCHED = "Beginnings of words that all stand in number, title, conditions, texts or messages of findings"
_WORD = r"^[A-Za-z0-9 ._-]{1,80}$"


@routes.post("/trials", response_model=SubmissionsView, status_code=201, responses={200: {"model": SubmissionsView}})
async def submit(record: Record, served: Served, who: Curator) -> Response:
    """Keep the records of a source. A record of a trial that is known is its new version; decisions stay."""
    found = await served.workbench.submit(Source.of(record.source, record.format), who.name)
    if len(found) == 1 and found[0].error is not None:
        raise found[0].error
    kept = any(one.outcome in {"new", "updated"} for one in found)
    return json_response(SubmissionsView(records=[submission_view(one) for one in found]), 201 if kept else 200)


@routes.get("/trials", response_model=PageView)
async def trials(  # noqa: PLR0913, PLR0917  filters
    served: Served,
    _: Viewer,
    state: Annotated[State | None, Query(description="Trials with findings in this state [open]")] = "open",
    code: Annotated[str | None, Query(pattern=_WORD)] = None,
    severity: Severity | None = None,
    registry: Annotated[str | None, Query(pattern=_WORD)] = None,
    q: Annotated[str, Query(max_length=200, description=_SEARCHED)] = "",
    corrected: bool | None = None,
    every: Annotated[bool, Query(description="Trials in any state, also without findings")] = False,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PageView:
    """The inbox: trials that wait for a decision, worst first."""
    wanted = Inbox(
        state=None if every else state,
        code=code,
        severity=severity,
        registry=registry,
        search=q,
        corrected=corrected,
        after=Cursor.read(cursor) if cursor is not None else None,
        limit=limit,
    )
    page = await to_thread.run_sync(served.store.page, wanted)
    excerpts = await to_thread.run_sync(served.store.excerpts, page.trials, q)
    return PageView(
        trials=page.trials,
        excerpts={trial: [ExcerptView.of(one) for one in found] for trial, found in excerpts.items()},
        next=str(page.next) if page.next else None,
    )


@routes.get("/summary", response_model=SummaryView)
async def summary(served: Served, _: Viewer) -> SummaryView:
    """What is open, by code, and the registries there are."""
    codes, registries = await to_thread.run_sync(served.store.overview)
    return SummaryView(
        codes=[CodeView(**count._asdict()) for count in codes],
        registries=[RegistryView(registry=registry, trials=count) for registry, count in registries],
    )


@routes.get("/trials/{id}", response_model=TrialView)
async def trial(id: Number, served: Served, _: Viewer) -> Response:
    """A trial as it is now: its document, and its findings with what people decided."""
    return trial_response(await to_thread.run_sync(served.store.trial, id))


@routes.get("/trials/{id}/findings", response_model=FindingsView)
async def findings(id: Number, served: Served, _: Viewer) -> Response:
    """The findings of a trial with what people decided."""
    found = await to_thread.run_sync(served.store.standing, id)
    return json_response(FindingsView.model_construct(version=found.version, findings=found.findings))


@routes.post("/trials/{id}/findings/{fingerprint}/decision", response_model=TrialView)
async def decide(
    id: Number, fingerprint: Fingerprint, asked: DecisionRequest, served: Served, who: Curator
) -> Response:
    """Accept a finding, dismiss it with a reason, call it fixed at the source, or open it again."""
    decision = Decision(state=asked.state, reason=asked.reason)
    return trial_response(await served.workbench.decide(id, asked.version, who.name, fingerprint, decision))


@routes.post("/trials/{id}/corrections", response_model=TrialView)
async def correct(id: Number, asked: CorrectionRequest, served: Served, who: Curator) -> Response:
    """Correct what was read: a rule, a span, a concept, an entity, the kind or the split of a criterion."""
    return trial_response(await served.workbench.correct(id, asked.version, who.name, asked.edit, asked.comment))


@routes.post("/trials/{id}/undo", response_model=TrialView)
async def undo(id: Number, asked: UndoRequest, served: Served, who: Curator) -> Response:
    """Take a change back; undoing an undoing brings it back."""
    return trial_response(await served.workbench.undo(id, asked.version, who.name, asked.undoes))


@routes.post("/trials/{id}/reparse", response_model=TrialView)
async def reparse(id: Number, asked: ReparseRequest, served: Served, who: Curator) -> Response:
    """Read the record anew with the present parser; its event says what moved."""
    return trial_response(await served.workbench.reparse(id, asked.version, who.name))


@routes.get("/trials/{id}/record", responses={200: {"content": {"application/octet-stream": {}}}})
async def record(id: Number, served: Served, _: Viewer) -> Response:
    """The record as it was uploaded."""
    found = await to_thread.run_sync(served.store.standing, id)
    source = await to_thread.run_sync(served.workbench.source, found)
    name = {"json": "record.json", "text": "record.txt", "bytes": "record"}[source.kind]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(source.data, headers=headers, media_type="application/octet-stream")


@routes.get("/trials/{id}/versions/{version}", response_model=ParsedTrial)
async def version(id: Number, version: Number, served: Served, _: Viewer) -> Response:
    """The document as a version of the trial had it."""
    document = await to_thread.run_sync(served.store.document_at, id, version)
    return Response(document, media_type="application/json")


@routes.get("/trials/{id}/export/{to}", response_model=ExportView)
async def export(id: Number, to: str, served: Served, _: Viewer) -> Response:
    """The trial, corrections included, in a standard."""
    found = await to_thread.run_sync(served.store.trial, id)
    return json_response(export_view(*await served.workbench.export(found, to)))


@routes.get("/trials/{id}/events", response_model=list[Event])
async def events(
    id: Number,
    served: Served,
    _: Viewer,
    after: Annotated[int, Query(ge=0, le=2**53, description="The last sequence number that is known")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Event]:
    """What happened to a trial: who, when, what, before, after."""
    return await to_thread.run_sync(lambda: served.store.events(id, after=after, limit=limit))
