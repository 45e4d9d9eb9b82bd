"""Password hashes: argon2id or bcrypt, made by a few separate threads (rule S7).

Hashing is slow on purpose. It never runs on the event loop, never on more than a few cores,
and when too many wait in line the rest are asked to try again later.
"""

import asyncio
import base64
import hashlib
import os
import sys
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from backchannel.domain.errors import Overloaded

if TYPE_CHECKING:
    from pwdlib.hashers import HasherProtocol

ARGON2_MEMORY = 19_456
"""KiB: 19 MiB, with `ARGON2_PASSES` the least that OWASP recommends."""
ARGON2_PASSES = 2
BCRYPT_ROUNDS = 12
BCRYPT_ROUNDS_MINIMUM = 10
BCRYPT_LIMIT = 72
"""Bytes of a password that bcrypt looks at."""
NICENESS = 5
"""The niceness of the threads that hash."""
BUSY_SECONDS = 2.0
"""About the time in which a full queue is processed."""

Kind = Literal["argon2id", "bcrypt"]
Result = TypeVar("Result")


def argon2(*, memory: int = ARGON2_MEMORY, passes: int = ARGON2_PASSES) -> Argon2Hasher:
    """Argon2id (RFC 9106) on one lane; `memory` in KiB. Tests may ask for less."""
    return Argon2Hasher(time_cost=passes, memory_cost=memory, parallelism=1)


class PrehashedBcrypt:
    """Bcrypt over a SHA-256 of the password, so that no byte past the 72nd is lost.

    The digest is base64 text because bcrypt implementations differ about zero bytes.
    """

    _mark = "$bcrypt-sha256"

    def __init__(self, rounds: int = BCRYPT_ROUNDS) -> None:
        if rounds < BCRYPT_ROUNDS_MINIMUM:
            raise ValueError(f"bcrypt needs at least {BCRYPT_ROUNDS_MINIMUM} rounds")
        self._bcrypt = BcryptHasher(rounds=rounds)

    @classmethod
    def identify(cls, hash: str | bytes) -> bool:  # noqa: A002 - the library's name
        return _text(hash).startswith(cls._mark)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        return self._mark + self._bcrypt.hash(self._digest(password), salt=salt)

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002
        return self._bcrypt.verify(self._digest(password), self._inner(hash))

    def check_needs_rehash(self, hash: str | bytes) -> bool:  # noqa: A002
        return self._bcrypt.check_needs_rehash(self._inner(hash))

    def _inner(self, hashed: str | bytes) -> str:
        return _text(hashed).removeprefix(self._mark)

    @staticmethod
    def _digest(password: str | bytes) -> bytes:
        return base64.b64encode(hashlib.sha256(_bytes(password)).digest())


class ImportedBcrypt(BcryptHasher):
    """Plain bcrypt hashes that came from another program; none are made here."""

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002
        # Such a hash does not cover the bytes after the 72nd; the work is done all the same, so
        # that the answer takes as long as any other.
        secret = _bytes(password)
        matches = super().verify(secret[:BCRYPT_LIMIT], hash)
        return matches and len(secret) <= BCRYPT_LIMIT


class PooledPasswords:
    """The password port. Call `close` when the server stops."""

    def __init__(
        self,
        kind: Kind = "argon2id",
        *,
        argon: Argon2Hasher | None = None,
        bcrypt_rounds: int = BCRYPT_ROUNDS,
        threads: int = 2,
        line: int = 256,
    ) -> None:
        """At most `line` callers may wait for one of the `threads`."""
        strong: HasherProtocol = argon or argon2()
        prehashed: HasherProtocol = PrehashedBcrypt(bcrypt_rounds)
        ours = [strong, prehashed] if kind == "argon2id" else [prehashed, strong]
        self._hashers = PasswordHash(ours)
        self._imported = ImportedBcrypt()
        self._pool = ThreadPoolExecutor(
            threads, thread_name_prefix="passwords", initializer=_let_others_pass
        )
        self._limit = threads + line
        self._pending = 0

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hashers.hash(_normal(password)))

    async def verify(self, password: str, hashed: str) -> tuple[bool, str | None]:
        return await self._run(lambda: self._verify(password, hashed))

    async def dummy_verify(self, password: str) -> None:
        # Hashing takes as long as verifying: a verification is a hash and a comparison.
        await self.hash(password)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, hashed: str) -> tuple[bool, str | None]:
        try:
            if not self._imported.identify(hashed):
                return self._hashers.verify_and_update(_normal(password), hashed)
            # The other program hashed the text as typed, without normalising it.
            matches = self._imported.verify(password, hashed)
        except (UnknownHashError, ValueError):
            # No password opens such an account; an operator may set a new one.
            return False, None
        return matches, self._hashers.hash(_normal(password)) if matches else None

    async def _run(self, job: Callable[[], Result]) -> Result:
        if self._pending >= self._limit:
            raise Overloaded(
                "too many logins at once; try again in a moment", retry_after=BUSY_SECONDS
            )
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._pending -= 1


def _let_others_pass() -> None:
    """Have the event loop and the writer run first: hashing may take all cores for long."""
    if sys.platform == "linux":  # elsewhere it would change the priority of the whole process
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def _normal(password: str) -> str:
    """Keyboards compose accents differently; the password is the same (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _text(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode()
