"""What this client receives: the native frames, with log entries that are read when needed."""

import msgspec

from backchannel.dialects.native import server_frames as server
from backchannel.dialects.native.bodies import MessageBody, ReceiptBody

MESSAGE_KINDS = {"message", "edit", "delete", "reaction"}


class Entry(msgspec.Struct):
    """An entry of the user's log; `kind` says what `data` is."""

    position: int
    previous: int
    kind: str
    data: msgspec.Raw

    def message(self) -> MessageBody | None:
        """The message that came or changed, None if this is about something else."""
        if self.kind not in MESSAGE_KINDS:
            return None
        return msgspec.json.decode(self.data, type=MessageBody)

    def receipt(self) -> ReceiptBody | None:
        if self.kind != "receipt":
            return None
        return msgspec.json.decode(self.data, type=ReceiptBody)


class Event(Entry, tag_field="type", tag="event"):
    """An entry as it happens."""


class Sync(msgspec.Struct, tag_field="type", tag="sync"):
    """Entries that were missed."""

    events: list[Entry]


Answer = server.Ack | server.Error | server.Done
Signal = server.Typing | server.Presence
Head = server.Heartbeat | server.Pong | server.Lagging
Frame = server.Welcome | server.Reset | Event | Sync | Answer | Signal | Head | server.Partial

_decoder = msgspec.json.Decoder(Frame)


def decode(payload: str | bytes) -> Frame:
    frame: Frame = _decoder.decode(payload)
    return frame
