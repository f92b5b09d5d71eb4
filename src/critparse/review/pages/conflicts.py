"""Somebody else was faster: what they did, what one wanted oneself, and how to go on. Nothing typed is lost."""

from __future__ import annotations

from anyio import to_thread
from starlette.responses import Response

from critparse.errors import VersionConflict
from critparse.review.accounts import Principal
from critparse.review.events import Event
from critparse.review.pages.forms import Form, Way
from critparse.review.pages.rendering import page
from critparse.review.pages.telling import Told, told
from critparse.review.services import Services
from critparse.review.store import Trial

_EVENTS = 10_000


async def since(served: Services, id: int, version: int) -> list[Told]:
    """What happened to a trial behind a version."""
    return [told(event) for event in await events_since(served, id, version)]


async def events_since(served: Services, id: int, version: int) -> list[Event]:
    """The events of a trial behind a version."""
    events = await to_thread.run_sync(lambda: served.store.events(id, limit=_EVENTS))
    return [event for event in events if event.version > version]


async def conflict_page(
    served: Services, who: Principal, conflict: VersionConflict, sent: Form, path: str, wanted: str, again: bool = True
) -> Response:
    """The page that says so. ``wanted``: the action in words; ``again``: whether it can be sent once more as it is."""
    trial: Trial = await to_thread.run_sync(served.store.trial, conflict.details["trial"])
    return page(
        "conflict.html",
        who,
        409,
        trial=trial,
        events=await since(served, trial.id, sent.version),
        wanted=wanted,
        action=path if again else "",
        fields=sent.own,
        way=Way(sent.inbox),
    )
