"""One server for the tests of a module; tests that kill or freeze it start their own."""

from collections.abc import AsyncGenerator, Callable, Generator

import pytest

from tests.support.native import Device, Person, register
from tests.support.process import ServerProcess, server_process


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
async def devices(server: ServerProcess) -> AsyncGenerator[Callable[[Person], Device]]:
    """Makes devices, and closes them at the end."""
    made: list[Device] = []

    def make(person: Person) -> Device:
        made.append(Device(server.socket_address, person))
        return made[-1]

    yield make
    for device in made:
        await device.close()


@pytest.fixture
async def ada(server: ServerProcess, request: pytest.FixtureRequest) -> Person:
    return await register(server.address, f"ada-{_short(request)}")


@pytest.fixture
async def bob(server: ServerProcess, request: pytest.FixtureRequest) -> Person:
    return await register(server.address, f"bob-{_short(request)}")


def _short(request: pytest.FixtureRequest) -> str:
    return f"{abs(hash(request.node.nodeid)) % 10**12}"
