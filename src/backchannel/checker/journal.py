"""Client journals: what each device did and saw, one JSON object a line (docs/verification.md).

`at` is when a record was written, by CLOCK_MONOTONIC in nanoseconds, which all journals of a
machine share. A device belongs to one user; its records are in the order in which they happened
to it. Values that a dialect does not send are null or left out.
"""

import io
import os
from collections.abc import Iterable, Iterator
from errno import ENOSPC
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, NamedTuple, Self

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Source = Literal["live", "sync", "reply"]
Mark = Literal["delivered", "read"]


class _Record(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    tag_field="type",
    tag=str.lower,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    at: Count
    device: Name


class Invoke(_Record, frozen=True):
    """A send begins; written before its first byte leaves. A retry is a further invoke.

    `to` is the user it is for, where that is known: it makes that user a member even if
    the server never delivers a thing.
    """

    user: Name
    client_id: Name
    conversation: Name
    body: str
    to: Name | None = None


class Ok(_Record, frozen=True):
    """The server acknowledged it."""

    client_id: Name
    id: Name
    seq: Count | None = None


class Fail(_Record, frozen=True):
    """A definite refusal: that message must not exist, unless another attempt succeeded."""

    client_id: Name
    code: str


class Unknown(_Record, frozen=True):
    """No answer in time, or the connection was lost: it may or may not exist."""

    client_id: Name


class Change(_Record, frozen=True):
    """An edit or a deletion is requested; written before its first byte leaves.

    From then on the message may be seen with this `body`; null deletes, and a deleted message is
    seen with an empty body. The event about the change is not a delivery.
    """

    conversation: Name
    id: Name
    body: str | None


class Resume(_Record, frozen=True):
    """The server accepted the connection of a device that holds its log up to `position`.

    Null: it starts empty, and must receive everything that is sent from now on. A device that
    reconnects in a dialect without positions keeps what it has, and writes nothing.
    """

    user: Name
    epoch: str | None = None
    position: Count | None = None


class Reset(_Record, frozen=True):
    """The device starts again at `position`: it forgets what it has and fetches histories.

    A fresh device whose welcome names a position may write one too, to be checked exactly.
    """

    epoch: str | None = None
    position: Count | None = None
    reason: str = ""


class Deliver(_Record, frozen=True):
    """The device took a message as new; written before it stores its position.

    `reply` is the answer to its own send, which counts as an event if it has a `position`.
    """

    conversation: Name
    id: Name
    sender: Name
    body: str
    source: Source
    seq: Count | None = None
    client_id: Name | None = None
    position: Count | None = None


class DeliverReceipt(_Record, frozen=True, tag="receipt"):
    """The device was notified that `reader` received, or has read, everything up to `seq`."""

    conversation: Name
    reader: Name
    mark: Mark
    seq: Count
    position: Count | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A message of a history."""

    id: Name
    sender: Name
    body: str
    seq: Count | None = None


class History(_Record, frozen=True):
    """A fresh fetch, in the order of the conversation.

    `complete`: it holds the whole conversation, so also all that was acknowledged before it was
    requested. `asked` is the time of the request; it may be left out if nothing was being sent
    meanwhile.
    """

    conversation: Name
    messages: tuple[Seen, ...]
    complete: bool
    asked: Count | None = None


class Finish(_Record, frozen=True):
    """The device was connected and had its whole log at the end: it must lack nothing.

    `position` is its log's; `asked` is the time of the request for it, as in a history.
    """

    position: Count | None = None
    asked: Count | None = None


class Restore(_Record, frozen=True):
    """The server's data were restored to their state at the start of a backup, at `backup_at`.

    Written once the server has ended and before it starts again. `device` names who did it.
    """

    backup_at: Count


Record = (
    Invoke
    | Ok
    | Fail
    | Unknown
    | Change
    | Resume
    | Reset
    | Deliver
    | DeliverReceipt
    | History
    | Finish
    | Restore
)

encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Record)


class BadJournal(Exception):
    """A journal that cannot be read; the text names file, line and field."""


class Location(NamedTuple):
    """The location of a record; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class LocatedRecord(NamedTuple):
    location: Location
    record: Record


def read(path: Path) -> Iterator[LocatedRecord]:
    """The records of one journal, in order. Raises `BadJournal`.

    A killed client may leave an incomplete last line, which is skipped.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                location = Location(str(path), number)
                try:
                    yield LocatedRecord(location, _decoder.decode(line))
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if not line.endswith(b"\n"):
                        return
                    raise BadJournal(f"{location}: not a record: {error}") from None
    except OSError as error:
        raise BadJournal(f"{path}: {error.strerror}") from None


def located(records: Iterable[Record], file: str = "memory") -> Iterator[LocatedRecord]:
    """Records that were never in a file, as `read` would yield them."""
    return (LocatedRecord(Location(file, line), each) for line, each in enumerate(records, start=1))


class JournalWriter:
    """Appends to a journal, a write per record: a killed client loses its last line at most."""

    def __init__(self, path: Path) -> None:
        """Open or create the file, and cut off an incomplete last line. Raises `OSError`."""
        self._file: io.FileIO = path.open("a+b", buffering=0)
        size = self._file.tell()
        self._file.seek(max(size - 1, 0))
        if self._file.read(1) not in (b"", b"\n"):
            self._file.truncate(path.read_bytes().rfind(b"\n") + 1)

    def write(self, record: Record) -> None:
        """Raises `OSError` if there is no room for the record; write nothing more after that."""
        line = encode(record) + b"\n"
        if self._file.write(line) < len(line):
            raise OSError(ENOSPC, os.strerror(ENOSPC), self._file.name)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
