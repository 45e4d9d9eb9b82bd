"""A chat over a pipe, from its login to its end."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Coroutine

from backchannel.cli.chat.account import ChosenServer, account_folder
from backchannel.cli.chat.errors import Refused, login_refused, unsent
from backchannel.cli.chat.event_printer import EventPrinter
from backchannel.cli.chat.input_handler import InputHandler
from backchannel.cli.chat.people import People
from backchannel.cli.chat.text import Lines
from backchannel.cli.output import fail
from backchannel_client import (
    ApiError,
    BackchannelClient,
    FileOutbox,
    MessageRefused,
    MessageStored,
    OutboxChanged,
    Presence,
    StateChanged,
    Typing,
)

TIMEOUT = 5.0
"""Seconds without any answer after which leaving no longer waits for one."""
LOGOUT_SECONDS = 2.0
"""Seconds that a logout may take: leaving must not wait for an unavailable server."""
LOOK_EVERY = 0.2
DONE, FAILED, SIGNALLED = 0, 1, 128


async def converse(server: ChosenServer, name: str, password: str, peer: str | None) -> int:
    """Log in, talk until the user leaves, log out; the exit code. Raises `Refused`."""
    agent = "backchannel chat"
    async with BackchannelClient(
        server.url, tls=server.tls, host=server.host, agent=agent
    ) as client:
        try:
            tokens = await client.login(name, password)
        except ApiError as error:
            raise login_refused(server, error) from None
        chat = _Chat(client, server, tokens.user.id)
        try:
            return await chat.run(peer)
        finally:
            chat.report_unsent(name)
            # Leaving does not need the server.
            with contextlib.suppress(ApiError, TimeoutError):
                async with asyncio.timeout(LOGOUT_SECONDS):
                    await client.logout()


class _Chat:
    """The chat of a login, from its first line to its last."""

    def __init__(self, client: BackchannelClient, server: ChosenServer, own_id: str) -> None:
        self._client = client
        self._store = FileOutbox(account_folder(server.url, own_id))
        self._signalled = 0
        self._stopped = ""
        self._answered = asyncio.Event()
        people = People(client, own_id)
        self._screen = Lines()
        self._printer = EventPrinter(people, client, self._screen)
        self._input = InputHandler(server.url, client, people, self._printer, self._screen)

    async def run(self, peer: str | None) -> int:
        """Talk until the user leaves, and their messages are acknowledged or may wait."""
        await self._resume()
        self._listen()
        self._client.connect(None, self._printer)
        await _until_one_ends(
            self._until_stopped(),
            self._printer.run(),
            self._until_left(peer),
            self._input.start_afresh(),
            self._until_signalled(),
        )
        if self._signalled:
            return SIGNALLED + self._signalled
        failed = self._waiting or self._printer.refusals or self._input.failures
        return FAILED if failed else DONE

    def report_unsent(self, name: str) -> None:
        """Tell the user on leaving how many messages are unsent, and that they are not lost."""
        if count := self._waiting:
            fail(unsent(count, self._store.folder, name))

    @property
    def _waiting(self) -> int:
        """The number of messages without an answer."""
        return sum(not item.failed for item in self._client.outbox)

    def _listen(self) -> None:
        """Show what the client reports."""
        self._client.on(StateChanged, self._state_changed)
        self._client.on(MessageStored, self._printer.enqueue)
        self._client.on(MessageRefused, self._printer.enqueue)
        self._client.on(Presence, self._printer.enqueue)
        self._client.on(Typing, self._printer.enqueue)
        self._client.on(OutboxChanged, lambda _: self._answered.set())

    def _state_changed(self, change: StateChanged) -> None:
        self._stopped = change.reason
        self._printer.state_changed(change)

    async def _until_stopped(self) -> None:
        """Raises `Refused` when the server has ended the login."""
        await self._client.stopped()
        raise Refused(f"the server has ended the connection: {self._stopped}")

    async def _until_signalled(self) -> None:
        """Wait for a signal that ends the chat; unsent messages are reported in any case."""
        loop, signalled = asyncio.get_running_loop(), asyncio.Event()

        def end(number: int) -> None:
            self._signalled = number
            signalled.set()

        for each in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, end, each)
        await signalled.wait()

    async def _resume(self) -> None:
        await self._client.keep_outbox(self._store)
        if count := self._waiting:
            self._screen.show((f"sending {count} kept from last time", "dim"))
        for item in self._client.outbox:
            if item.failed:
                self._screen.show((f"not sent: {item.failed.detail}\n", "red"), item.body)
                await self._client.discard(item.client_id)
        for path in self._store.damaged:
            self._screen.show((f"{path} is damaged and cannot be sent", "red"))

    async def _until_left(self, peer: str | None) -> None:
        # Data fetched before the connection is live could miss events in between.
        await self._printer.live.wait()
        await self._input.run(peer)
        await self._settled(TIMEOUT)
        await self._printer.all_shown()

    async def _settled(self, within: float) -> None:
        """Wait until every message is answered, or for `within` seconds without any answer.

        The time that the server has asked to wait does not count.
        """
        fewest, deadline = self._waiting, time.monotonic() + within
        while self._waiting and time.monotonic() < deadline:
            self._answered.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_EVERY, within)):
                    await self._answered.wait()
            if self._waiting < fewest or self._client.send_pause:
                fewest = self._waiting
                deadline = time.monotonic() + self._client.send_pause + within


async def _until_one_ends(*works: Coroutine[None, None, None]) -> None:
    """Run all of them until one ends or fails, and stop the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
