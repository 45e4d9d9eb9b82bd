"""Everything one chat is made of, joined and run."""

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine

from backchannel.cli.chat.api import Api, Refused
from backchannel.cli.chat.follower import Follower
from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.people import People
from backchannel.cli.chat.screen import Screen
from backchannel.cli.chat.stream import Stream
from backchannel.cli.chat.talk import Talk
from backchannel.cli.chat.typed import Typed
from backchannel.cli.passwords import known_password


async def converse(url: str, tls: ssl.SSLContext | None, name: str, peer: str | None) -> None:
    """Log in, talk until the person leaves, log out. Raises `Refused` and `OSError`."""
    api = Api(url, tls)
    await api.login(name, known_password(f"Password of {name}: "))
    screen = Screen()
    outbox = Outbox()
    people = People(api)
    talk = Talk(people, outbox, screen)
    follower = Follower(outbox, talk)
    stream = Stream(url, tls, api.token, follower, outbox)
    typed = Typed(people, talk, outbox, screen)

    async def obey() -> None:
        # What is fetched before the connection is live could miss what happens in between.
        await follower.live.wait()
        await typed.run(peer)

    try:
        with screen.restored():
            await _until_one_ends(stream.run(), talk.run(), obey(), typed.watch_typing())
    finally:
        with contextlib.suppress(Refused, OSError):  # one can leave without the server too
            await api.logout()


async def _until_one_ends(*works: Coroutine[None, None, None]) -> None:
    """Run all of them until one ends or fails, and stop the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        task.result()
