"""The documents of conversations, messages and logs, and the base of all documents.

Ids are compared byte by byte, as MongoDB does without a collation. Data that belong together are in
one document, so that each reader sees one state: a user with the head of the log, a conversation
with the marks of both members. `staging.py` gives each document a field `batch` as well.
"""

from typing import Any

import msgspec

from backchannel.domain.conversations import ConversationSettings, Receipt
from backchannel.domain.messages import Message, size_of
from backchannel.ports.storage.transfer import ImportProgress
from backchannel.storage.shared.checksummed_message import Original, checksum_of


class Document(msgspec.Struct, kw_only=True, rename={"id": "_id"}):
    """A document; a field that it lacks has the default."""

    id: Any  # each kind has its own


class MessageKey(msgspec.Struct, frozen=True):
    """The key of a message: its conversation and number."""

    conversation: str
    seq: int


class EntryKey(msgspec.Struct, frozen=True):
    """The key of a log entry."""

    user: str
    position: int


class MemberMarks(msgspec.Struct):
    """A member's marks, and the marks that the other member has been sent."""

    delivered_seq: int = 0
    read_seq: int = 0
    # These do not change during a block.
    told_delivered_seq: int = 0
    told_read_seq: int = 0
    # The number of undeleted messages of the other member past `read_seq`.
    read_count: int = 0
    settings: ConversationSettings = ConversationSettings()

    def update_told(self, *, hidden: bool) -> bool:
        """Record that the other member is sent these marks; True if any of them is new.

        Where read marks are `hidden`, only the other one is sent.
        """
        before = self.told_delivered_seq, self.told_read_seq
        self.told_delivered_seq = self.delivered_seq
        if not hidden:
            self.told_read_seq = self.read_seq
        return (self.told_delivered_seq, self.told_read_seq) != before


class ConversationDocument(Document, kw_only=True):
    """A conversation. The two members are in the order of their ids."""

    id: str
    kind: str
    first_id: str
    second_id: str
    # The members that are users.
    members: list[str]
    last_seq: int = 0
    # The number of undeleted messages of each member: counting the unread ones reads none.
    first_count: int = 0
    second_count: int = 0
    first: MemberMarks
    second: MemberMarks
    # The number of the two members who have blocked the other.
    blocks: int = 0
    created_at: int
    updated_at: int
    key: str | None = None
    name: str | None = None
    deleted_at: int | None = None
    # True if its members find it in their lists.
    listed: bool = False
    # The member who has not accepted this message request, and when it was declined.
    asked_id: str | None = None
    declined_at: int | None = None

    @property
    def is_restricted(self) -> bool:
        """True if neither member gets updates about the other."""
        return self.blocks > 0 or self.asked_id is not None

    def is_between(self, user_id: str, other_id: str) -> bool:
        """True if these are its two members."""
        if user_id == self.first_id:
            return other_id == self.second_id
        return user_id == self.second_id and other_id == self.first_id

    def peer_of(self, user_id: str) -> str:
        """The other member."""
        return self.second_id if user_id == self.first_id else self.first_id

    def marks_of(self, user_id: str) -> MemberMarks:
        """The marks of this member."""
        return self.first if user_id == self.first_id else self.second

    def count_of(self, user_id: str) -> int:
        """The number of this member's messages that are not deleted."""
        return self.first_count if user_id == self.first_id else self.second_count

    def count(self, sender_id: str, difference: int) -> None:
        """Count this many more undeleted messages of this member."""
        if sender_id == self.first_id:
            self.first_count += difference
        else:
            self.second_count += difference

    def add(self, sender_id: str) -> int:
        """Count one more message; returns its `seq`."""
        self.last_seq += 1
        self.listed = self.deleted_at is None
        self.count(sender_id, 1)
        return self.last_seq

    def receipt(self, user_id: str) -> Receipt:
        """A member's marks, for the member's own devices."""
        marks = self.marks_of(user_id)
        return Receipt(self.id, user_id, marks.delivered_seq, marks.read_seq)

    def receipt_for_peer(self, user_id: str) -> Receipt:
        """A member's marks, as sent to the other member."""
        marks = self.marks_of(user_id)
        return Receipt(self.id, user_id, marks.told_delivered_seq, marks.told_read_seq)


_CHANGEABLE = (
    "client_id",
    "kind",
    "body",
    "reply_to",
    "revision",
    "edited_at",
    "deleted_at",
    "reactions",
    "files",
)


def sent_as(sender_id: str, client_id: str) -> str:
    """A key that is unique for each message sent; ids contain no slash."""
    return f"{sender_id}/{client_id}"


class MessageDocument(Document, kw_only=True):
    """A message. `number` rises over all conversations."""

    id: MessageKey
    message_id: str
    number: int
    sender_id: str
    recipient_id: str
    # The members that are users.
    members: list[str]
    client_id: str
    # The sender and the key, by which a message that is sent again is found (rule R2).
    sent_as: str
    kind: str
    body: str
    created_at: int
    reply_to: int | None = None
    revision: int = 0
    edited_at: int | None = None
    deleted_at: int | None = None
    reactions: str = ""
    files: str = ""
    # The message as it was sent, kept once its content has changed (rule R2).
    fingerprint: str | None = None
    checksum: int | None = None
    # As `domain.messages.size_of` computes it.
    size: int = 0

    def original(self) -> Original:
        """The message, the fingerprint of its first content, and its checksum."""
        return Original(
            conversation_id=self.id.conversation,
            seq=self.id.seq,
            id=self.message_id,
            sender_id=self.sender_id,
            recipient_id=self.recipient_id,
            client_id=self.client_id,
            kind=self.kind,
            body=self.body,
            created_at=self.created_at,
            reply_to=self.reply_to,
            revision=self.revision,
            edited_at=self.edited_at,
            deleted_at=self.deleted_at,
            reactions=self.reactions,
            files=self.files,
            checksum=self.checksum,
            fingerprint=self.fingerprint,
        )

    def replace_content(self, message: Message) -> None:
        """Take over the content of the message as it is now."""
        for name in _CHANGEABLE:
            setattr(self, name, getattr(message, name))
        self.sent_as = sent_as(message.sender_id, message.client_id)
        self.update_size_and_checksum()

    def update_size_and_checksum(self) -> None:
        """Note the size and the checksum of the content."""
        original = self.original()
        self.size, self.checksum = size_of(original), checksum_of(original)


class EntryDocument(Document, kw_only=True):
    """An entry of a user's log: the key of its message, or its content as JSON."""

    id: EntryKey
    kind: str
    # True for a new message by the user.
    own: bool = False
    message: MessageKey | None = None
    data: str | None = None
    at: int


class QuestionDocument(Document, kw_only=True):
    """A question to the responder without an answer yet, by the message's id."""

    id: str
    message: MessageKey


class ImportDocument(Document, kw_only=True):
    """An import that is not complete."""

    id: str
    progress: ImportProgress
