"""Tokens say what they must, and nothing else is believed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.domain.errors import TokenExpired, Unauthenticated
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
    """A token with a good signature, whatever it says: what only a key's holder can make."""
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


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_S4_hostile_tokens_are_refused(hostile: str) -> None:
    tokens = make()
    for read in (tokens.read_access, tokens.read_access):  # the second meets a warm cache
        with pytest.raises(Unauthenticated) as refusal:
            read(hostile)
        assert refusal.type in {Unauthenticated, TokenExpired}
        assert len(hostile) < 10 or hostile not in refusal.value.text


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_S4_hostile_tokens_refresh_nothing(hostile: str) -> None:
    if hostile == HOSTILE["typ refresh"]:
        assert make().read_refresh(hostile).generation == 0
        return
    with pytest.raises(Unauthenticated):
        make().read_refresh(hostile)


def test_S4_the_corpus_is_hostile_by_its_differences_only() -> None:
    assert make().read_access(GOOD).user_id == "user"


@given(st.text(max_size=200))
def test_S4_any_text_is_refused_the_same_way(text: str) -> None:
    with pytest.raises(Unauthenticated):
        make().read_access(text)


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_S4_a_token_with_one_other_character_is_refused(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    if changed != GOOD:
        with pytest.raises(Unauthenticated):
            make().read_access(changed)


def test_S4_tokens_carry_every_claim() -> None:
    access, claims = make().issue_access("user", "login", "ada")
    said = jwt.decode(access, KEY, ["HS256"], options={"verify_exp": False}, audience="backchannel")
    assert isinstance(said.pop("jti"), str)
    assert said == {
        "sub": "user",
        "userId": "user",
        "sid": "login",
        "username": "ada",
        "iat": NOW,
        "exp": NOW + HOUR,
        "iss": "backchannel",
        "aud": "backchannel",
        "typ": "access",
    }
    assert make().read_access(access) == claims


def test_S4_no_two_tokens_are_the_same() -> None:
    issued = {make().issue_access("user", "login", "ada")[0] for _ in range(100)}
    assert len(issued) == 100


def test_S4_a_refresh_token_is_no_access_token() -> None:
    tokens = make()
    refresh = tokens.issue_refresh(
        "user", "login", "ada", generation=3, expires_at=CLOCK.now() + DAY * 1_000
    )
    access, _ = tokens.issue_access("user", "login", "ada")
    assert tokens.read_refresh(refresh).generation == 3
    with pytest.raises(Unauthenticated):
        tokens.read_access(refresh)
    with pytest.raises(Unauthenticated):
        tokens.read_refresh(access)


@pytest.mark.parametrize(("algorithm", "size"), [("HS256", 31), ("HS384", 47), ("HS512", 63)])
def test_S4_short_keys_are_refused(algorithm: str, size: int) -> None:
    with pytest.raises(ValueError, match="needs a key of"):
        make(key=bytes(size), algorithm=algorithm)
    longer = make(key=bytes(size + 1), algorithm=algorithm)
    assert longer.read_access(longer.issue_access("user", "login", "ada")[0]).user_id == "user"


def test_S4_another_installation_with_the_same_key_is_another_audience() -> None:
    elsewhere, _ = make(issuer="elsewhere").issue_access("user", "login", "ada")
    with pytest.raises(Unauthenticated):
        make().read_access(elsewhere)


def test_S5_a_token_expires_to_the_second_also_when_it_is_remembered() -> None:
    clock = ManualClock()
    tokens = make(clock)
    access, claims = tokens.issue_access("user", "login", "ada")
    clock.advance(HOUR - 0.001)
    assert tokens.read_access(access) == claims
    clock.advance(0.001)
    with pytest.raises(TokenExpired):
        tokens.read_access(access)
    with pytest.raises(TokenExpired):
        make(clock).read_access(access)


def test_R11_a_clock_set_back_by_an_hour_logs_nobody_out() -> None:
    clock = ManualClock()
    access, _ = make(clock).issue_access("user", "login", "ada")
    clock.set_back(HOUR)
    assert make(clock).read_access(access).user_id == "user"


def test_the_memory_of_verified_tokens_is_bounded() -> None:
    tokens = make(remembered=10)
    issued = [tokens.issue_access("user", "login", "ada")[0] for _ in range(50)]
    for each in issued:
        assert tokens.read_access(each).user_id == "user"
    assert len(tokens._verified) == 10
    assert not any(each.encode() in tokens._verified for each in issued)
