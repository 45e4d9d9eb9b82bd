"""slixmpp: with and without stream management (XEP-0198), and with the archive (XEP-0313)."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.peers.loss.clients import LOGIN_TIMEOUT, number_of, send_all, settled
from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server


@dataclass(frozen=True)
class Extensions:
    """The extensions that a client uses."""

    managed: bool = False
    """Stream management: acknowledgements, resumed streams."""
    archive: bool = False
    """Read messages that came during an absence from the archive, after a new login."""


class Person:
    """A user who is logged in, and again after each disconnection."""

    def __init__(self, name: str, port: int, journal: Journal, extensions: Extensions) -> None:
        slixmpp: Any = import_module("slixmpp")  # here, as only XMPP needs it
        self.jid = f"{name}@localhost"
        self.live = asyncio.Event()
        self._journal = journal
        self._extensions = extensions
        self._address = ("127.0.0.1", port)
        self._archived: str | None = None
        self._seen: set[str] = set()
        self._over = False
        self.client: Any = slixmpp.ClientXMPP(self.jid, name)
        client = self.client
        client.enable_starttls = client.enable_direct_tls = False
        client.enable_plaintext = True
        client["feature_mechanisms"].unencrypted_plain = True
        if extensions.managed:
            client.register_plugin("xep_0198")
            client.add_event_handler("stanza_acked", self._acknowledged)
        if extensions.archive:
            client.register_plugin("xep_0313")
        client.register_plugin("xep_0359")
        client.add_event_handler("session_start", self._began)
        client.add_event_handler("session_resumed", self._resumed)
        client.add_event_handler("disconnected", self._disconnected)
        client.add_event_handler("message", self._received)
        client.connect(*self._address)

    def send(self, recipient: "Person", number: int) -> None:
        if not self.live.is_set():
            return  # not connected at the moment: the user sees that, and nothing was acknowledged
        message = self.client.make_message(mto=recipient.jid, mbody=f"#{number}", mtype="chat")
        message.send()
        if not self._extensions.managed:
            # There is no acknowledgement: what was written counts as sent.
            self._journal.acknowledged.append(number)

    def stop(self) -> None:
        self._over = True
        self.client.abort()

    def _acknowledged(self, stanza: Any) -> None:
        if stanza.name == "message":
            self._journal.acknowledged.append(number_of(stanza["body"]))

    def _resumed(self, event: object) -> None:
        del event
        self.live.set()

    async def _began(self, event: object) -> None:
        del event
        self.client.send_presence()
        if self._extensions.archive and self._archived is not None:
            await self._read_archive()
        self.live.set()

    async def _read_archive(self) -> None:
        archive = self.client["xep_0313"]
        async for entry in archive.iterate(rsm={"after": self._archived}):
            result = entry["mam_result"]
            message = result["forwarded"]["stanza"]
            if message["to"].bare == self.jid:
                self._take(message["body"], result["id"])

    def _disconnected(self, event: object) -> None:
        del event
        self.live.clear()
        if not self._over:
            self.client.connect(*self._address)

    def _received(self, message: Any) -> None:
        self._take(message["body"], message["stanza_id"]["id"])

    def _take(self, body: str, archived: str) -> None:
        if not body.startswith("#"):
            return
        if self._extensions.archive:
            if archived in self._seen:
                return
            self._seen.add(archived)
            self._archived = archived
        self._journal.received.append(number_of(body))


async def _exchange(
    server: Server, port: int, plan: Plan, *, extensions: Extensions
) -> Sequence[Journal]:
    del server
    # Do not log cut connections, which are the subject of the measurement.
    logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
    pairs = (_pair(port, plan, index, extensions) for index in range(plan.pairs))
    return await asyncio.gather(*pairs)


async def _pair(port: int, plan: Plan, index: int, extensions: Extensions) -> Journal:
    journal = Journal()
    sender = Person(f"u{2 * index}", port, journal, extensions)
    receiver = Person(f"u{2 * index + 1}", port, journal, extensions)
    async with asyncio.timeout(LOGIN_TIMEOUT):
        await asyncio.gather(sender.live.wait(), receiver.live.wait())

    async def send(number: int) -> None:
        sender.send(receiver, number)

    await send_all(plan, send)
    await settled(journal, plan)
    sender.stop()
    receiver.stop()
    return journal


plain = partial(_exchange, extensions=Extensions())
managed = partial(_exchange, extensions=Extensions(managed=True))
archived = partial(_exchange, extensions=Extensions(managed=True, archive=True))
