"""Who may do what: local accounts with roles, sessions for people, tokens for programs."""

from __future__ import annotations

from critparse.review.accounts.accounts import Account, Accounts
from critparse.review.accounts.principal import ROLES, Principal, Role, allows
from critparse.review.accounts.sessions import Sessions, SignedIn
from critparse.review.accounts.tokens import Token, Tokens

__all__ = [
    "ROLES",
    "Account",
    "Accounts",
    "Principal",
    "Role",
    "Sessions",
    "SignedIn",
    "Token",
    "Tokens",
    "allows",
]
