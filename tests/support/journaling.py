"""A native device that keeps a journal, as docs/verification.md asks for."""

import time
from pathlib import Path

import httpx

from backchannel.checker.journal import (
    Deliver,
    Fail,
    Finish,
    History,
    Invoke,
    JournalWriter,
    Mark,
    Ok,
    Receipt,
    Record,
    Reset,
    Resume,
    Seen,
    Source,
    Unknown,
)
from backchannel.domain.ids import direct_conversation_id
from tests.support.native import Device, Frame, Person

MARKS: tuple[Mark, ...] = ("delivered", "read")


class JournalingDevice(Device):
    def __init__(self, socket_address: str, person: Person, name: str, folder: Path) -> None:
        super().__init__(socket_address, person)
        self.name = name
        self.waiting: dict[str, tuple[Person, str]] = {}
        """What has no answer yet: whom it is for, and its body."""
        self._journal = JournalWriter(folder / f"{name}.jsonl")

    def note(self, record: Record) -> None:
        self._journal.write(record)

    async def send(self, to: Person, body: str, client_id: str) -> Frame:
        self.waiting[client_id] = to, body
        self.note(
            Invoke(
                at=now(),
                device=self.name,
                user=self.person.id,
                client_id=client_id,
                conversation=direct_conversation_id(self.person.id, to.id),
                body=body,
                to=to.id,
            )
        )
        try:
            return await super().send(to, body, client_id)
        except (ConnectionError, TimeoutError):
            self.note(Unknown(at=now(), device=self.name, client_id=client_id))
            raise

    async def finish(self, address: str, peer: Person) -> None:
        """Say that it is level with the server, and what a fresh fetch holds."""
        while True:
            asked = now()
            await self.say({"type": "ping"})
            if (await self.frame("pong"))["position"] == self.position:
                break
        self.note(Finish(at=now(), device=self.name, position=self.position, asked=asked))
        conversation, asked = direct_conversation_id(self.person.id, peer.id), now()
        messages = await _fetch(address, self.person, conversation)
        self.note(
            History(
                at=now(),
                device=self.name,
                conversation=conversation,
                messages=messages,
                complete=True,
                asked=asked,
            )
        )

    async def close(self) -> None:
        await super().close()
        self._journal.close()

    async def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                self._welcomed(frame)
            case "reset":
                self._reset(frame)
            case "ack":
                self._acknowledged(frame)
            case "error" if frame.get("client_id") in self.waiting:
                self.waiting.pop(frame["client_id"])
                refusal = Fail(
                    at=now(), device=self.name, client_id=frame["client_id"], code=frame["code"]
                )
                self.note(refusal)
        await super()._take(frame)

    async def _apply(self, event: Frame) -> None:
        assert self.position is not None
        if event["position"] > self.position:
            data, position = event["data"], event["position"]
            if event["kind"] == "message":
                self._delivered(data, position, "live" if "type" in event else "sync")
            elif event["kind"] == "receipt":
                self._told(data, position)
        await super()._apply(event)

    def _welcomed(self, frame: Frame) -> None:
        self.note(
            Resume(
                at=now(),
                device=self.name,
                user=self.person.id,
                epoch=frame["epoch"],
                position=self.position,
            )
        )
        if self.position is None:
            self._reset({**frame, "reason": "fresh"})

    def _reset(self, frame: Frame) -> None:
        self.note(
            Reset(
                at=now(),
                device=self.name,
                epoch=frame["epoch"],
                position=frame["position"],
                reason=frame["reason"],
            )
        )

    def _acknowledged(self, frame: Frame) -> None:
        client_id = frame["client_id"]
        letter = self.waiting.pop(client_id, None)
        self.note(
            Ok(at=now(), device=self.name, client_id=client_id, id=frame["id"], seq=frame["seq"])
        )
        if letter is not None and frame["previous"] == self.position:
            message = {**frame, "sender_id": self.person.id, "body": letter[1]}
            self._delivered(message, frame["position"], "reply")

    def _delivered(self, data: Frame, position: int, source: Source) -> None:
        self.note(
            Deliver(
                at=now(),
                device=self.name,
                conversation=data["conversation_id"],
                id=data["id"],
                sender=data["sender_id"],
                body=data["body"],
                source=source,
                seq=data["seq"],
                client_id=data.get("client_id"),
                position=position,
            )
        )

    def _told(self, data: Frame, position: int) -> None:
        for mark in MARKS:
            self.note(
                Receipt(
                    at=now(),
                    device=self.name,
                    conversation=data["conversation_id"],
                    reader=data["user_id"],
                    mark=mark,
                    seq=data[f"{mark}_seq"],
                    position=position,
                )
            )


async def _fetch(address: str, reader: Person, conversation: str) -> tuple[Seen, ...]:
    """A whole conversation over REST, page by page."""
    seen: list[Seen] = []
    async with httpx.AsyncClient(base_url=address, headers=reader.headers) as http:
        while True:
            after = {"after": seen[-1].seq or 0 if seen else 0, "limit": 200}
            answer = await http.get(f"/v1/conversations/{conversation}/messages", params=after)
            page = answer.raise_for_status().json()["items"]
            if not page:
                return tuple(seen)
            seen += [
                Seen(id=each["id"], sender=each["sender_id"], body=each["body"], seq=each["seq"])
                for each in page
            ]


def now() -> int:
    """The time of journals."""
    return time.monotonic_ns()
