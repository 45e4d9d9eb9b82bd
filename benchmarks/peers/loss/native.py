"""The Python client, unchanged."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from backchannel_client import (
    Account,
    BackchannelClient,
    Checkpoint,
    ConnectionState,
    Draft,
    FileOutbox,
    LogEvent,
    MessageRefused,
    MessageStored,
    StateChanged,
    Tokens,
)
from benchmarks.peers.loss.clients import LOGIN_TIMEOUT, number_of, send_all, settled
from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server

DAY = timedelta(days=1)


class Received:
    """Records each message that the client applies."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def apply(self, events: Sequence[LogEvent], checkpoint: Checkpoint) -> None:
        del checkpoint
        for event in events:
            message = event.message()
            if message is not None:
                self._journal.received.append(number_of(message.body))

    async def reset(self, checkpoint: Checkpoint, reason: str) -> None:
        """Do nothing: it begins without data."""


async def exchange(server: Server, port: int, plan: Plan) -> Sequence[Journal]:
    async with asyncio.TaskGroup() as tasks:
        pairs = [tasks.create_task(_pair(server, port, plan, each)) for each in range(plan.pairs)]
    return [each.result() for each in pairs]


async def _pair(server: Server, port: int, plan: Plan, index: int) -> Journal:
    journal, ignored = Journal(), Journal()
    (sender_id, sends), (receiver_id, receives) = server.users[2 * index : 2 * index + 2]
    address = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder:
        async with AsyncExitStack() as opened:
            sender = await opened.enter_async_context(BackchannelClient(address))
            receiver = await opened.enter_async_context(BackchannelClient(address))
            sender.tokens.adopt(_tokens(sender_id, sends))
            receiver.tokens.adopt(_tokens(receiver_id, receives))
            await sender.keep_outbox(FileOutbox(Path(folder)))
            await asyncio.gather(
                _online(sender, Received(ignored)), _online(receiver, Received(journal))
            )
            await _send(sender, receiver_id, journal, plan)
    return journal


async def _online(client: BackchannelClient, received: Received) -> None:
    """Connect, and wait until that is done."""
    online = asyncio.Event()

    def changed(change: StateChanged) -> None:
        if change.state is ConnectionState.ONLINE:
            online.set()

    client.on(StateChanged, changed)
    client.connect(None, received)
    async with asyncio.timeout(LOGIN_TIMEOUT):
        await online.wait()


async def _send(sender: BackchannelClient, to: str, journal: Journal, plan: Plan) -> None:
    """Send all messages. Raises `RuntimeError` if a message is refused."""
    refused: list[MessageRefused] = []
    sender.on(MessageRefused, refused.append)
    sender.on(
        MessageStored, lambda stored: journal.acknowledged.append(number_of(stored.item.body))
    )

    async def send(number: int) -> None:
        await sender.send(Draft(to, f"#{number}"))

    await send_all(plan, send)
    await settled(journal, plan)
    if refused:
        raise RuntimeError(refused[0].refusal.detail)


def _tokens(user_id: str, token: str) -> Tokens:
    """Tokens that outlive the run."""
    ends = (datetime.now(UTC) + DAY).isoformat()
    account = Account(id=user_id, username="", display_name="", created_at="", updated_at="")
    return Tokens(
        user=account,
        login_id="",
        access_token=token,
        expires_at=ends,
        refresh_token="",
        refresh_expires_at=ends,
    )
