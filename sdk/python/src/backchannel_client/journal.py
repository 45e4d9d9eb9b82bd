"""A journal of the device's actions and events, for `backchannel verify` (docs/verification.md)."""

import os
import time
from collections.abc import Callable, Iterable
from errno import ENOSPC
from pathlib import Path
from typing import Literal

import msgspec

from backchannel_client.follower import Checkpoint
from backchannel_client.frames import Ack
from backchannel_client.wire import Message, Receipt

Source = Literal["live", "sync", "reply"]


class Journal:
    """Writes a line for each record. `device` names this device, and keeps its name forever."""

    def __init__(self, write: Callable[[bytes], None], device: str) -> None:
        """`write` hands a line to the system before it returns; see `JournalFile`."""
        self._write_line = write
        self._device = device

    def invoke(
        self, *, user: str, client_id: str, conversation: str, body: str, to: str | None
    ) -> None:
        """A message is about to be sent, or sent again."""
        self._write(
            "invoke", user=user, client_id=client_id, conversation=conversation, body=body, to=to
        )

    def ok(self, ack: Ack) -> None:
        self._write("ok", client_id=ack.client_id, id=ack.id, seq=ack.seq)

    def fail(self, client_id: str, code: str) -> None:
        """A message was refused, so it must not exist."""
        self._write("fail", client_id=client_id, code=code)

    def unknown(self, client_id: str) -> None:
        """A connection was lost before an answer came."""
        self._write("unknown", client_id=client_id)

    def change(self, message: Message, body: str | None) -> None:
        """An edit, or a deletion (None), is about to be requested."""
        self._write("change", conversation=message.conversation_id, id=message.id, body=body)

    def resume(self, user: str, checkpoint: Checkpoint | None) -> None:
        """The server has accepted a connection of a device at this position."""
        self._write("resume", user=user, **_checkpoint(checkpoint))

    def reset(self, checkpoint: Checkpoint, reason: str) -> None:
        self._write("reset", reason=reason, **_checkpoint(checkpoint))

    def deliver(self, message: Message, source: Source, position: int) -> None:
        """A message is about to be applied as new."""
        self._write(
            "deliver",
            conversation=message.conversation_id,
            id=message.id,
            sender=message.sender_id,
            body=message.body,
            source=source,
            seq=message.seq,
            client_id=message.client_id,
            position=position,
        )

    def receipt(self, receipt: Receipt, position: int) -> None:
        for mark, seq in (("delivered", receipt.delivered_seq), ("read", receipt.read_seq)):
            self._write(
                "receipt",
                conversation=receipt.conversation_id,
                reader=receipt.user_id,
                mark=mark,
                seq=seq,
                position=position,
            )

    def history(self, conversation: str, messages: Iterable[Message], asked: int) -> None:
        """A whole conversation was fetched; `asked` is the `now()` before that."""
        seen = [
            {"id": each.id, "sender": each.sender_id, "body": each.body, "seq": each.seq}
            for each in messages
        ]
        self._write("history", conversation=conversation, messages=seen, complete=True, asked=asked)

    def finish(self, position: int, asked: int) -> None:
        """The device is connected and has everything."""
        self._write("finish", position=position, asked=asked)

    def _write(self, kind: str, **fields: object) -> None:
        record = {"type": kind, "at": now(), "device": self._device, **fields}
        self._write_line(msgspec.json.encode(record) + b"\n")


class JournalFile(Journal):
    """A journal in a file; a killed client loses at most its last line."""

    def __init__(self, path: Path, device: str) -> None:
        """Open or create the file, and remove an incomplete last line. Raises `OSError`."""
        self._file = path.open("a+b", buffering=0)
        self._file.seek(0)
        self._file.truncate(self._file.read().rfind(b"\n") + 1)
        super().__init__(self._append, device)

    def close(self) -> None:
        self._file.close()

    def _append(self, line: bytes) -> None:
        if (self._file.write(line) or 0) < len(line):
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(self._file.name))


def now() -> int:
    """The time of journals: the machine's monotonic clock, nanoseconds."""
    return time.monotonic_ns()


def _checkpoint(checkpoint: Checkpoint | None) -> dict[str, object]:
    return {
        "epoch": checkpoint.epoch if checkpoint else None,
        "position": checkpoint.position if checkpoint else None,
    }
