"""What can happen to a trial. The log of these is the truth; everything else is worked out from it.

An event is never changed or removed: undoing is an event too. Documents are known by the SHA-256 of their JSON
(``Digest``) and kept beside the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from critparse.review.passages import Passage
from critparse.schema.base import Model

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
State = Literal["open", "accepted", "dismissed", "fixed"]
"""open: nobody has decided; accepted: it is true; dismissed: it is not, with a reason; fixed: mended at the source."""
SourceKind = Literal["text", "json", "bytes"]


class Decision(Model):
    """What people say of a finding."""

    state: State = "open"
    reason: str = ""


class Origin(Model):
    """A record as it was uploaded, and the document that the parser alone made of it.

    ``format``: as asked for (``"auto"``); ``parser``: its version and model, as the document cites them.
    """

    record: Digest
    kind: SourceKind
    format: str
    machine: Digest
    parser: str


class Moved(Model):
    """What a new reading of a record did to what people had done.

    ``kept``: corrections that stand as they were or moved with their words, ``lost``: those whose words are no longer
    there or are cut up otherwise (both as the words, shortened). ``appeared``, ``gone``, ``shifted``: fingerprints of
    findings that are new, no longer found, or found at other places.
    """

    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    appeared: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    shifted: tuple[str, ...] = ()


class Submitted(Model):
    """A record came in. ``key`` names the trial for good, also in fingerprints of its findings."""

    kind: Literal["submitted"] = "submitted"
    key: str
    after: Origin
    document: Digest


class Reparsed(Model):
    """The record was read anew: by another version of the parser, or because another version of it came in."""

    kind: Literal["reparsed"] = "reparsed"
    before: Origin
    after: Origin
    previous: Digest
    document: Digest
    moved: Moved


class Decided(Model):
    """Someone decided on a finding."""

    kind: Literal["decided"] = "decided"
    finding: str
    code: str
    before: Decision
    after: Decision


class Edited(Model):
    """Someone corrected what critparse read: the passage as it was, and as it is now.

    ``change``: what kind of correction; ``criterion``: the id of the criterion as it was called before.
    """

    kind: Literal["edited"] = "edited"
    change: str
    criterion: str
    comment: str = ""
    before: Passage
    after: Passage
    previous: Digest
    document: Digest


Change = Annotated[Reparsed | Decided | Edited, Field(discriminator="kind")]


class Undone(Model):
    """Someone took a change back: ``undoes`` is the version it had made, ``change`` its opposite."""

    kind: Literal["undone"] = "undone"
    undoes: int = Field(ge=1)
    change: Change


What = Annotated[Submitted | Reparsed | Decided | Edited | Undone, Field(discriminator="kind")]
KINDS = ("submitted", "reparsed", "decided", "edited", "undone")


class Event(Model):
    """One line of the log. ``sequence`` grows over all trials; ``version`` is the trial's after the event."""

    sequence: int
    trial: int
    version: int
    at: datetime
    who: str
    what: What
