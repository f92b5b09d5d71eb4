"""The page of a trial, and what people do there: decide on findings, undo, have the record read anew."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from critparse.errors import InvalidEdit, NotUndoable, VersionConflict
from critparse.review.accounts import Principal, allows
from critparse.review.api.records import Served
from critparse.review.api.views import Fingerprint, Number
from critparse.review.events import Decision, State
from critparse.review.http.security import Curator
from critparse.review.pages.conflicts import conflict_page
from critparse.review.pages.forms import Sent, Way
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import STATES, page, redirect
from critparse.review.pages.trialviews import reading, shown_findings, texts_of
from critparse.review.services import Services

routes = APIRouter(include_in_schema=False)
Place = Annotated[str, Query(alias="in", max_length=2000)]


@routes.get("/trials/{id}")
async def trial(request: Request, id: Number, served: Served, who: Reader, place: Place = "") -> Response:
    """One trial."""
    return await _shown(request, served, id, who, Way(place))


@routes.post("/trials/{id}/findings/{fingerprint}")
async def decide(
    request: Request, id: Number, fingerprint: Fingerprint, sent: Sent, served: Served, who: Curator
) -> Response:
    """Accept a finding, dismiss it, call it fixed, or open it again."""
    state, reason = _state(sent.text("state")), sent.text("reason")
    number = sent.text("number", 6)
    decision = Decision(state=state, reason=reason if state != "open" else "")
    try:
        await served.workbench.trial_at(id, sent.version)
        await served.workbench.decide(id, sent.version, who.name, fingerprint, decision)
    except VersionConflict as conflict:
        wanted = f"Finding {number}: {STATES[state]}{f' ({reason})' if reason else ''}"
        return await conflict_page(served, who, conflict, sent, request.url.path, wanted)
    except InvalidEdit:
        wrong = {fingerprint: "Say why: a finding is dismissed with a reason."}
        return await _shown(request, served, id, who, Way(sent.inbox), wrong)
    anchor = f"#f{number}" if number.isdecimal() else ""
    return redirect(Way(sent.inbox).to(f"/trials/{id}") + anchor, f"Finding {number}: {STATES[state]}.")


@routes.post("/trials/{id}/undo")
async def undo(request: Request, id: Number, sent: Sent, served: Served, who: Curator) -> Response:
    """Take back the last change, or that of the version in the field ``undoes``."""
    undoes = sent.text("undoes", 15)
    path = Way(sent.inbox).to(f"/trials/{id}")
    try:
        number = int(undoes) if undoes.isdecimal() else None
        await served.workbench.undo(id, sent.version, who.name, number)
    except VersionConflict as conflict:
        wanted = f"Take back version {undoes}" if undoes else "Take back the last change"
        return await conflict_page(served, who, conflict, sent, request.url.path, wanted, again=bool(undoes))
    except NotUndoable as error:
        return redirect(path, f"Nothing was taken back: {error}")
    return redirect(path, "The change was taken back. The history shows it; it can be brought back there.")


@routes.post("/trials/{id}/reparse")
async def reparse(request: Request, id: Number, sent: Sent, served: Served, who: Curator) -> Response:
    """Read the record anew."""
    try:
        found = await served.workbench.reparse(id, sent.version, who.name)
    except VersionConflict as conflict:
        return await conflict_page(served, who, conflict, sent, request.url.path, "Read the record anew")
    changed = "The record was read anew." if found.version != sent.version else "Reading it anew changes nothing."
    return redirect(Way(sent.inbox).to(f"/trials/{id}"), changed)


async def _shown(
    request: Request, served: Services, id: int, who: Principal, way: Way, wrong: dict[str, str] | None = None
) -> Response:
    """The page of a trial; it is put together in a thread."""

    def put_together() -> Response:
        found = served.store.trial(id)
        read = reading(found.state.document, found.document)
        findings = shown_findings(found, read)
        return page(
            "trial.html",
            who,
            422 if wrong else 200,
            request=request,
            trial=found,
            read=read,
            findings=findings,
            open=[one for one in findings if one.row.state == "open"],
            texts=texts_of(found, read, way, may=allows(who.role, "curator")),
            way=way,
            wrong=wrong or {},
        )

    return await to_thread.run_sync(put_together)


def _state(given: str) -> State:
    found: dict[str, State] = {"accepted": "accepted", "dismissed": "dismissed", "fixed": "fixed"}
    return found.get(given, "open")
