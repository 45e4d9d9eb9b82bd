"""One real server for all tests of the native routes; each test has people of its own."""

from collections.abc import Generator

import pytest

from tests.support.api import PASSWORD, Api, Caller
from tests.support.process import server_process


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Generator[Api]:
    folder = tmp_path_factory.mktemp("api")
    with server_process(folder, trusted_proxies="127.0.0.1") as server:
        opened = Api(server.address)
        yield opened
        opened.close()
        log = server.log.read_text()
    assert "Traceback" not in log, log
    for private in (PASSWORD, "eyJ", "a secret"):
        assert private not in log, f"S6: {private} is in the log"


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.somebody("ada")


@pytest.fixture
def bob(api: Api) -> Caller:
    return api.somebody("bob")


@pytest.fixture
def eve(api: Api) -> Caller:
    """Somebody whom nothing of what ada and bob say concerns."""
    return api.somebody("eve")
