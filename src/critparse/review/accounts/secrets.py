"""Passwords and what stands for them: argon2 for what people choose, plain digests for what we draw at random."""

from __future__ import annotations

import functools
import hashlib
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from critparse.errors import AccountError

SHORTEST, LONGEST = 10, 1000
_at_once = threading.BoundedSemaphore(2)
"""Each takes tens of megabytes: so many at once, whoever asks."""


def hashed(password: str) -> str:
    """The argon2id hash of a password.

    Raises:
        AccountError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError(reason=f"a password has {SHORTEST} to {LONGEST} characters")
    with _at_once:
        return _hasher().hash(password.encode("utf-8", "surrogatepass"))


def matches(password: str, hash: str | None) -> bool:
    """Whether the password is the one of the hash. Without a hash it is not, which takes as long to find out."""
    with _at_once:
        try:
            given = password[:LONGEST].encode("utf-8", "surrogatepass")
            return _hasher().verify(hash or _nobody(), given) and hash is not None
        except (VerificationError, InvalidHashError):
            return False


def drawn() -> str:
    """A new secret of 256 bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a drawn secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@functools.cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@functools.cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_bytes(16))
