"""Every request gets a documented response, never an internal error (S12, S21, S24)."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api import Api, Caller, Operation, operations

TRIED = [each for each in operations() if each.path.startswith("/v1")]
WITH_BODY = [each for each in TRIED if each.body is not None]
WITH_QUERY = [
    each for each in TRIED if any(p["in"] == "query" for p in each.described.get("parameters", []))
]
WITH_PLACE = [each for each in TRIED if "{" in each.path]

TEXT = st.text(st.characters(codec="utf-8"), max_size=80)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
EXTREMES = st.sampled_from(["", "\x00", "0", "-1", "9" * 40, "null", "%00", "..", "\ud7ff"])

fuzzed = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def ids(chosen: list[Operation]) -> list[str]:
    return [each.id for each in chosen]


@pytest.fixture(scope="module")
def user(api: Api) -> Caller:
    return api.new_user("fuzzer")


def _ask(api: Api, user: Caller, operation: Operation, path: str, **given: Any) -> None:
    caller = user if operation.needs_login else api.anonymous
    answer = caller.ask(operation.method, path, **given)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
@given(data=st.data())
@fuzzed
def test_random_bodies_get_a_documented_response(
    api: Api, user: Caller, operation: Operation, data: st.DataObject
) -> None:
    names = st.sampled_from(sorted(operation.body_schema["properties"]))
    changes = st.dictionaries(names | TEXT, JSON, min_size=1, max_size=4)
    body = data.draw(JSON | changes.map(lambda changed: {**(operation.body or {}), **changed}))
    _ask(api, user, operation, _somewhere(operation), json=body)


@pytest.mark.parametrize("operation", WITH_QUERY, ids=ids(WITH_QUERY))
@given(data=st.data())
@fuzzed
def test_random_queries_get_a_documented_response(
    api: Api, user: Caller, operation: Operation, data: st.DataObject
) -> None:
    named = [p["name"] for p in operation.described["parameters"] if p["in"] == "query"]
    values = TEXT | EXTREMES | st.integers().map(str)
    query = data.draw(st.dictionaries(st.sampled_from(named), values, min_size=1))
    _ask(api, user, operation, _somewhere(operation), params=query)


@pytest.mark.parametrize("operation", WITH_PLACE, ids=ids(WITH_PLACE))
@given(data=st.data())
@fuzzed
def test_random_paths_get_a_documented_response(
    api: Api, user: Caller, operation: Operation, data: st.DataObject
) -> None:
    values = (TEXT | EXTREMES).map(lambda text: quote(text, safe=""))
    places = {p["name"]: data.draw(values) for p in operation.described["parameters"]}
    path = operation.path.format(**{**dict.fromkeys(places, "1"), **places})
    _ask(api, user, operation, path, json=operation.body)


def _somewhere(operation: Operation) -> str:
    places = [p["name"] for p in operation.described.get("parameters", []) if p["in"] == "path"]
    return operation.path.format(**dict.fromkeys(places, "1"))
