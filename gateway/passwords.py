"""Passwords that clients chose themselves, kept so that nobody can read them.

specs/decisions has why: the journal holds a seal, and the configured password stays the way back
for an operator.
"""

import hashlib
import hmac
import os

SALT_SIZE = 16
DIGEST_SIZE = 32
_COST = 1 << 12
"""scrypt's n, with r = 8 and p = 1: 4 MiB and about 10 ms, which everybody waits for."""


def seal(password: bytes, configured: bytes, salt: bytes = b"") -> bytes:
    """Salt, digest of the new password, digest of the configured one that it replaces."""
    salt = salt or os.urandom(SALT_SIZE)
    return salt + _digest(password, salt) + _digest(configured, salt)


def is_right(sealed: bytes, password: bytes, configured: bytes) -> bool:
    """Whether `password` opens what was sealed. A seal that was made when another password was
    configured counts no more: then the configured one is right."""
    if sealed:
        salt, rest = sealed[:SALT_SIZE], sealed[SALT_SIZE:]
        chosen, replaced = rest[:DIGEST_SIZE], rest[DIGEST_SIZE:]
        if hmac.compare_digest(replaced, _digest(configured, salt)):
            return hmac.compare_digest(chosen, _digest(password, salt))
    return hmac.compare_digest(configured, password)


def _digest(password: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=_COST, r=8, p=1, dklen=DIGEST_SIZE)
