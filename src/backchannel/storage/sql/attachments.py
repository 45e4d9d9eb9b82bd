"""Attachments: the links between messages and files."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Text, delete, select

from backchannel.domain.files import attachments
from backchannel.domain.messages import Draft
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import attachment, file

OWNERS = select(file.c.id, file.c.owner_id).where(
    file.c.id.in_(any_of("file_ids", Text)), file.c.condemned_at.is_(None)
)
_this_conversation = attachment.c.conversation == parameter("conversation")
DETACH = delete(attachment).where(_this_conversation, attachment.c.seq == parameter("seq"))
DETACH_ALL = delete(attachment).where(_this_conversation)


class _Owner(msgspec.Struct, frozen=True):
    file_id: str
    user_id: str


class Attachments:
    """The files of a batch's drafts, and the links that it will add."""

    def __init__(self, owners: Iterable[_Owner] = ()) -> None:
        self._owners = {each.file_id: each.user_id for each in owners}
        self._rows: list[tuple[str, int, int]] = []

    @classmethod
    async def open(cls, transaction: Transaction, drafts: Iterable[Draft]) -> "Attachments":
        """Look up the files that the drafts name; most batches name none.

        A sender's own files cannot change meanwhile: the sender is locked.
        """
        named = {file_id for draft in drafts if draft.files for file_id in _file_ids(draft)}
        if not named:
            return cls()
        return cls(await transaction.fetch(OWNERS, _Owner, file_ids=sorted(named)))

    def exist(self, draft: Draft) -> bool:
        """True if each file that a draft names is complete and belongs to its sender (rule R20)."""
        return all(self._owners.get(each) == draft.sender_id for each in _file_ids(draft))

    def add(self, draft: Draft, conversation: int, seq: int) -> None:
        """Attach the files of the draft, which is a message now."""
        self._rows += [(file_id, conversation, seq) for file_id in dict.fromkeys(_file_ids(draft))]

    async def write(self, transaction: Transaction) -> None:
        """Store the added rows."""
        if self._rows:
            await transaction.insert(attachment, ("file_id", "conversation", "seq"), self._rows)


async def detach(transaction: Transaction, conversation: int, seq: int) -> None:
    """Remove the links between a message and its files."""
    await transaction.execute(DETACH, conversation=conversation, seq=seq)


async def detach_all(transaction: Transaction, conversation: int) -> None:
    """Remove the links between all messages of a conversation and their files."""
    await transaction.execute(DETACH_ALL, conversation=conversation)


def _file_ids(draft: Draft) -> list[str]:
    return [each.id for each in attachments(draft.files)]
