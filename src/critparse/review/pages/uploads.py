"""Records come in: pasted, or as files."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from critparse.errors import CritparseError, InputError
from critparse.review.accounts import Principal
from critparse.review.http.security import MOST, Curator
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import page, redirect
from critparse.review.parsing import Source
from critparse.review.services import Served
from critparse.review.workbench import Submission
from critparse.sources import formats

routes = APIRouter(include_in_schema=False)
_FILES = 20
_SAID = {
    "new": "The record was read.",
    "updated": "This trial was here already: the record is its new version. Decisions and corrections were kept.",
    "unchanged": "This trial is here already, with the same record.",
}


class Received(NamedTuple):
    """What became of a file, or of what was pasted: its records, or why it could not be read."""

    name: str
    records: list[Submission]
    error: CritparseError | None = None


@routes.get("/upload")
async def upload(request: Request, who: Reader) -> Response:
    """The form."""
    return _page(request, who, [])


@routes.post("/upload")
async def receive(request: Request, served: Served, who: Curator) -> Response:
    """Keep the records of what was pasted and of the files."""
    async with request.form(max_files=_FILES, max_fields=20, max_part_size=MOST) as sent:
        text, chosen = str(sent.get("text", "")), str(sent.get("format", "auto"))
        files = [one for one in sent.getlist("files") if isinstance(one, UploadFile) and one.filename]
        contents = [(file.filename or "", Source.of(await file.read(), chosen)) for file in files]
    sources = [("what was pasted", Source.of(text, chosen))] if text.strip() else []
    sources += contents
    received = [await _received(served, who.name, name, source) for name, source in sources]
    records = [one for each in received for one in each.records]
    if len(records) == 1 and len(received) == 1 and (trial := records[0].trial) is not None:
        return redirect(f"/trials/{trial.id}", _SAID[records[0].outcome])
    failed = any(one.error for one in received) or any(one.error for one in records)
    wrong = "" if received else "Paste a record, or choose a file."
    status = 422 if failed or wrong else 200
    return _page(request, who, received, status, text=text if failed else "", format=chosen, wrong=wrong)


def _page(
    request: Request,
    who: Principal,
    received: list[Received],
    status: int = 200,
    *,
    text: str = "",
    format: str = "auto",
    wrong: str = "",
) -> Response:
    """The form; above it, what became of what was sent with it."""
    records = [one for each in received for one in each.records]
    outcomes = Counter(one.outcome for one in records)
    return page(
        "upload.html",
        who,
        status,
        request=request,
        received=received,
        total=len(records),
        outcomes=outcomes,
        text=text,
        format=format,
        formats=formats(),
        wrong=wrong,
    )


async def _received(served: Served, who: str, name: str, source: Source) -> Received:
    try:
        return Received(name, await served.workbench.submit(source, who))
    except InputError as error:
        return Received(name, [], error)
