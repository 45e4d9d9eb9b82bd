"""A device's copy: the state that follows from its events."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from backchannel.chat import conversations
from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.chat.core import Core
from backchannel.dialects.native.wire import message_body
from backchannel.domain.conversations import ConversationView

Body = dict[str, Any]
MESSAGE_KINDS = {"message", "edit", "delete", "reaction"}


@dataclass
class Replica:
    """Messages by conversation and `seq`, and each member's marks."""

    messages: dict[str, dict[int, Body]] = field(default_factory=dict)
    marks: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def apply(self, kind: str, data: Body) -> None:
        """Apply an event."""
        if kind in MESSAGE_KINDS:
            self.learn(data)
        elif kind == "receipt":
            marks = data["delivered_seq"], data["read_seq"]
            self.mark(data["conversation_id"], data["user_id"], marks)

    def learn(self, message: Body) -> None:
        """Keep the higher revision, whatever order they arrive in."""
        known = self.messages.setdefault(message["conversation_id"], {})
        if message["revision"] >= known.get(message["seq"], message)["revision"]:
            known[message["seq"]] = message

    def mark(self, conversation_id: str, user_id: str, marks: tuple[int, int]) -> None:
        """Marks only move forward."""
        key = conversation_id, user_id
        delivered, read = self.marks.get(key, (0, 0))
        self.marks[key] = max(delivered, marks[0]), max(read, marks[1])

    def absorb(self, other: "Replica") -> None:
        """Merge newer data of another replica."""
        for messages in other.messages.values():
            for message in messages.values():
                self.learn(message)
        for (conversation_id, user_id), marks in other.marks.items():
            self.mark(conversation_id, user_id, marks)

    def undeleted(self) -> list[Body]:
        """The messages that have not been deleted."""
        return [
            message
            for messages in self.messages.values()
            for message in messages.values()
            if message["deleted_at"] is None
        ]

    def differences(self, present: "Replica", user_id: str) -> list[str]:
        """The differences from this user's `present` state.

        Users are told their own `delivered` mark only together with their `read` mark.
        """
        found = [
            f"{name}/{seq}: {self.messages.get(name, {}).get(seq)} is {message}"
            for name, messages in present.messages.items()
            for seq, message in messages.items()
            if self.messages.get(name, {}).get(seq) != message
        ]
        for (name, reader), (delivered, read) in present.marks.items():
            mine = self.marks.get((name, reader), (0, 0))
            if mine[1] != read or (reader != user_id and mine[0] != delivered):
                found.append(f"marks of {reader} in {name}: {mine} are {delivered, read}")
        return found


def own_message(ack: Body, user_id: str, to: str, body: str) -> Body:
    """The message of an acknowledgement."""
    return {
        "conversation_id": ack["conversation_id"],
        "seq": ack["seq"],
        "id": ack["id"],
        "sender_id": user_id,
        "recipient_id": to,
        "client_id": ack["client_id"],
        "kind": "text",
        "body": body,
        "reply_to": None,
        "revision": 0,
        "created_at": ack["created_at"],
        "edited_at": None,
        "deleted_at": None,
        "reactions": {},
        "files": [],
    }


async def fetch(core: Core, user_id: str) -> Replica:
    """A user's present state, as a client fetches it afresh."""
    replica = Replica()
    for view in await conversations.conversations(core, user_id, limit=PAGE_LIMIT):
        for name, marks in ((user_id, view.mine), (view.peer_id, view.theirs)):
            replica.mark(view.id, name, (marks.delivered_seq, marks.read_seq))
        await _fetch_messages(core, user_id, view, replica)
    return replica


async def _fetch_messages(
    core: Core, user_id: str, view: ConversationView, replica: Replica
) -> None:
    known = replica.messages.setdefault(view.id, {})
    after = 0
    has_newer = True
    while has_newer:
        page = await conversations.history(core, user_id, view.id, after=after, limit=PAGE_LIMIT)
        has_newer = page.has_newer
        for message in page.messages:
            after = message.seq
            known[message.seq] = msgspec.to_builtins(message_body(message, user_id))
