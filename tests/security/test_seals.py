"""S22: only this server can seal a receipt."""

import pytest

from backchannel.domain.errors import Unauthenticated
from backchannel.security.clock import SystemClock
from backchannel.security.secret import HmacSeals
from backchannel.security.tokens import JwtTokens

SECRET = bytes(range(32))


def test_S22_a_seal_is_valid_for_one_statement_and_one_secret() -> None:
    seals = HmacSeals(SECRET)
    seal = seals.seal(b"done")
    assert seals.is_genuine(b"done", seal)
    for statement, forged in ((b"undone", seal), (b"done", seal[:-1]), (b"done", ""), (b"", "é")):
        assert not seals.is_genuine(statement, forged)
    assert not HmacSeals(bytes(32)).is_genuine(b"done", seal)


def test_S22_a_seal_is_not_a_valid_token_signature() -> None:
    """Tokens are signed with another key than seals."""
    tokens = JwtTokens(SECRET, SystemClock(), access_life=60, refresh_life=60)
    token, _ = tokens.issue_access("user", "login", "ada")
    signed, _, _ = token.rpartition(".")
    with pytest.raises(Unauthenticated):
        tokens.read_access(f"{signed}.{HmacSeals(SECRET).seal(signed.encode())}")
