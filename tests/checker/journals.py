"""The journals of the devices of a system, for the dialect that they use."""

from dataclasses import dataclass, field
from typing import Protocol

from backchannel.checker.journal import (
    Change,
    Deliver,
    DeliverReceipt,
    Fail,
    Finish,
    History,
    Invoke,
    Ok,
    Record,
    Reset,
    Resume,
    Seen,
    Source,
    Unknown,
)

EPOCH = "e1"


@dataclass
class Dialect:
    """The details that clients of a dialect receive."""

    positions: bool = True
    seqs: bool = True
    client_ids: bool = True
    members: bool = True


@dataclass
class Stored:
    """A message as the server keeps it."""

    conversation: str
    seq: int
    id: str
    sender: str
    client_id: str
    body: str


@dataclass
class Mark:
    """A receipt."""

    conversation: str
    reader: str
    seq: int


class Writer(Protocol):
    """The device that writes."""

    name: str
    user: str
    position: int | None


@dataclass
class Journals:
    """All records of all devices, in the order of time."""

    dialect: Dialect
    at: int = 0
    records: list[Record] = field(default_factory=list)

    def resumed(self, by: Writer) -> None:
        position = by.position if self.dialect.positions else None
        self.records.append(
            Resume(at=self.at, device=by.name, user=by.user, epoch=EPOCH, position=position)
        )

    def reset(self, by: Writer) -> None:
        self.records.append(
            Reset(at=self.at, device=by.name, epoch=EPOCH, position=by.position, reason="too_many")
        )

    def invoked(self, by: Writer, client_id: str, to: str, conversation: str, body: str) -> None:
        self.records.append(
            Invoke(
                at=self.at,
                device=by.name,
                user=by.user,
                client_id=client_id,
                conversation=conversation,
                body=body,
                to=to if self.dialect.members else None,
            )
        )

    def acknowledged(self, by: Writer, client_id: str, stored: Stored) -> None:
        seq = stored.seq if self.dialect.seqs else None
        self.records.append(
            Ok(at=self.at, device=by.name, client_id=client_id, id=stored.id, seq=seq)
        )

    def refused(self, by: Writer, client_id: str) -> None:
        self.records.append(
            Fail(at=self.at, device=by.name, client_id=client_id, code="overloaded")
        )

    def unanswered(self, by: Writer, client_id: str) -> None:
        self.records.append(Unknown(at=self.at, device=by.name, client_id=client_id))

    def changed(self, by: Writer, stored: Stored, body: str | None) -> None:
        self.records.append(
            Change(
                at=self.at,
                device=by.name,
                conversation=stored.conversation,
                id=stored.id,
                body=body,
            )
        )

    def delivered(self, by: Writer, stored: Stored, source: Source) -> None:
        own = stored.sender == by.user and self.dialect.client_ids
        self.records.append(
            Deliver(
                at=self.at,
                device=by.name,
                conversation=stored.conversation,
                id=stored.id,
                sender=stored.sender,
                body=stored.body,
                source=source,
                seq=stored.seq if self.dialect.seqs else None,
                client_id=stored.client_id if own else None,
                position=by.position if self.dialect.positions else None,
            )
        )

    def histories(self, by: Writer, mark: Mark) -> None:
        self.records.append(
            DeliverReceipt(
                at=self.at,
                device=by.name,
                conversation=mark.conversation,
                reader=mark.reader,
                mark="read",
                seq=mark.seq,
                position=by.position if self.dialect.positions else None,
            )
        )

    def fetched(
        self, by: Writer, asked: int, conversation: str, messages: tuple[Seen, ...]
    ) -> None:
        self.records.append(
            History(
                at=self.at,
                device=by.name,
                conversation=conversation,
                messages=messages,
                complete=True,
                asked=asked,
            )
        )

    def finished(self, by: Writer) -> None:
        position = by.position if self.dialect.positions else None
        self.records.append(Finish(at=self.at, device=by.name, position=position))

    def seen(self, stored: Stored) -> Seen:
        """A message as a history shows it."""
        seq = stored.seq if self.dialect.seqs else None
        return Seen(id=stored.id, sender=stored.sender, body=stored.body, seq=seq)
