"""Everything one chat is made of, joined and run."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable

from backchannel.cli.chat.api import Api
from backchannel.cli.chat.follower import Follower
from backchannel.cli.chat.http import Refused, Server
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.people import People
from backchannel.cli.chat.screen import Lines, Screen, Status
from backchannel.cli.chat.stream import Stream
from backchannel.cli.chat.talk import Talk
from backchannel.cli.chat.typed import Typed
from backchannel.cli.chat.unsent import UnsentMessages, account_folder
from backchannel.cli.output import fail

PATIENCE = 5.0
"""Seconds without any answer after which leaving no longer waits for one."""
DONE, FAILED, INTERRUPTED, SIGNALLED = 0, 1, 130, 128


async def converse(server: Server, name: str, password: str, peer: str | None) -> int:
    """Log in, talk until the user leaves, log out; the exit code.

    Raises `Refused`, `OSError`.
    """
    api = Api(server)
    await api.login(name, password)
    chat = _Chat(api, server)
    try:
        return await chat.run(peer)
    finally:
        chat.tell_unsent(name)
        with contextlib.suppress(Refused, OSError):  # leaving does not need the server
            await api.logout()


class _Chat:
    """One login's chat, from its first line to its last."""

    def __init__(self, api: Api, server: Server) -> None:
        self._unsent = UnsentMessages(account_folder(server.url, api.session.user.id))
        self._outbox = Outbox(self._unsent)
        self._signalled = 0
        people = People(api)
        self._screen = _open_screen(self._status, people.usernames)
        self._talk = Talk(people, self._outbox, self._screen)
        self._follower = Follower(self._outbox, self._talk)
        self._stream = Stream(server, api, self._follower, self._outbox)
        self._typed = Typed(api, people, self._talk, self._outbox, self._screen)

    async def run(self, peer: str | None) -> int:
        """Talk until the user leaves and what was typed is answered, or may wait."""
        self._resume()
        await _until_one_ends(
            self._stream.run(),
            self._talk.run(),
            self._until_left(peer),
            self._typed.watch_typing(),
            self._typed.start_afresh(),
            self._until_signalled(),
        )
        if self._signalled:
            return SIGNALLED + self._signalled
        if self._screen.interrupted:
            return INTERRUPTED
        failed = len(self._outbox) or self._talk.refusals or self._typed.failures
        return FAILED if failed else DONE

    def tell_unsent(self, name: str) -> None:
        """Say on leaving what has not been sent, and that it is not lost."""
        if count := len(self._outbox):
            fail(
                f"{count} message{'s' * (count > 1)} not sent; kept in {self._unsent.folder} and "
                f"sent when {name} starts `backchannel chat` with this server again"
            )

    async def _until_signalled(self) -> None:
        """The terminal must be restored, whatever ends this."""
        loop, signalled = asyncio.get_running_loop(), asyncio.Event()

        def end(number: int) -> None:
            self._signalled = number
            signalled.set()

        for each in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, end, each)
        await signalled.wait()

    def _status(self) -> Status:
        return self._talk.status()

    def _resume(self) -> None:
        messages, damaged = self._unsent.left()
        self._outbox.resume(messages)
        if messages:
            self._screen.show((f"sending {len(messages)} kept from last time", "dim"))
        for path in damaged:
            self._screen.show((f"{path} is damaged and cannot be sent", "red"))

    async def _until_left(self, peer: str | None) -> None:
        # What is fetched before the connection is live could miss what happens in between.
        await self._follower.live.wait()
        await self._typed.run(peer)
        if not self._screen.interrupted:
            reachable = self._talk.status().connected or not self._screen.interactive
            await self._outbox.settled(PATIENCE if reachable else 0)
        await self._talk.all_shown()


def _open_screen(status: Callable[[], Status], names: Callable[[], Iterable[str]]) -> Screen:
    """The terminal with an editable line where there is one; `names` are those to complete."""
    simple = os.environ.get("TERM", "dumb") in {"dumb", "unknown"}
    if simple or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Lines()
    from backchannel.cli.chat.terminal import Terminal

    return Terminal(status, names)


async def _until_one_ends(*works: Coroutine[None, None, None]) -> None:
    """Run all of them until one ends or fails, and stop the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # the terminal is restored there
    for task in done:
        task.result()
