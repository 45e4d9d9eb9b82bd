"""One real server for all tests of the native routes; each test has its own users."""

import asyncio
from collections.abc import Generator

import pytest

from tests.support.api import PASSWORD, Api, Caller
from tests.support.engines import DATABASES
from tests.support.process import server_process


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Api]:
    folder = tmp_path_factory.mktemp("api")
    database_for = DATABASES[request.config.getoption("engine")]
    url = asyncio.run(database_for(folder, lasting=True))
    with server_process(folder, trusted_proxies="127.0.0.1", database_url=url) as server:
        opened = Api(server.address)
        yield opened
        opened.close()
        log = server.log.read_text()
    assert "Traceback" not in log, log
    for private in (PASSWORD, "eyJ", "a secret"):
        assert private not in log, f"S6: {private} is in the log"


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.new_user("ada")


@pytest.fixture
def bob(api: Api) -> Caller:
    return api.new_user("bob")


@pytest.fixture
def eve(api: Api) -> Caller:
    """A user who has no part in the conversation of ada and bob."""
    return api.new_user("eve")
