"""Whoever asks, and what they may do."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Role = Literal["viewer", "curator", "admin"]
"""viewer: reads, and parses records that are not kept; curator: submits, decides, corrects; admin: keeps accounts."""
ROLES: tuple[Role, ...] = get_args(Role)


class Principal(NamedTuple):
    """Who asks. ``account``: the number of the account, None without accounts (``--no-auth``).

    ``csrf``: what forms and scripts of a session must send along; None for tokens, which no browser sends by itself.
    """

    name: str
    role: Role
    account: int | None = None
    csrf: str | None = None


class Known(NamedTuple):
    """Whom a secret belongs to; ``unnoted``: it was last used so long ago that this use is to be noted."""

    principal: Principal
    unnoted: bool


def allows(role: Role, needed: Role) -> bool:
    """Whether a role may do what another is needed for."""
    return ROLES.index(role) >= ROLES.index(needed)
