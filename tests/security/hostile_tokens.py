"""A good token, and forgeries that an attacker can make of it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from backchannel.security.tokens import JwtTokens
from tests.support.clock import ManualClock

KEY = bytes(range(32))
CLOCK = ManualClock()
NOW = CLOCK.now() // 1_000
DAY = 86_400
HOUR = 3_600
NESTED = "[" * 2_900


def make(clock: ManualClock = CLOCK, key: bytes = KEY, **options: Any) -> JwtTokens:
    return JwtTokens(key, clock, access_life=HOUR, refresh_life=30 * DAY, **options)


def content(**changes: object) -> dict[str, object]:
    """A good access token's claims with changes; `...` leaves one out."""
    claims: dict[str, object] = {
        "sub": "user",
        "sid": "login",
        "username": "ada",
        "userId": "user",
        "jti": "one",
        "iat": NOW,
        "exp": NOW + HOUR,
        "iss": "backchannel",
        "aud": "backchannel",
        "typ": "access",
    }
    return {name: value for name, value in (claims | changes).items() if value is not ...}


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: bytes | str | Mapping[str, object], payload: bytes | str) -> str:
    """A token with a valid signature and any content, as only a holder of the key can make."""
    text = json.dumps(header) if isinstance(header, Mapping) else header
    signing = f"{b64(text)}.{b64(payload)}"
    return f"{signing}.{b64(hmac.digest(KEY, signing.encode(), 'sha256'))}"


def token(**changes: object) -> str:
    return signed({"alg": "HS256", "typ": "JWT"}, json.dumps(content(**changes)))


def with_header(**changes: object) -> str:
    header = {"alg": "HS256", "typ": "JWT"} | changes
    return signed(header, json.dumps(content()))


def raw(payload: str) -> str:
    return signed({"alg": "HS256", "typ": "JWT"}, payload)


def unsigned(alg: str) -> str:
    return f"{b64(json.dumps({'alg': alg, 'typ': 'JWT'}))}.{b64(json.dumps(content()))}."


def signed_by(algorithm: str, digest: Callable[..., Any]) -> str:
    signing = f"{b64(json.dumps({'alg': algorithm}))}.{b64(json.dumps(content()))}"
    return f"{signing}.{b64(hmac.digest(KEY, signing.encode(), digest))}"


GOOD = token()
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")

