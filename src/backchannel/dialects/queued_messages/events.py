"""The events of this dialect.

`sendMessage` and `uploadFile` come in, `receiveMessage` and `receiveFile` go out.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from backchannel.dialects.queued_messages import enclosing, wire
from backchannel.dialects.queued_messages.messages import file_bodies, message_body
from backchannel.dialects.shared.faults import Fault
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.shared.validation import convert
from backchannel.dialects.socketio import sending
from backchannel.dialects.socketio.dialect import Client, Emitted, once
from backchannel.domain.events import EventKind, Fact
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.ports.storage import Stored
from backchannel.transports.socketio.endpoint import Ack
from backchannel.transports.socketio.packets import encode_event

SEND_MESSAGE = "sendMessage"
UPLOAD_FILE = "uploadFile"
RECEIVE_MESSAGE = "receiveMessage"
RECEIVE_FILE = "receiveFile"


class QueuedMessages:
    """Implements `socketio.dialect.Dialect`. The sending socket gets its own messages, too."""

    admits_strangers = False

    def claims(self, emitted: Emitted) -> bool:
        return emitted.name in {SEND_MESSAGE, UPLOAD_FILE}

    def handle(self, client: Client, emitted: Emitted) -> Work | None:
        if emitted.name == UPLOAD_FILE:
            return self._upload(client, emitted)
        wanted = convert(emitted.argument, wire.Sending)
        wanted.require_own(client.identity)
        letter = sending.Letter(
            wanted.receiver, wanted.content, wanted.key, receiver_field="receiver_id"
        )
        stored = _answering(client, emitted.ack, wire.enqueued)
        return sending.submit(client, emitted, letter, stored)

    async def _upload(self, client: Client, emitted: Emitted) -> None:
        core, identity = client.desk.core, client.identity
        wanted = convert(emitted.argument, wire.UploadEvent)
        record = await enclosing.store(core, identity, wanted)
        letter = await enclosing.enclosed(core, identity, wanted, record)
        work = sending.submit(
            client, emitted, letter, _answering(client, emitted.ack, wire.file_enqueued)
        )
        if work is not None:
            await work

    def packets(self, fact: Fact, message: Message, rooms: Collection[str]) -> Sequence[bytes]:  # noqa: ARG002 - the same in all rooms
        if message.sender_id == RESPONDER_ID:
            return ()
        return tuple(_packets(fact, message))

    def refused(self, fault: Fault) -> object:
        return wire.refused(fault)[1]


def _answering(
    client: Client, ack: Ack | None, answer: Callable[[Message], object]
) -> Callable[[Stored], None]:
    """A callback for a stored message: it acknowledges the event and sends the packets."""

    def stored(outcome: Stored) -> None:
        message = outcome.message
        if ack is not None:
            ack(answer(message))
        fact = outcome.events[0].fact if outcome.events else Fact(EventKind.MESSAGE, message)
        for packet in _packets(fact, message):
            client.send_text(packet)

    return stored


def _packets(fact: Fact, message: Message) -> Iterator[bytes]:
    """A message, and then each of its files."""
    yield once(
        fact, "queued_messages", lambda: encode_event(RECEIVE_MESSAGE, message_body(message))
    )
    for body in file_bodies(message):
        yield encode_event(RECEIVE_FILE, body)
