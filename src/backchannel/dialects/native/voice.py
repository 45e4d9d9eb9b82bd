"""The serializer of the native protocol: events as frames."""

from collections.abc import Sequence

from backchannel.delivery.voice import Sink
from backchannel.dialects.native import server_frames as frames
from backchannel.dialects.native.closing import Closing
from backchannel.dialects.native.wire import content_body
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.messages import Message
from backchannel.domain.signals import Acquaintance, Hiding, Partial, Presence, Signal, Typing
from backchannel.domain.times import iso_or_none

_KINDS = {kind: kind.encode() for kind in EventKind}


class NativeVoice:
    """Its clients keep a position and acknowledge it."""

    confirms = True

    def event(self, sink: Sink, event: Event) -> bool:
        position = event.position
        sink.send_text(
            b'{"type":"event","position":%d,"previous":%d,%b'
            % (position, position - 1, _content(event))
        )
        return True

    async def prepare(self, events: Sequence[Event]) -> None:
        """Do nothing: native frames contain ids only."""

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:
        entries = b",".join(
            b'{"position":%d,"previous":%d,%b' % (event.position, event.previous, _content(event))
            for event in events
        )
        sink.send_text(
            b'{"type":"sync","events":[%b],"position":%d,"more":%b}'
            % (entries, position, b"true" if more else b"false")
        )

    def signal(self, sink: Sink, signal: Signal) -> None:
        match signal.content:
            case Presence(user_id, online, last_seen_at):
                seen = iso_or_none(last_seen_at)
                frame = frames.Presence(user_id=user_id, online=online, last_seen_at=seen)
                sink.send_text(frames.encode(frame))
            case Typing(conversation_id, user_id, active):
                typing = frames.Typing(
                    conversation_id=conversation_id, user_id=user_id, active=active
                )
                sink.send_text(frames.encode(typing))
            case Partial(conversation_id, question_seq, text):
                partial = frames.Partial(
                    conversation_id=conversation_id, question_seq=question_seq, body=text
                )
                sink.send_text(frames.encode(partial))
            case Acquaintance() | Hiding():
                """Handled by the hub; not sent to devices."""

    def heartbeat(self, sink: Sink, position: int) -> None:
        sink.send_text(frames.encode(frames.Heartbeat(position=position)))

    def lagging(self, sink: Sink, position: int) -> None:
        sink.send_text(frames.encode(frames.Lagging(position=position)))

    def reset(self, sink: Sink, head: LogHead, reason: str) -> None:
        frame = frames.Reset(reason=reason, epoch=head.epoch, position=head.position)
        sink.send_text(frames.encode(frame))

    def expired(self, sink: Sink) -> None:
        sink.close(Closing.TOKEN_EXPIRED.code, Closing.TOKEN_EXPIRED.reason)

    def ended(self, sink: Sink) -> None:
        sink.close(Closing.LOGGED_OUT.code, Closing.LOGGED_OUT.reason)


def _content(event: Event) -> bytes:
    """The end of a log entry as JSON: what happened, encoded once for all who see the same."""
    fact = event.fact
    content = fact.content
    # Only the sender gets the client_id.
    own = isinstance(content, Message) and content.sender_id == event.user_id
    key = "native:own" if own else "native"
    encoded = fact.encoded.get(key)
    if encoded is None:
        data = frames.encode(content_body(content, event.user_id))
        encoded = fact.encoded[key] = b'"kind":"%b","data":%b}' % (_KINDS[fact.kind], data)
    return encoded
