"""The frames that answer a native client's own requests."""

from msgspec import UNSET

from backchannel.delivery.switchboard import HEARTBEAT
from backchannel.dialects.native import server_frames as frames
from backchannel.dialects.native.wire import message_body
from backchannel.dialects.shared.faults import title_of
from backchannel.domain.errors import ChatError
from backchannel.domain.events import LogHead
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.ports.storage import Stored


def welcome(user_id: str, username: str, head: LogHead) -> bytes:
    return frames.encode(
        frames.Welcome(
            user_id=user_id,
            username=username,
            epoch=head.epoch,
            position=head.position,
            heartbeat=HEARTBEAT,
        )
    )


def ack(stored: Stored, ref: str | None = None) -> bytes:
    message = stored.message
    # The sender's own entry comes first; a repetition has none.
    position = stored.events[0].position if stored.events else None
    return frames.encode(
        frames.Ack(
            client_id=message.client_id,
            id=message.id,
            conversation_id=message.conversation_id,
            seq=message.seq,
            created_at=iso(message.created_at),
            position=position,
            previous=None if position is None else position - 1,
            repeated=stored.repeated,
            ref=UNSET if ref is None else ref,
        )
    )


def error(refusal: ChatError, *, ref: str | None = None, client_id: str | None = None) -> bytes:
    return frames.encode(
        frames.Error(
            title=title_of(refusal.status),
            status=refusal.status,
            code=refusal.code,
            detail=refusal.text,
            field=refusal.field,
            retry_after=refusal.retry_after,
            ref=ref,
            client_id=client_id,
        )
    )


def done(ref: str | None, message: Message | None = None, *, viewer_id: str = "") -> bytes:
    data = None if message is None else message_body(message, viewer_id)
    return frames.encode(frames.Done(ref=ref, data=data))


def pong(position: int, ref: str | None = None) -> bytes:
    return frames.encode(frames.Pong(position=position, ref=UNSET if ref is None else ref))
