"""What the events of a trial add up to: a pure function, one event after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from critparse.checks.fingerprint import fingerprints
from critparse.review.events import Decided, Decision, Digest, Edited, Event, Origin, Reparsed, Submitted, Undone
from critparse.schema import Finding, ParsedTrial


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and who made it when."""

    decision: Decision
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TrialState:
    """A trial after some event. ``decisions``: by the fingerprint of the finding, also of findings that are gone."""

    key: str
    version: int
    origin: Origin
    document: Digest
    decisions: Mapping[str, Verdict] = field(default_factory=dict)


def advance(state: TrialState | None, event: Event) -> TrialState:
    """The state after one more event.

    Raises:
        ValueError: the event does not follow on the state.
    """
    what = event.what
    if state is None:
        if not isinstance(what, Submitted) or event.version != 1:
            raise ValueError("a trial begins with its submission")
        return TrialState(what.key, 1, what.after, what.document)
    if event.version != state.version + 1:
        raise ValueError(f"version {event.version} does not follow on {state.version}")
    change = what.change if isinstance(what, Undone) else what
    match change:
        case Decided():
            verdict = Verdict(change.after, event.who, event.at)
            return replace(state, version=event.version, decisions={**state.decisions, change.finding: verdict})
        case Edited():
            return replace(state, version=event.version, document=change.document)
        case Reparsed():
            return replace(state, version=event.version, document=change.document, origin=change.after)
        case Submitted():
            raise ValueError("a trial is submitted once")


def replay(events: Iterable[Event]) -> TrialState:
    """The state that all events of a trial add up to.

    Raises:
        ValueError: there are none, or one is missing.
    """
    state: TrialState | None = None
    for event in events:
        state = advance(state, event)
    if state is None:
        raise ValueError("no events")
    return state


def named_findings(document: ParsedTrial, key: str) -> dict[str, Finding]:
    """The findings of a document by their fingerprints, in their order."""
    return dict(zip(fingerprints(document, document.findings, key), document.findings, strict=True))
