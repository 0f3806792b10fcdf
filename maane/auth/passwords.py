"""Passwords: Argon2id with OWASP's first parameters (46 MiB, one pass, one lane).

At most two hashes run at once in a process, so that a burst of logins cannot take its memory.
"""

from __future__ import annotations

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from maane.kit.errors import Invalid

MIN_CHARACTERS = 10
MAX_CHARACTERS = 128

_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_TURNS = BoundedSemaphore(2)
# Somebody who does not exist costs the same time as somebody who does.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Raises ``Invalid`` for a password that is too short, or too long to be taken whole."""
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise Invalid.field(
            "password", "length", f"takes {MIN_CHARACTERS} to {MAX_CHARACTERS} characters"
        )
    with _TURNS:
        return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """True when ``password`` is the one; the time taken does not tell whether the user exists."""
    with _TURNS:
        try:
            is_right = _HASHER.verify(stored or _NOBODY, password[:MAX_CHARACTERS])
        except (VerificationError, InvalidHashError):
            return False
    return is_right and stored is not None and len(password) <= MAX_CHARACTERS
