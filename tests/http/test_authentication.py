"""The parts of a request that may contain a token."""

from collections.abc import Mapping, Sequence

import pytest

from backchannel.domain.errors import Invalid
from backchannel.http.authentication import find_token

FOUND = [
    ({"authorization": "Bearer T"}, "", ()),
    ({"authorization": "bearer   T"}, "", ()),
    ({"authorization": "T"}, "", ()),
    ({"access_token": "T"}, "", ()),
    ({"access_token": "Bearer T"}, "", ()),
    ({"x-access-token": "T"}, "", ()),
    ({"token": "T"}, "", ()),
    ({}, "token=T", ()),
    ({}, "a=b&token=T&c", ()),
    ({}, "", ("bearer", "T")),
    ({}, "", ("Bearer", "T")),
    ({"authorization": "T", "access_token": "other"}, "token=another", ("bearer", "third")),
]
NONE = [
    ({}, "", ()),
    ({"authorization": ""}, "", ()),
    ({"authorization": "Bearer"}, "", ()),
    ({"authorization": "Basic dXNlcg=="}, "", ()),
    ({"authorization": "Bearer two words"}, "", ()),
    ({}, "token=", ()),
    ({}, "mytoken=T", ()),
    ({}, "", ("bearer",)),
    ({}, "", ("chat", "T")),
    ({}, "", ("bearer", "T", "more")),
]


@pytest.mark.parametrize(("headers", "query", "subprotocols"), FOUND)
def test_the_token_is_found_in_each_allowed_place(
    headers: Mapping[str, str], query: str, subprotocols: Sequence[str]
) -> None:
    assert find_token(headers, query, subprotocols) == "T"


@pytest.mark.parametrize(("headers", "query", "subprotocols"), NONE)
def test_malformed_credentials_contain_no_token(
    headers: Mapping[str, str], query: str, subprotocols: Sequence[str]
) -> None:
    assert find_token(headers, query, subprotocols) is None


def test_a_query_has_a_bounded_number_of_parameters() -> None:
    assert find_token({}, "a&" * 99 + "token=T") == "T"
    with pytest.raises(Invalid, match="at most 100 parameters"):
        find_token({}, "a&" * 100 + "token=T")
