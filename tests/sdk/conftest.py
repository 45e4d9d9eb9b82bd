"""One server for the tests of a module, and clients that are logged in to it."""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from backchannel_client import BackchannelClient, Checkpoint, LogEvent
from tests.sdk.device import TIMEOUT
from tests.support.process import ServerProcess, server_process

PASSWORD = "mist over the harbour"
_numbers = itertools.count(1)

Enter = Callable[[], Awaitable[BackchannelClient]]


class Notes:
    """A sink that keeps everything in memory."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []
        self.checkpoint: Checkpoint | None = None

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:
        self.events += events
        self.checkpoint = checkpoint

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:
        self.events.clear()
        self.checkpoint = checkpoint

    @property
    def texts(self) -> list[str]:
        """The bodies of the new messages, in their order."""
        messages = [event.message() for event in self.events if event.kind == "message"]
        return [message.body for message in messages if message is not None]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients wait longer, for busy machines."""
    monkeypatch.setattr("backchannel_client.client.TIMEOUT", TIMEOUT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
async def enter(server: ServerProcess) -> AsyncGenerator[Enter]:
    """Makes a client of a new user, logged in but not connected."""
    async with AsyncExitStack() as stack:

        async def make() -> BackchannelClient:
            client = await stack.enter_async_context(BackchannelClient(server.address))
            await register(client, f"user{next(_numbers)}")
            return client

        yield make


async def register(client: BackchannelClient, username: str, **more: Any) -> str:
    """Create an account and log in; return the user's id."""
    await client.api.register(username, PASSWORD, **more)
    return (await client.login(username, PASSWORD)).user.id


def own_id(client: BackchannelClient) -> str:
    assert client.tokens.current is not None
    return client.tokens.current.user.id
