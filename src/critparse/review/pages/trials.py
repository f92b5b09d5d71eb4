"""The page of a trial, and what people do there: decide on findings, undo, have the record read anew."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from critparse.errors import InvalidEdit, NotUndoable, VersionConflict
from critparse.review.accounts import Principal, allows
from critparse.review.api.views import Fingerprint, Number
from critparse.review.events import Decided, Decision, Event, State, Undone, What
from critparse.review.http.security import Curator
from critparse.review.pages.conflicts import conflict_page, events_since
from critparse.review.pages.forms import Sent, Way
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import STATES, page, redirect
from critparse.review.pages.telling import told
from critparse.review.pages.trialviews import is_quick, outline, shown_findings, texts_of
from critparse.review.services import Served, Services
from critparse.review.store import Standing, Trial
from critparse.review.store.engine import at_hand

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
        found = await _decided(served, id, sent.version, who.name, fingerprint, decision)
    except VersionConflict as conflict:
        wanted = f"Finding {number}: {STATES[state]}{f' ({reason})' if reason else ''}"
        return await conflict_page(served, who, conflict, sent, request.url.path, wanted)
    except InvalidEdit:
        wrong = {fingerprint: "Say why: a finding is dismissed with a reason."}
        return await _shown(request, served, id, who, Way(sent.inbox), wrong)
    said = f"Finding {number}: {STATES[state]}."
    still = [place for place, row in enumerate(found.findings, 1) if row.state == "open"]
    if not still:
        said += " All findings of this trial are decided."
    behind = [place for place in still if number.isdecimal() and place > int(number)]
    anchor = f"#stop{(behind or still)[0]}" if still else ""
    return redirect(Way(sent.inbox).to(f"/trials/{id}") + anchor, said)


@routes.post("/trials/{id}/undo")
async def undo(request: Request, id: Number, sent: Sent, served: Served, who: Curator) -> Response:
    """Take back the last change, or that of the version in the field ``undoes``."""
    undoes = sent.text("undoes", 15)
    path = Way(sent.inbox).to(f"/trials/{id}")
    try:
        number = int(undoes) if undoes.isdecimal() else None
        found = await served.workbench.undo(id, sent.version, who.name, number)
    except VersionConflict as conflict:
        wanted = f"Take back version {undoes}" if undoes else "Take back the last change"
        return await conflict_page(served, who, conflict, sent, request.url.path, wanted, again=bool(undoes))
    except NotUndoable as error:
        return redirect(path, f"Nothing was taken back: {error}")
    event = await to_thread.run_sync(served.store.event, id, found.version)
    return redirect(path + _place_of(event, found), f"You {told(event).title}. The history can bring it back.")


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
    """The page of a trial: put together at once where everything is at hand, else in a thread."""
    may = allows(who.role, "curator")

    def put_together(found: Standing) -> Response:
        document = partial(served.store.document, found.state.document)
        seen = outline(found.state.document, document)
        findings = shown_findings(found, seen)
        return page(
            "trial.html",
            who,
            422 if wrong else 200,
            request=request,
            trial=found,
            outline=seen,
            findings=findings,
            open=[one for one in findings if one.row.state == "open"],
            texts=texts_of(found, document, way, may=may),
            way=way,
            wrong=wrong or {},
        )

    known = served.store.remembered(id) if at_hand(served.engine) else None
    if known is not None and is_quick(known, way, may=may):
        return put_together(known)  # the way to a thread and back would take as long
    return await to_thread.run_sync(lambda: put_together(known or served.store.standing(id)))


async def _decided(served: Services, id: int, version: int, who: str, fingerprint: str, decision: Decision) -> Trial:
    """The trial after the decision. That others decided on other findings meanwhile is no conflict."""
    try:
        return await served.workbench.decide(id, version, who, fingerprint, decision)
    except VersionConflict:
        events = await events_since(served, id, version)
        changes = [_change(event) for event in events]
        if not all(isinstance(one, Decided) and one.finding != fingerprint for one in changes):
            raise
        version += len(changes)
    return await served.workbench.decide(id, version, who, fingerprint, decision)


def _place_of(event: Event, trial: Trial) -> str:
    """The anchor of the finding that is decided otherwise now; "" where the event is about something else."""
    change = _change(event)
    if not isinstance(change, Decided):
        return ""
    names = [row.fingerprint for row in trial.findings]
    return f"#stop{names.index(change.finding) + 1}" if change.finding in names else ""


def _change(event: Event) -> What:
    """What an event did; of an undoing, what it did to undo it."""
    return event.what.change if isinstance(event.what, Undone) else event.what


def _state(given: str) -> State:
    found: dict[str, State] = {"accepted": "accepted", "dismissed": "dismissed", "fixed": "fixed"}
    return found.get(given, "open")
