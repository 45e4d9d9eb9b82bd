"""Users of a server, and the real command for each of them in a pipe."""

import asyncio
from collections.abc import Callable, Generator
from functools import partial

import httpx
import pytest

from tests.cli.chat.programs import TIMEOUT, PipedSession
from tests.support.native import PASSWORD, Person, register
from tests.support.process import ServerProcess, server_process

Start = Callable[..., PipedSession]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("chat")) as server:
        yield server


@pytest.fixture(scope="module")
def users(running: ServerProcess) -> dict[str, Person]:
    names = ("ada", "grace", "lin", "king")
    found = {name: asyncio.run(register(running.address, name)) for name in names}
    for name, shown in (("lin", "Lin Chu"), ("king", "Lin Chu"), ("grace", "Grace Hopper")):
        httpx.patch(
            f"{running.address}/v1/me",
            json={"display_name": shown},
            headers=found[name].headers,
            timeout=TIMEOUT,
        ).raise_for_status()
    return found


@pytest.fixture
def chat() -> Generator[Start]:
    """Starts the command for a user of a server."""
    started: list[PipedSession] = []

    def start(
        server: ServerProcess, name: str, *options: str, password: str = PASSWORD
    ) -> PipedSession:
        started.append(PipedSession(server.address, name, password, *options))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def talk(
    running: ServerProcess,
    users: dict[str, Person],
    chat: Start,
) -> Start:
    """Starts the command for one of the users."""
    return partial(chat, running)
