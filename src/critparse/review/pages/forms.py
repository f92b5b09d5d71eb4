"""What forms send: their fields as plain text, and what every form of a trial has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Request

from critparse.errors import InputError
from critparse.review.pages.inbox import Filters

_MOST = 2000
_FIELDS = 20_000
"""The form of a rule with hundreds of parts has so many."""
_BIGGEST = 2**53
_OWN = frozenset({"csrf", "version"})


class Form(NamedTuple):
    """The fields that were sent. ``version``: the one that was read; ``inbox``: the place in it that people are at."""

    fields: Mapping[str, str]
    version: int
    inbox: str

    def text(self, name: str, most: int = _MOST) -> str:
        """A field without blanks around it, shortened where it is too long to be meant."""
        return self.fields.get(name, "").strip()[:most]

    @property
    def own(self) -> dict[str, str]:
        """What people typed or chose, to send it once more."""
        return {name: value for name, value in self.fields.items() if name not in _OWN}


async def _form(request: Request) -> Form:
    sent = await request.form(max_fields=_FIELDS)
    fields = {name: value.replace("\0", " ") for name, value in sent.items() if isinstance(value, str)}
    version = fields.get("version", "")
    if not version.isdecimal() or not 1 <= int(version[:17]) <= _BIGGEST:
        raise InputError(where="the form", reason="it does not name the version that was read")
    return Form(fields, int(version[:17]), fields.get("in", "")[:_MOST])


Sent = Annotated[Form, Depends(_form)]


class Way(NamedTuple):
    """Where in the inbox people are: ``back`` leads to it, ``next`` to the trial behind; "" when they are nowhere."""

    place: str

    @property
    def back(self) -> str:
        """The inbox with the same filters."""
        query = Filters.read(self.place).query()
        return f"/?{query}" if query else "/"

    @property
    def next(self) -> str:
        """The next trial of the list."""
        return f"/next?{self.place}" if self.place else ""

    def to(self, path: str, **query: str) -> str:
        """A page of ours that keeps the place."""
        named = {**query, "in": self.place} if self.place else query
        return f"{path}?{urlencode(named)}" if named else path
