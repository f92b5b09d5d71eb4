"""The shapes of requests and answers, where they are not those of the document or the store."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import Response

from critparse.review.accounts import Role, Token
from critparse.review.edits import Edit
from critparse.review.events import State
from critparse.review.http.problems import Problem, problem_of
from critparse.review.store import FindingRow, Trial, TrialRow
from critparse.review.store.excerpts import Excerpt
from critparse.review.workbench import Submission
from critparse.schema import Finding, ParsedTrial

_BIGGEST = 2**53


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL is no character of a text")
    return text


Words = Annotated[str, AfterValidator(_without_nul), Field(max_length=2000)]
Name = Annotated[str, AfterValidator(_without_nul), Field(min_length=1, max_length=80)]
Number = Annotated[int, Path(ge=1, le=_BIGGEST)]
Fingerprint = Annotated[str, Path(pattern=r"^[0-9a-f]{16}(-[0-9]{1,6})?$")]
Version = Annotated[int, Field(ge=1, le=_BIGGEST, description="The version that was read; another one is a conflict")]


class Request(BaseModel):
    """Closed to members that nobody knows."""

    model_config = ConfigDict(extra="forbid")


class Record(Request):
    """A record: a text (eligibility text, a page, JSON, XML, a table …), or an object of any known format."""

    source: str | dict[str, Any]
    format: Annotated[str, Field(max_length=40)] = "auto"


class ExportRequest(Request):
    """A record, or a document that was parsed before, and the standard it is to be written in."""

    to: Annotated[str, Field(max_length=40)]
    source: str | dict[str, Any] | None = None
    document: ParsedTrial | None = None
    format: Annotated[str, Field(max_length=40)] = "auto"


class DecisionRequest(Request):
    """What someone says of a finding; a dismissal has a reason."""

    version: Version
    state: State
    reason: Words = ""


class CorrectionRequest(Request):
    """A correction, and a word about it."""

    version: Version
    edit: Edit
    comment: Words = ""


class UndoRequest(Request):
    """``undoes``: the version whose change is taken back; without it, the last change that stands."""

    version: Version
    undoes: Version | None = None


class ReparseRequest(Request):
    """The version that was read."""

    version: Version


class SignIn(Request):
    """Name and password."""

    name: Name
    password: Annotated[SecretStr, Field(max_length=1000)]


class TokenRequest(Request):
    """What a token is for, and how many days it lasts; without a number, until it is revoked."""

    label: Name
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class AccountRequest(Request):
    """A new account."""

    name: Name
    role: Role
    password: Annotated[SecretStr, Field(max_length=1000)]


class AccountChange(Request):
    """What is to change about an account."""

    role: Role | None = None
    active: bool | None = None
    password: Annotated[SecretStr, Field(max_length=1000)] | None = None


class Checked(BaseModel):
    """The findings about a record."""

    trial_id: str | None
    findings: tuple[Finding, ...]


class TrialView(BaseModel):
    """A trial as it is now. ``document.findings`` are those of ``findings``, which say what people decided."""

    trial: TrialRow
    document: ParsedTrial
    findings: tuple[FindingRow, ...]


class FindingsView(BaseModel):
    """The findings of a trial, and the version they belong to."""

    version: int
    findings: tuple[FindingRow, ...]


class SubmissionView(BaseModel):
    """What became of one record."""

    outcome: Literal["new", "updated", "unchanged", "refused"]
    trial: TrialRow | None = None
    problem: Problem | None = None


class SubmissionsView(BaseModel):
    """What became of each record of a source, in its order."""

    records: list[SubmissionView]


class ExcerptView(BaseModel):
    """A stretch of a record, ``label`` says of what; what was searched stands at ``hits``, as (start, end)."""

    label: str
    text: str
    hits: list[tuple[int, int]]

    @classmethod
    def of(cls, excerpt: Excerpt) -> Self:
        """As the inbox found it."""
        ends = list(accumulate((len(piece) for piece, _ in excerpt.pieces), initial=0))
        places = zip(pairwise(ends), excerpt.pieces, strict=True)
        text = "".join(piece for piece, _ in excerpt.pieces)
        return cls(label=excerpt.label, text=text, hits=[place for place, (_, hit) in places if hit])


class PageView(BaseModel):
    """A page of the inbox; ``next`` is the ``cursor`` of the one behind it.

    ``excerpts``: by the trial's number, where it has what was searched; only of trials that do not say all of it in
    number and title.
    """

    trials: list[TrialRow]
    excerpts: dict[int, list[ExcerptView]]
    next: str | None


class CodeView(BaseModel):
    """How many trials and findings of a code are open."""

    code: str
    severity: str
    trials: int
    findings: int


class RegistryView(BaseModel):
    """How many trials a registry has."""

    registry: str
    trials: int


class SummaryView(BaseModel):
    """What there is to filter by."""

    codes: list[CodeView]
    registries: list[RegistryView]


class FileView(BaseModel):
    """A file by the ending of its name; ``content`` is text, or base64 where it is none."""

    ending: str
    encoding: Literal["utf-8", "base64"]
    content: str


class OmissionView(BaseModel):
    """Something that a standard could not express."""

    criterion: str
    part: str
    reason: str
    text: str


class ExportView(BaseModel):
    """The files of an export, and what is not in them."""

    files: list[FileView]
    omissions: list[OmissionView]


class Me(BaseModel):
    """Who asks, what they may do, and the CSRF token of their session."""

    name: str
    role: Role
    csrf: str | None = None


class NewToken(BaseModel):
    """A token and its secret, which is shown this once."""

    token: Token
    secret: str


class Health(BaseModel):
    """Whether the server lives, and whether it can work."""

    status: Literal["ok", "unready"]
    database: bool | None = None
    parser: str | None = None
    at: datetime


def json_response(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A model as it is: without validating it once more, which costs more than making it."""
    content = model.model_dump_json()
    return Response(content, status, dict(headers or {}), media_type="application/json")


def trial_response(trial: Trial, status: int = 200) -> Response:
    """A trial; its version is also the ETag."""
    view = TrialView.model_construct(trial=trial.row, document=trial.document, findings=trial.findings)
    return json_response(view, status, {"ETag": f'"{trial.version}"'})


def submission_view(submission: Submission) -> SubmissionView:
    """What became of one record."""
    return SubmissionView(
        outcome=submission.outcome,
        trial=submission.trial.row if submission.trial else None,
        problem=problem_of(submission.error) if submission.error else None,
    )


def export_view(files: Mapping[str, str | bytes], omissions: Sequence[tuple[str, str, str, str]]) -> ExportView:
    """An export as JSON."""
    return ExportView(
        files=[_file(ending, content) for ending, content in files.items()],
        omissions=[
            OmissionView(criterion=criterion, part=part, reason=reason, text=text)
            for criterion, part, reason, text in omissions
        ],
    )


def _file(ending: str, content: str | bytes) -> FileView:
    if isinstance(content, bytes):
        return FileView(ending=ending, encoding="base64", content=base64.b64encode(content).decode())
    return FileView(ending=ending, encoding="utf-8", content=content)
