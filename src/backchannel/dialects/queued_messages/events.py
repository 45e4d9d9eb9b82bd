"""The events of this dialect.

`sendMessage` and `uploadFile` come in; `receiveMessage`, `receiveFile` and `messageRejected` go
out.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from backchannel.chat.messages import has_queue
from backchannel.chat.queued_sending import Accepted
from backchannel.dialects.queued_messages import file_messages, wire
from backchannel.dialects.queued_messages.messages import file_bodies, message_body
from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.socketio import sending
from backchannel.dialects.socketio.dialect import Client, ClientEvent, encoded_once
from backchannel.domain.events import EventKind, EventPayload
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.signals import Rejected
from backchannel.http.errors import ErrorInfo
from backchannel.http.validation import convert
from backchannel.ports.storage.values import Stored
from backchannel.transports.socketio.endpoint import Ack
from backchannel.transports.socketio.packets import encode_event

SEND_MESSAGE = "sendMessage"
UPLOAD_FILE = "uploadFile"
RECEIVE_MESSAGE = "receiveMessage"
RECEIVE_FILE = "receiveFile"
MESSAGE_REJECTED = "messageRejected"


class QueuedMessages:
    """Implements `socketio.dialect.Dialect`. The sending socket gets its own messages, too."""

    accepts_unauthenticated = False

    def claims(self, event: ClientEvent) -> bool:
        return event.name in {SEND_MESSAGE, UPLOAD_FILE}

    def handle(self, client: Client, event: ClientEvent) -> Work | None:
        if event.name == UPLOAD_FILE:
            return self._upload(client, event)
        wanted = convert(event.argument, wire.Sending)
        wanted.require_own(client.identity)
        outgoing = sending.OutgoingMessage(
            wanted.receiver, wanted.content, wanted.key, receiver_field="receiver_id"
        )
        if has_queue(client.connections.core):
            return _enqueue(client, event.ack, outgoing, wire.enqueued)
        stored = _on_stored(client, event.ack, wire.enqueued)
        return sending.submit(client, event, outgoing, stored)

    async def _upload(self, client: Client, event: ClientEvent) -> None:
        core, identity = client.connections.core, client.identity
        wanted = convert(event.argument, wire.UploadEvent)
        record = await file_messages.store(core, identity, wanted)
        outgoing = await file_messages.with_file(core, identity, wanted, record)

        def answer(outcome: Stored | Accepted) -> object:
            return wire.file_enqueued(outcome, outgoing.files)

        if has_queue(core):
            await _enqueue(client, event.ack, outgoing, answer)
            return
        work = sending.submit(client, event, outgoing, _on_stored(client, event.ack, answer))
        if work is not None:
            await work

    def packets(
        self,
        payload: EventPayload,
        message: Message,
        rooms: Collection[str],  # noqa: ARG002 - the same in all rooms
    ) -> Sequence[bytes]:
        if message.sender_id == RESPONDER_ID:
            return ()
        return tuple(_packets(payload, message))

    def rejected(self, rejected: Rejected) -> bytes:
        return encode_event(MESSAGE_REJECTED, wire.rejected(rejected))

    def refused(self, error: ErrorInfo) -> object:
        return wire.refused(error)[1]


async def _enqueue(
    client: Client,
    ack: Ack | None,
    outgoing: sending.OutgoingMessage,
    answer: Callable[[Stored | Accepted], object],
) -> None:
    """Send through the queue. This socket, too, gets the packets once the message is logged."""
    outcome = await sending.enqueue_message(client.connections.core, client.identity, outgoing)
    if ack is not None:
        ack(answer(outcome))


def _on_stored(
    client: Client, ack: Ack | None, answer: Callable[[Stored], object]
) -> Callable[[Stored], None]:
    """A callback for a stored message: it acknowledges the event and sends the packets."""

    def stored(outcome: Stored) -> None:
        message = outcome.message
        if ack is not None:
            ack(answer(outcome))
        payload = (
            outcome.events[0].payload
            if outcome.events
            else EventPayload(EventKind.MESSAGE, message)
        )
        for packet in _packets(payload, message):
            client.send_text(packet)

    return stored


def _packets(payload: EventPayload, message: Message) -> Iterator[bytes]:
    """A message, and then each of its files."""
    yield encoded_once(
        payload, "queued_messages", lambda: encode_event(RECEIVE_MESSAGE, message_body(message))
    )
    for body in file_bodies(message):
        yield encode_event(RECEIVE_FILE, body)
