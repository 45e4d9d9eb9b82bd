"""How the native protocol tells a device what happened."""

from collections.abc import Sequence

from backchannel.delivery.voice import Sink
from backchannel.dialects.native import server_frames as frames
from backchannel.dialects.native.closing import Closing
from backchannel.dialects.native.wire import content_body
from backchannel.dialects.shared.times import iso_or_none
from backchannel.domain.events import Event, LogHead
from backchannel.domain.messages import Message
from backchannel.domain.signals import Partial, Presence, Signal, Typing


class NativeVoice:
    """Its clients keep a position and acknowledge it."""

    confirms = True

    def event(self, sink: Sink, event: Event) -> bool:
        sink.send_text(b'{"type":"event",%b' % _entry(event))
        return True

    async def prepare(self, events: Sequence[Event]) -> None:
        """Nothing to look up: the native protocol speaks of ids."""

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:
        entries = b",".join(b"{%b" % _entry(event) for event in events)
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
                    conversation_id=conversation_id, question_seq=question_seq, text=text
                )
                sink.send_text(frames.encode(partial))

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


def _entry(event: Event) -> bytes:
    """A log entry as JSON without its opening brace; its content is encoded once for all."""
    fact = event.fact
    content = fact.content
    own = isinstance(content, Message) and content.sender_id == event.user_id
    key = "native:own" if own else "native"
    encoded = fact.encoded.get(key)
    if encoded is None:
        data = frames.encode(content_body(content, event.user_id))
        encoded = b'"kind":"%b","data":%b}' % (fact.kind.encode(), data)
        fact.encoded[key] = encoded
    position = event.position
    return b'"position":%d,"previous":%d,%b' % (position, position - 1, encoded)
