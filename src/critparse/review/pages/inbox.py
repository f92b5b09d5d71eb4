"""The inbox: which trials wait, with filters, page by page; and the way from one trial to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl, urlencode

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from critparse.checks import SEVERITIES
from critparse.errors import InputError
from critparse.review.events import State
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import STATES, macro, page, redirect
from critparse.review.remembered import Remembered
from critparse.review.services import Served
from critparse.review.store import Cursor, Inbox, TrialRow
from critparse.review.store.excerpts import Excerpt
from critparse.review.store.store import Listing, OpenCode
from critparse.schema import Severity

routes = APIRouter(include_in_schema=False)
_LIMIT = 50


class Filters(NamedTuple):
    """What the inbox is asked for, as its address says it; "" for whatever there is."""

    state: str = "open"
    code: str = ""
    severity: str = ""
    registry: str = ""
    corrected: str = ""
    q: str = ""

    @classmethod
    def read(cls, query: str) -> Filters:
        """The filters of an address; what is none of them is left out."""
        given = dict(parse_qsl(query[:2000].replace("%00", " "), keep_blank_values=True))
        return cls(**{name: given[name].strip()[:200] for name in cls._fields if name in given})

    def inbox(self, after: Cursor | None = None, limit: int = _LIMIT) -> Inbox:
        """What the store is asked."""
        state: State | None = next((one for one in _STATES if one == self.state), None)
        severity: Severity | None = next((one for one in SEVERITIES if one == self.severity), None)
        return Inbox(
            state=state,
            code=self.code or None,
            severity=severity,
            registry=self.registry or None,
            corrected={"yes": True, "no": False}.get(self.corrected),
            search=self.q,
            after=after,
            limit=limit,
        )

    def query(self, **more: str) -> str:
        """The filters as an address has them."""
        named = {name: value for name, value in self._asdict().items() if value != self._field_defaults[name]}
        return urlencode(named | more)


_rows: Remembered[tuple[int, int, datetime, Filters], str] = Remembered(5_000_000)
"""Rows of the list; so many characters are remembered."""
_STATES: tuple[State, ...] = ("open", "accepted", "dismissed", "fixed")


def place(filters: Filters, trial: TrialRow) -> str:
    """A trial's place in the inbox: its filters, and where the next trial begins."""
    return filters.query(cursor=str(Cursor.behind(trial)))


@routes.get("/")
async def inbox(
    request: Request, served: Served, who: Reader, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """The inbox."""
    filters = Filters.read(request.url.query)
    wanted = filters.inbox(Cursor.read(cursor) if cursor is not None else None)

    def put_together() -> Response:
        found = served.store.listing(wanted)
        following = found.page.next
        return page(
            "inbox.html",
            who,
            request=request,
            filters=filters,
            rows=rows_of(found, served.store.excerpts(found.page.trials, filters.q), filters),
            next=filters.query(cursor=str(following)) if following else "",
            first=cursor is None,
            codes=found.overview.codes,
            registries=found.overview.registries,
            states=STATES,
        )

    return await to_thread.run_sync(put_together)


def rows_of(listing: Listing, excerpts: dict[int, list[Excerpt]], filters: Filters) -> list[str]:
    """The rows of the list, as markup; those without excerpts are made once for each version of a trial."""
    return [
        _row(trial, filters, listing.open_codes[trial.id], excerpts.get(trial.id, ())) for trial in listing.page.trials
    ]


def _row(trial: TrialRow, filters: Filters, codes: tuple[OpenCode, ...], excerpts: Sequence[Excerpt]) -> str:
    def make() -> str:
        return macro("inboxrow.html", "row")(trial, place(filters, trial), codes, excerpts)

    # "changed" besides the version: a process may serve two databases
    key = trial.id, trial.version, trial.changed, filters
    return make() if excerpts else _rows.made(key, make, len)


@routes.get("/next")
async def following(
    request: Request, served: Served, _: Reader, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """The trial behind a place in the inbox."""
    filters = Filters.read(request.url.query)
    try:
        after = Cursor.read(cursor) if cursor is not None else None
    except InputError:
        after = None
    found = await to_thread.run_sync(served.store.page, filters.inbox(after, 1))
    if not found.trials:
        return redirect(f"/?{filters.query()}", "That was the last trial of this list.")
    trial = found.trials[0]
    return redirect(f"/trials/{trial.id}?{urlencode({'in': place(filters, trial)})}")
