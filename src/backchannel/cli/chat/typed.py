"""What a person types: commands, and everything else is a message."""

import asyncio
import contextlib
import time

from backchannel.cli.chat.api import Refused
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.people import People
from backchannel.cli.chat.screen import Screen
from backchannel.cli.chat.talk import QUIET, Talk
from backchannel.domain.ids import new_id

HELP = """\
/with NAME   talk to somebody
/people      who there is, and what is unread
/history     what was said last
/quit        leave (or Ctrl-D)
Everything else is sent to whom you talk to."""

TYPING_EVERY = 5.0
LOOK_EVERY = 1.0
FAREWELL = 5.0
"""Seconds that leaving may wait for the last acknowledgements."""


class Typed:
    """Carries out the lines of one person."""

    def __init__(self, people: People, talk: Talk, outbox: Outbox, screen: Screen) -> None:
        self._people = people
        self._talk = talk
        self._outbox = outbox
        self._screen = screen

    async def run(self, peer: str | None) -> None:
        """Turn to `peer`, then obey until the person leaves and everything sent is answered."""
        await (self.turn_to(peer) if peer else self.people())
        async for line in self._screen.lines():
            if line.strip() == "/quit":
                break
            try:
                await self._carry_out(line.strip())
            except (Refused, OSError) as error:
                self._screen.show((str(error), "red"))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._outbox.settled(), FAREWELL)
        await self._talk.all_shown()

    async def watch_typing(self) -> None:
        """Tell the other that something is being typed."""
        seen, told = "", 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            text, now = self._screen.typed(), time.monotonic()
            if text not in {"", seen} and now - told >= TYPING_EVERY and self._talk.peer:
                conversation_id = self._people.conversation_id(self._talk.peer.id)
                self._outbox.send(type="typing", conversation_id=conversation_id)
                told = now
            seen = text

    async def turn_to(self, name: str) -> None:
        """Talk to somebody: show what was said last, and learn whether they are there."""
        self._talk.peer = await self._people.find(name)
        await self.history()
        self._outbox.send(type="watch", user_ids=[self._talk.peer.id])

    async def history(self) -> None:
        """Show what was said last, which is then read."""
        peer = self._talk.peer
        if peer is None:
            self._choose_first()
            return
        self._screen.show((f"— {peer.username} —", "bold"))
        await self._talk.show_history(await self._people.history(peer.id))

    async def people(self) -> None:
        """Show who there is."""
        await self._people.refresh()
        for user, unread in self._people.others():
            self._screen.show(user.username, (f"  {unread} unread" if unread else "", "bold"))

    async def _carry_out(self, line: str) -> None:
        match line.split():
            case []:
                return
            case ["/with", name]:
                await self.turn_to(name)
            case ["/people"]:
                await self.people()
            case ["/history"]:
                await self.history()
            case [word, *_] if word.startswith("/"):
                self._screen.show((HELP, QUIET))
            case _:
                self._say(line)

    def _say(self, text: str) -> None:
        if self._talk.peer is None:
            self._choose_first()
            return
        self._outbox.send(type="send", client_id=new_id(), to=self._talk.peer.id, body=text)

    def _choose_first(self) -> None:
        self._screen.show(("choose somebody first: /with NAME, or /people", QUIET))
