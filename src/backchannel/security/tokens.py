"""Access and refresh tokens: JSON Web Tokens (RFC 7519) that only this server makes (rule S4).

PyJWT checks the signature. The claims are checked here, strictly: as only this server issues these
tokens, anything unusual in one is a reason to refuse it (RFC 8725).
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, Final, Literal, cast

import msgspec
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from backchannel.domain.errors import TokenExpired, Unauthenticated
from backchannel.domain.ids import new_id, refresh_token_id
from backchannel.ports.security import Claims, Clock

KEY_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The algorithms that may be chosen, and the shortest key of each (RFC 7518, section 3.2)."""
TOKEN_LIMIT: Final = 4_096
"""Longest token that is looked at, in characters; ours have about 500."""
SET_BACK: Final = 3_660
"""Seconds a token may appear to be from the future, so that a clock set back logs out no one."""

_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""Three parts of unpadded base64url: the library would take padding, a second spelling."""

Type = Literal["access", "refresh"]
Algorithm = Literal["HS256", "HS384", "HS512"]


class _Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The exact content of a token; `userId` repeats `sub` for clients that look for it there."""

    sub: str
    sid: str
    username: str
    userId: str  # noqa: N815 - a name on the wire
    jti: str
    iat: int
    exp: int
    iss: str
    aud: str
    typ: Type
    gen: int | msgspec.UnsetType = msgspec.UNSET


class JwtTokens:
    """The token port. Lives are in seconds.

    Raises `ValueError` for a key that is too short for its algorithm.
    """

    def __init__(
        self,
        key: bytes,
        clock: Clock,
        *,
        access_life: int,
        refresh_life: int,
        algorithm: Algorithm = "HS256",
        issuer: str = "backchannel",
        remembered: int = 10_000,
    ) -> None:
        """`issuer` names this installation, in `iss` and `aud`; `remembered` bounds the cache."""
        if len(key) < KEY_BYTES[algorithm]:
            raise ValueError(f"{algorithm} needs a key of {KEY_BYTES[algorithm]} bytes or more")
        self._key = key
        self._clock = clock
        self._life: dict[Type, int] = {"access": access_life, "refresh": refresh_life}
        self._algorithm = algorithm
        self._issuer = issuer
        self._jws = PyJWS(algorithms=[algorithm])
        self._verified: dict[bytes, Claims] = {}
        self._remembered = remembered

    def issue_access(self, user_id: str, login_id: str, username: str) -> tuple[str, Claims]:
        issued_at = self._clock.now() // 1_000
        expires_at = issued_at + self._life["access"]
        payload = self._payload(
            user_id, login_id, username, typ="access", jti=new_id(), iat=issued_at, exp=expires_at
        )
        return self._sign(payload), Claims(user_id, login_id, username, expires_at * 1_000)

    def issue_refresh(
        self,
        user_id: str,
        login_id: str,
        username: str,
        *,
        generation: int,
        issued_at: int,
        expires_at: int,
    ) -> str:
        payload = self._payload(
            user_id,
            login_id,
            username,
            typ="refresh",
            jti=refresh_token_id(login_id, generation),
            iat=issued_at // 1_000,
            exp=expires_at // 1_000,
        )
        return self._sign(msgspec.structs.replace(payload, gen=generation))

    def read_access(self, token: str) -> Claims:
        # Only the work is remembered, under a digest so that no token lies in memory;
        # the validity of the token is checked each time.
        digest = hashlib.sha256(token[: TOKEN_LIMIT + 1].encode("utf-8", "replace")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._read(token, "access")
            if len(self._verified) >= self._remembered:
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = claims
        return self._unexpired(claims)

    def read_refresh(self, token: str) -> Claims:
        return self._unexpired(self._read(token, "refresh"))

    def _payload(
        self, user_id: str, login_id: str, username: str, *, typ: Type, jti: str, iat: int, exp: int
    ) -> _Payload:
        return _Payload(
            sub=user_id,
            sid=login_id,
            username=username,
            userId=user_id,
            jti=jti,
            iat=iat,
            exp=exp,
            iss=self._issuer,
            aud=self._issuer,
            typ=typ,
        )

    def _sign(self, payload: _Payload) -> str:
        return self._jws.encode(msgspec.json.encode(payload), self._key, self._algorithm)

    def _read(self, token: str, typ: Type) -> Claims:
        """The claims of a token that we made and that is of this type, expired or not."""
        payload = self._decode(token)
        age = self._clock.now() // 1_000 - payload.iat
        life = payload.exp - payload.iat
        sound = (
            payload.iss == payload.aud == self._issuer
            and payload.typ == typ
            and payload.sub == payload.userId
            and (typ == "refresh") == isinstance(payload.gen, int)
            and age >= -SET_BACK
            and 0 < life <= self._life[typ]
        )
        if not sound:
            raise _refused()
        generation = payload.gen if isinstance(payload.gen, int) else None
        expires_at = payload.exp * 1_000
        return Claims(payload.sub, payload.sid, payload.username, expires_at, generation)

    def _decode(self, token: str) -> _Payload:
        """The payload of a token whose signature is valid."""
        if len(token) > TOKEN_LIMIT or not _COMPACT.fullmatch(token):
            raise _refused()
        try:
            signed = self._jws.decode_complete(token, self._key, [self._algorithm])
            if not _is_plain(signed["header"]):
                raise _refused()
            content = _parse(signed["payload"])
            return msgspec.convert(content, _Payload)
        except (PyJWTError, ValueError, RecursionError):
            raise _refused() from None

    def _unexpired(self, claims: Claims) -> Claims:
        if claims.expires_at <= self._clock.now():
            raise TokenExpired("the token has expired; refresh it or log in again")
        return claims


def _is_plain(header: dict[str, Any]) -> bool:
    """True if the header holds only the algorithm and type: no key to look up, no extension."""
    return header.keys() <= {"alg", "typ"} and header.get("typ", "JWT") == "JWT"


def _parse(payload: bytes) -> object:
    """Raises `ValueError` for anything that two parsers could read in two ways."""
    parse = cast("Callable[..., object]", json.loads)
    return parse(payload.decode(), object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _refused() -> Unauthenticated:
    return Unauthenticated("the token is not valid")