HOSTILE = {
    "empty": "",
    "a space": " ",
    "a word": "token",
    "dots": "..",
    "many dots": "." * 4_000,
    "null": "null",
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg NONE with a signature": unsigned("NONE") + SIGNATURE,
    "alg none, signed": with_header(alg="none"),
    "alg empty": with_header(alg=""),
    "alg missing": signed({"typ": "JWT"}, json.dumps(content())),
    "alg null": with_header(alg=None),
    "alg a list": with_header(alg=["HS256"]),
    "alg an object": with_header(alg={"HS256": 1}),
    "alg lower case": with_header(alg="hs256"),
    "alg HS512 with our key": signed_by("HS512", hashlib.sha512),
    "alg HS384 with our key": signed_by("HS384", hashlib.sha384),
    "alg RS256 over our key": with_header(alg="RS256"),
    "alg ES256 with zeros": f"{b64(json.dumps({'alg': 'ES256'}))}.{PAYLOAD}.{b64(bytes(64))}",
    "no signature": f"{HEADER}.{PAYLOAD}.",
    "two segments": f"{HEADER}.{PAYLOAD}",
    "four segments": f"{GOOD}.{SIGNATURE}",
    "truncated": GOOD[:-1],
    "half": GOOD[: len(GOOD) // 2],
    "one letter more": GOOD + "A",
    "a space before": " " + GOOD,
    "a line end after": GOOD + "\n",
    "a zero byte": GOOD + "\0",
    "padded": GOOD + "=",
    "plain base64": GOOD.replace("-", "+").replace("_", "/") + "+",
    "other key": jwt.encode(content(), bytes(32), "HS256"),
    "changed user": f"{HEADER}.{b64(json.dumps(content(sub='eve')))}.{SIGNATURE}",
    "swapped segments": f"{PAYLOAD}.{HEADER}.{SIGNATURE}",
    "unicode": "täken.ünd.söweiter",
    "unicode digits in a good one": GOOD.replace("a", "а", 1),  # noqa: RUF001 - Cyrillic
    "lone surrogate": "\ud800" + GOOD,
    "one megabyte": "A" * 1_000_000,
    "one megabyte of payload": f"{HEADER}.{'A' * 1_000_000}.{SIGNATURE}",
    "too long, though good": token(username="a" * 4_096),
    "bearer": f"Bearer {GOOD}",
    "header is a list": signed("[]", json.dumps(content())),
    "header is broken": signed("{", json.dumps(content())),
    "header is no UTF-8": signed(b'{"alg":"HS256\xff"}', json.dumps(content())),
    "header nested": signed(NESTED, json.dumps(content())),
    "header with alg twice": signed('{"alg":"none","alg":"HS256","x":1}', json.dumps(content())),
    "crit": with_header(crit=["exp"]),
    "crit, known to the library": with_header(crit=["b64"], b64=True),
    "crit empty": with_header(crit=[]),
    "b64 false": with_header(crit=["b64"], b64=False),
    "kid": with_header(kid="1"),
    "kid a path": with_header(kid="../../../../dev/null"),
    "kid an injection": with_header(kid="' UNION SELECT 'key' --"),
    "kid a number": with_header(kid=1),
    "jku": with_header(jku="https://evil.example/keys"),
    "jwk": with_header(jwk={"kty": "oct", "k": b64(KEY)}),
    "x5u": with_header(x5u="https://evil.example/cert"),
    "cty: a nested token": with_header(cty="JWT"),
    "zip": with_header(zip="DEF"),
    "typ of something else": with_header(typ="secevent+jwt"),
    "a token within a token": raw(json.dumps(GOOD)),
    "a token within a token, bare": raw(GOOD),
    "JSON serialisation": json.dumps(
        {"protected": HEADER, "payload": PAYLOAD, "signature": SIGNATURE}
    ),
    "encrypted form": ".".join([HEADER] * 5),
    "payload empty": raw(""),
    "payload a list": raw("[]"),
    "payload a string": raw('"user"'),
    "payload null": raw("null"),
    "payload broken": raw('{"sub":'),
    "payload no UTF-8": signed({"alg": "HS256"}, b'{"sub":"\xff"}'),
    "payload nested": raw(NESTED),
    "payload with a member twice": raw(json.dumps(content())[:-1] + ',"sub":"eve"}'),
    "payload with exp twice": raw(json.dumps(content())[:-1] + f',"exp":{NOW + 2 * HOUR}}}'),
    "payload with jti twice": raw(json.dumps(content())[:-1] + ',"jti":"two"}'),
    "payload followed by more": raw(json.dumps(content()) + "{}"),
    "exp missing": token(exp=...),
    "exp null": token(exp=None),
    "exp text": token(exp=str(NOW + HOUR)),
    "exp a float": token(exp=NOW + HOUR + 0.5),
    "exp a whole float": token(exp=float(NOW + HOUR)),
    "exp true": token(exp=True),
    "exp a list": token(exp=[NOW + HOUR]),
    "exp zero": token(exp=0),
    "exp negative": token(exp=-1),
    "exp before iat": token(exp=NOW - 1),
    "exp before iat, both to come": token(iat=NOW + 60, exp=NOW + 30),
    "exp too far": token(exp=NOW + HOUR + 1),
    "exp far away": token(exp=NOW + 10 * 365 * DAY),
    "exp huge": token(exp=2**63),
    "exp of 5,000 digits": raw(json.dumps(content(exp="X")).replace('"X"', "9" * 2_000)),
    "exp NaN": raw(json.dumps(content(exp=float("nan")))),
    "exp Infinity": raw(json.dumps(content(exp=float("inf")))),
    "exp with an exponent": raw(json.dumps(content(exp="X")).replace('"X"', "9e99")),
    "iat missing": token(iat=...),
    "iat text": token(iat="now"),
    "iat negative": token(iat=-1, exp=HOUR),
    "iat in the future": token(iat=NOW + 2 * HOUR, exp=NOW + 3 * HOUR),
    "iat a float": token(iat=float(NOW)),
    "nbf in the future": token(nbf=NOW + 60),
    "an unknown claim": token(role="admin"),
    "sub missing": token(sub=...),
    "sub null": token(sub=None),
    "sub a number": token(sub=1),
    "sub a list": token(sub=["user"]),
    "sub and userId differ": token(userId="eve"),
    "userId missing": token(userId=...),
    "sid missing": token(sid=...),
    "jti missing": token(jti=...),
    "username missing": token(username=...),
    "iss missing": token(iss=...),
    "iss of another": token(iss="evil"),
    "iss a list": token(iss=["backchannel"]),
    "aud missing": token(aud=...),
    "aud of another": token(aud="evil"),
    "aud a list": token(aud=["backchannel", "evil"]),
    "aud empty": token(aud=""),
    "typ missing": token(typ=...),
    "typ refresh": token(typ="refresh", gen=0),
    "typ refresh without a generation": token(typ="refresh"),
    "typ of another kind": token(typ="admin"),
    "typ in other letters": token(typ="Access"),
    "access with a generation": token(gen=0),
}
