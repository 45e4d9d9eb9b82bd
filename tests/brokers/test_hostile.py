"""Foreign entries on a broker do no harm (rules R17, S19)."""

import asyncio
import secrets

import pytest

from backchannel.brokers.envelope import VERSION, Envelopes
from backchannel.brokers.postgresql import PostgresqlChannel, postgresql_connect
from backchannel.brokers.stamps import TOLERANCE, Stamper, clock
from backchannel.domain.signals import Alive, LoginsEnded, Signal, ThrottlesReset, Typing
from tests.brokers.conftest import BROKERS, ProxiedBroker
from tests.brokers.node import ADA, BOB, QUIET, Node, message, pair, until

pytestmark = [pytest.mark.service]


@pytest.mark.parametrize("payload", [b"", b"\xff", b"\x01" * 60, None])
async def test_R17_an_unreadable_event_counts_as_lost(
    broker: ProxiedBroker, payload: bytes | None
) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    topic = f"user.{ADA}"
    signed = here.bus._envelopes._seal(topic, b"\xc1")
    here.bus._link.publish(topic, signed if payload is None else payload)
    await until(lambda: there.losses == [ADA])
    here.bus.publish([message("one")])
    await until(lambda: len(there.events) == 1)


async def test_S19_messages_not_signed_with_the_secret_are_ignored(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    topic, node = f"user.{ADA}", f"node.{there.bus.node_id}"
    packets: list[bytes] = []
    there.bus.listen_packets(lambda packet, _: packets.append(packet))
    genuine = here.bus._envelopes.event(topic, message("to Bob", user_id=BOB))
    forgers = [
        Envelopes(here.bus.node_id, b"guessed", Stamper()),
        Envelopes("f" * 16, b"", Stamper()),
    ]
    for forger in forgers:
        for to, envelope in (
            (topic, forger.event(topic, message("forged", 7))),
            (topic, forger.signal(topic, Signal(ADA, Typing("chat", BOB, active=True)))),
            ("all", forger.notice("all", ThrottlesReset(("login",)))),
            ("all", forger.notice("all", LoginsEnded(("login",)))),
            (node, next(forger.parts(node, 1, b"packet", largest=1_000))),
        ):
            here.bus._link.publish(to, envelope)
    here.bus._link.publish(topic, VERSION)
    here.bus._link.publish(topic, genuine[:-1])
    here.bus._link.publish(topic, genuine[:-1] + b"\0")
    here.bus._link.publish(f"user.{BOB}", genuine)
    here.bus._link.publish("presence." + ADA, genuine)  # of another topic
    here.bus.publish([message("one")])
    await until(lambda: [each.position for each in there.events] == [1])
    await asyncio.sleep(QUIET)
    seen = there.signals, there.notices, there.ended, there.losses, packets
    assert (len(there.events), *seen) == (1, [], [], [], [], [])


async def test_S19_an_envelope_is_accepted_once(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    topic = f"user.{ADA}"
    typing = Signal(ADA, Typing("chat", BOB, active=True))
    for _ in range(3):
        captured = here.bus._envelopes.signal(topic, typing)
        for _ in range(3):
            here.bus._link.publish(topic, captured)
    here.bus.notify(Alive())
    await until(lambda: there.notices != [])
    await asyncio.sleep(QUIET)
    assert there.signals == [typing] * 3
    late = Node(await broker.join())
    await late.follow(ADA)
    past = Envelopes("e" * 16, b"", Stamper(lambda: clock() - TOLERANCE - 1))
    past._signing = here.bus._envelopes._signing
    here.bus._link.publish(topic, past.signal(topic, typing))
    here.bus.signal(typing)
    await until(lambda: late.signals != [])
    await asyncio.sleep(QUIET)
    assert late.signals == [typing], "an old envelope is refused even if it is new here"
    assert late.losses == [ADA], "events of a node with a wrong clock are read from the log"


async def test_R17_a_notification_that_is_not_base64_is_ignored() -> None:
    received: list[tuple[str, bytes]] = []
    url = BROKERS["postgresql"][1]
    connect = postgresql_connect(url, secrets.token_hex())
    channel = await connect(lambda topic, payload: received.append((topic, payload)))
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    try:
        assert isinstance(channel, PostgresqlChannel)
        await channel.subscribe(["all"])
        for payload in ("1 x", "", "1 ÿ", "1 b25l"):
            await channel._connection.execute(
                "SELECT pg_notify($1, $2)", channel._name("all"), payload
            )
        await until(lambda: ("all", b"one") in received)
        assert failures == []
    finally:
        await channel.close()
