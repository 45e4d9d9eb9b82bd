"""Attachments: the links between messages and files."""

from collections.abc import Iterable, Sequence

from backchannel.domain.files import attachments
from backchannel.domain.messages import Draft
from backchannel.storage.mongodb.account_documents import (
    AttachmentDocument,
    AttachmentKey,
    FileDocument,
)
from backchannel.storage.mongodb.conversations import members_of
from backchannel.storage.mongodb.documents import MessageKey
from backchannel.storage.mongodb.reader import encoded, in_conversation
from backchannel.storage.mongodb.schema import ATTACHMENTS, FILES
from backchannel.storage.mongodb.staging import Transaction


class Attachments:
    """The files of a batch's drafts, and the links it adds; most batches have none."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._files: dict[str, FileDocument] = {}

    async def open(self, drafts: Iterable[Draft]) -> None:
        """Read the files that the drafts name."""
        named = {file_id for draft in drafts if draft.files for file_id in _file_ids(draft)}
        found = await self._transaction.get(FILES, named) if named else []
        self._files = {each.id: each for each in found if each.complete}

    def exist(self, draft: Draft) -> bool:
        """True if each file that a draft names is complete and its sender's (rule R20)."""
        found = (self._files.get(each) for each in _file_ids(draft))
        return all(
            each is not None and each.condemned_at is None and each.owner_id == draft.sender_id
            for each in found
        )

    def add(self, draft: Draft, key: MessageKey) -> None:
        """Attach the files of the draft, which is a message now."""
        for file_id in dict.fromkeys(_file_ids(draft)):
            self._files[file_id].named += 1
            attachment = AttachmentDocument(
                id=AttachmentKey(file_id, key.conversation, key.seq),
                message=key,
                members=members_of(draft.sender_id, draft.recipient_id),
            )
            self._transaction.add(ATTACHMENTS, attachment)


async def detach(
    transaction: Transaction, conversation_id: str, seqs: Sequence[int] | None = None
) -> None:
    """Remove the links of these messages of a conversation, or of all, to their files."""
    if seqs is None:
        messages: object = in_conversation(conversation_id)
    else:
        messages = {"$in": [encoded(MessageKey(conversation_id, seq)) for seq in seqs]}
    gone = await transaction.find(ATTACHMENTS, {"message": messages})
    files = {
        each.id: each for each in await transaction.get(FILES, {each.id.file for each in gone})
    }
    for each in gone:
        transaction.remove(ATTACHMENTS, each)
        if each.id.file in files:
            files[each.id.file].named -= 1


def _file_ids(draft: Draft) -> list[str]:
    return [each.id for each in attachments(draft.files)] if draft.files else []
