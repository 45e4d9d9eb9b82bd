"""The client of `backchannel chat`, as it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from backchannel.cli.chat import frames, http
from backchannel.cli.chat.follower import Follower
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.stream import Stream
from backchannel.cli.chat.unsent import Message, UnsentMessages
from backchannel.dialects.native import server_frames as server
from benchmarks.peers.loss.clients import LOGIN_PATIENCE, number_of, send_all, settled
from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server


@dataclass
class Person:
    """A user who is logged in, and what happens to them; `folder` keeps what is unsent."""

    access_token: str
    journal: Journal
    folder: Path
    receives: bool
    live: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.outbox = Outbox(UnsentMessages(self.folder))

    async def run(self, port: int) -> None:
        follower = Follower(self.outbox, self)
        await Stream(http.Server(f"http://127.0.0.1:{port}"), self, follower, self.outbox).run()

    async def token(self) -> str:
        return self.access_token

    async def renewed(self, stale: str) -> str:
        return stale

    def connected(self, *, afresh: bool) -> None:
        del afresh
        self.live.set()

    def disconnected(self, reason: str) -> None:
        """It connects again by itself."""

    def happened(self, entry: frames.Entry) -> None:
        message = entry.message() if self.receives else None
        if message is not None:
            self.journal.received.append(number_of(message.body))

    def stored(self, ack: server.Ack, message: Message) -> None:
        del ack
        self.journal.acknowledged.append(number_of(message.client_id))

    def refused(self, refusal: server.Error, message: Message | None) -> None:
        raise RuntimeError(f"{message and message.body}: {refusal.detail}")

    def signalled(self, signal: frames.Signal) -> None:
        """Nothing here shows who is typing."""


async def exchange(server: Server, port: int, plan: Plan) -> Sequence[Journal]:
    async with asyncio.TaskGroup() as tasks:
        pairs = [tasks.create_task(_pair(server, port, plan, each)) for each in range(plan.pairs)]
    return [each.result() for each in pairs]


async def _pair(server: Server, port: int, plan: Plan, index: int) -> Journal:
    journal = Journal()
    (_, sends), (recipient, receives) = server.users[2 * index : 2 * index + 2]
    with TemporaryDirectory() as folder:
        sender = Person(sends, journal, Path(folder), receives=False)
        receiver = Person(receives, journal, Path(folder), receives=True)
        await _carry_out(plan, port, sender, receiver, recipient)
    return journal


async def _carry_out(
    plan: Plan, port: int, sender: Person, receiver: Person, recipient: str
) -> None:
    runs = [asyncio.create_task(each.run(port)) for each in (sender, receiver)]
    async with asyncio.timeout(LOGIN_PATIENCE):
        await asyncio.gather(sender.live.wait(), receiver.live.wait())

    async def send(number: int) -> None:
        sender.outbox.send(Message(f"#{number}", recipient, f"#{number}"))

    await send_all(plan, send)
    await settled(sender.journal, plan)
    for run in runs:
        run.cancel()
    await asyncio.gather(*runs, return_exceptions=True)
