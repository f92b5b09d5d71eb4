"""The page of a criterion: forms that correct what was read in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from critparse.errors import InvalidEdit, NotFound, VersionConflict
from critparse.exports.html.blocks import placed
from critparse.exports.parts import members
from critparse.exports.wording import curie, own_words
from critparse.review.accounts import Principal
from critparse.review.api.views import Number
from critparse.review.criteria import content, following, reach, room, top_of
from critparse.review.edits import Edit, RuleEdit
from critparse.review.http.security import Curator
from critparse.review.pages import rulefields, rulevalues
from critparse.review.pages.conflicts import since
from critparse.review.pages.forms import Form, Sent, Way
from critparse.review.pages.readers import Reader
from critparse.review.pages.rendering import page, redirect
from critparse.review.pages.ruleforms import formed, messages, of_json
from critparse.review.pages.rulestatements import Errors
from critparse.review.pages.telling import CHANGES, Told
from critparse.review.pages.trials import Place
from critparse.review.pages.trialviews import reading
from critparse.review.pages.wordforms import Words, codes, cuts, extent, one_line, places
from critparse.review.services import Served, Services
from critparse.review.store import Trial
from critparse.schema import Criterion, ParsedTrial

routes = APIRouter(include_in_schema=False)
_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
_FIRST = {"kind": "to", "split": "parts", "note": "reason", "extent": "own", "concept": "codes", "span": "words"}
"""The field of a form at which what is wrong with it is said, by ``Edit.change``."""
LABELS = (
    "Condition", "Device", "Drug", "Measurement", "Mood", "Multiplier", "Negation", "Observation", "Person",
    "Procedure", "Qualifier", "Reference_point", "Temporal", "Value", "Visit",
)  # fmt: skip
"""Labels that are offered; others can be typed."""


class State(NamedTuple):
    """What the page shows besides the document: what was typed, what is wrong with it, and what others did."""

    given: Mapping[str, str] = MappingProxyType({})
    errors: Mapping[str, str] = MappingProxyType({})
    events: tuple[Told, ...] = ()
    root: rulefields.Node | None = None
    moved: bool = False


@routes.get("/trials/{id}/criteria/{criterion}")
async def show(
    request: Request, id: Number, criterion: str, served: Served, who: Reader, place: Place = ""
) -> Response:
    """The forms of a criterion."""
    trial = await to_thread.run_sync(served.store.trial, id)
    return await _page(request, trial, _criterion(trial.document, criterion), who, Way(place), State())


@routes.post("/trials/{id}/criteria/{criterion}")
async def change(request: Request, id: Number, criterion: str, sent: Sent, served: Served, who: Curator) -> Response:
    """A correction, or a button that changes the form of a rule."""
    trial = await to_thread.run_sync(served.store.trial, id)
    if trial.version != sent.version:
        return await _conflict(request, trial, criterion, sent, served, who)
    found = _criterion(trial.document, criterion)
    root = rulefields.read(sent.fields) if sent.text("change") == "rule" else None
    action = sent.text("do")
    if root is not None and action not in {"", "save", "json"}:
        state = State(dict(sent.own), root=rulefields.changed(root, action))
        return await _page(request, trial, found, who, Way(sent.inbox), state)
    try:
        edit, errors = _edit(sent, found, root, trial.document)
        if edit is None:
            raise _Refused(errors)
        after = await served.workbench.correct(id, sent.version, who.name, edit, sent.text("comment"))
    except VersionConflict:
        now = await to_thread.run_sync(served.store.trial, id)
        return await _conflict(request, now, criterion, sent, served, who)
    except _Refused as refused:
        state = State(dict(sent.own), refused.errors, root=root)
        return await _page(request, trial, found, who, Way(sent.inbox), state, 422)
    except InvalidEdit as error:
        state = State(dict(sent.own), {_first_field(sent): str(error.details["reason"])}, root=root)
        return await _page(request, trial, found, who, Way(sent.inbox), state, 422)
    said = f"{criterion}: saved. The findings were worked out anew."
    number = next((item.number for item in placed(after.document) if item.criterion.span.start >= found.span.start), 1)
    return redirect(Way(sent.inbox).to(f"/trials/{id}") + f"#c{number}", said)


class _Refused(Exception):
    """The form does not say an edit; ``errors`` are for its fields."""

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        super().__init__(errors)


def _edit(
    sent: Form, criterion: Criterion, root: rulefields.Node | None, document: ParsedTrial
) -> tuple[Edit | None, Errors]:
    """The correction that a form says, or what is wrong with it.

    Raises:
        InvalidEdit: words or codes are none.
    """
    if root is not None:
        as_json = sent.text("do") == "json"
        rule, errors = of_json(sent.fields.get("json", "")) if as_json else formed(root, Words(document, criterion))
        return (RuleEdit(criterion=criterion.id, rule=rule) if rule is not None else None), errors
    data = {"change": sent.text("change"), "criterion": criterion.id, **_members(sent, criterion, document)}
    try:
        return _EDIT.validate_python(data), {}
    except ValidationError as error:
        return None, {_first_field(sent): "; ".join(messages(error))}


def _members(sent: Form, criterion: Criterion, document: ParsedTrial) -> dict[str, object]:
    """What the fields of a form say, as the edit has it."""
    entity = sent.text("entity") or None
    match sent.text("change"):
        case "kind":
            return {"to": sent.text("to")}
        case "split":
            return {"at": cuts(criterion, sent.fields.get("parts", ""))}
        case "note":
            return {"reason": sent.text("reason")}
        case "extent":
            most = room(document, criterion)
            text = next(text for text in document.texts if text.id == most.text_id).slice(most)
            start, end = extent(text, most.start, [sent.fields.get(name, "") for name in ("before", "own", "behind")])
            return {"start": start, "end": end, "reason": sent.text("reason")}
        case "span":
            return {"entity": entity, "spans": places(criterion, sent.text("words"), _near(sent))}
        case "concept":
            return {"entity": entity, "concepts": codes(sent.fields.get("codes", ""))}
        case "removal":
            return {"entity": entity}
        case "mention":
            spans = places(criterion, sent.text("words"), _near(sent))
            negated = sent.text("negated") == "yes"
            return {"entity": entity, "label": sent.text("label"), "spans": spans, "negated": negated}
        case _:
            return {}


def _near(sent: Form) -> int | None:
    """The offset that a selection with the mouse left in the form."""
    at = sent.text("at", 12)
    return int(at) if at.isdecimal() else None


def _first_field(sent: Form) -> str:
    """The field at which what is wrong with a form as a whole is said."""
    change = sent.text("change")
    if change == "rule":
        return "json" if sent.text("do") == "json" else "r"
    if change == "mention" and not sent.text("words"):
        return "words"
    return _FIRST.get(change, "words")


async def _conflict(request: Request, trial: Trial, id: str, sent: Form, served: Services, who: Principal) -> Response:
    """The same form with what was typed, over the present state of the criterion, and what others did."""
    old = ParsedTrial.model_validate_json(
        await to_thread.run_sync(served.store.document_at, trial.id, min(sent.version, trial.version))
    )
    was = _criterion(old, id)
    now = next((one for one in trial.document.walk() if one.span == was.span), None)
    root = rulefields.read(sent.fields) if sent.text("change") == "rule" else None
    if root is not None:
        root = rulefields.changed(root, sent.text("do"))
    events = tuple(await since(served, trial.id, sent.version))
    state = State(dict(sent.own), {}, events, root, moved=now is None)
    response = await _page(request, trial, now or was, who, Way(sent.inbox), state, 409)
    response.headers.update({"HX-Retarget": "#main", "HX-Reselect": "#main"})  # a button of the form asked for less
    return response


async def _page(
    request: Request, trial: Trial, criterion: Criterion, who: Principal, way: Way, state: State, status: int = 200
) -> Response:
    def put_together() -> Response:
        read = reading(trial.state.document, lambda: trial.document)
        rows = [row for section in read.sections for row in section.rows]
        own = [row for row in rows if (item := row.block.item) and _within(item.criterion, criterion)]
        root = state.root or rulefields.node_of(criterion.rule, Words(trial.document, criterion))
        return page(
            "criterion.html",
            who,
            status,
            request=request,
            trial=trial,
            criterion=criterion,
            rows=own,
            words=own_words(criterion),
            root=root,
            form=rule_form(trial.id, criterion, state),
            json=state.given.get("json") or criterion.rule.model_dump_json(indent=2, exclude_defaults=False),
            state=state,
            top=state.moved or top_of(trial.document, criterion.id).id == criterion.id,
            next=None if state.moved else _next(trial.document, criterion),
            beside=_beside(trial.document, criterion),
            line=one_line(criterion),
            start=content(criterion),
            way=way,
            labels=LABELS,
            changes=CHANGES,
            curie=curie,
        )

    return await to_thread.run_sync(put_together)


def rule_form(trial: int, criterion: Criterion, state: State) -> dict[str, object]:
    """What the form of a rule knows besides the rule: where it is sent, what is wrong, what it offers."""
    errors = state.errors if state.given.get("change") == "rule" else {}
    return {
        "action": f"/trials/{trial}/criteria/{quote(criterion.id, safe='')}",
        "errors": errors,
        "focus": next(iter(errors), rulefields.focus(state.root, state.given.get("do", "")) if state.root else ""),
        "sublist": "" if state.root else _sublist(criterion),
        "forms": rulefields,
        "events": {"": "–", **{event: event.replace("_", " ") for event in rulevalues.events()}},
    }


def _sublist(criterion: Criterion) -> str:
    """The path of the part of a rule that is the list below the criterion; "" for none."""
    children = tuple(child.rule for child in criterion.children)
    for number, member in enumerate(members(criterion.rule)):
        if len(children) > 1 and members(member) == children:
            return f"r.{number}"
    return "r" if len(children) > 1 and members(criterion.rule) == children else ""


def _within(one: Criterion, criterion: Criterion) -> bool:
    span, own = one.span, reach(criterion)
    return span.text_id == own.text_id and own.start <= span.start and span.end <= own.end


def _next(document: ParsedTrial, criterion: Criterion) -> Criterion | None:
    """The next criterion, which it could be joined with."""
    try:
        return following(document, top_of(document, criterion.id))
    except InvalidEdit:
        return None


def _beside(document: ParsedTrial, criterion: Criterion) -> dict[str, str]:
    """The words before a criterion and behind it that no criterion has."""
    most, own = room(document, criterion), criterion.span
    text = next(text.text for text in document.texts if text.id == own.text_id)
    return {"before": text[most.start : own.start].strip(), "behind": text[own.end : most.end].strip()}


def _criterion(document: ParsedTrial, id: str) -> Criterion:
    """The criterion of this id.

    Raises:
        NotFound: there is none.
    """
    found = next((one for one in document.walk() if one.id == id), None)
    if found is None:
        raise NotFound(what=f"criterion {id[:60]}")
    return found
