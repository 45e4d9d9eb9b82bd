"""Tokens have all their claims, and all others are refused."""

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.domain.errors import TokenExpired, Unauthenticated
from tests.security.hostile_tokens import CLOCK, DAY, GOOD, HOSTILE, HOUR, KEY, NOW, make
from tests.support.clock import ManualClock


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_S4_hostile_tokens_are_refused(hostile: str) -> None:
    tokens = make()
    for read in (tokens.read_access, tokens.read_access):  # the second time, the cache is filled
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


def test_S4_the_unmodified_token_of_the_corpus_is_accepted() -> None:
    assert make().read_access(GOOD).user_id == "user"


@given(st.text(max_size=200))
def test_S4_any_text_is_refused_as_unauthenticated(text: str) -> None:
    with pytest.raises(Unauthenticated):
        make().read_access(text)


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_S4_a_token_with_one_other_character_is_refused(index: int, character: str) -> None:
    changed = GOOD[:index] + character + GOOD[index + 1 :]
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


def test_S4_every_token_is_unique() -> None:
    issued = {make().issue_access("user", "login", "ada")[0] for _ in range(100)}
    assert len(issued) == 100


def test_S4_a_refresh_token_is_not_an_access_token() -> None:
    tokens = make()
    now = CLOCK.now()
    refresh = tokens.issue_refresh(
        "user", "login", "ada", generation=3, issued_at=now, expires_at=now + DAY * 1_000
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


def test_R11_a_clock_set_back_by_an_hour_ends_no_login() -> None:
    clock = ManualClock()
    access, _ = make(clock).issue_access("user", "login", "ada")
    clock.set_back(HOUR)
    assert make(clock).read_access(access).user_id == "user"


def test_the_cache_of_verified_tokens_is_bounded() -> None:
    tokens = make(remembered=10)
    issued = [tokens.issue_access("user", "login", "ada")[0] for _ in range(50)]
    for each in issued:
        assert tokens.read_access(each).user_id == "user"
    assert len(tokens._verified) == 10
    assert not any(each.encode() in tokens._verified for each in issued)
