"""Users and their data: logins, invitations, blocks, reports, erasures, uploads and files."""

from collections.abc import Sequence
from typing import Any

import msgspec

from backchannel.domain.accounts import Invitation
from backchannel.domain.files import Upload
from backchannel.domain.reports import Report
from backchannel.domain.users import Audience, FirstMessages, Login, Privacy
from backchannel.ports.storage.transfer import (
    AttachmentRecord,
    BlockRecord,
    ErasureRecord,
    Record,
    StoredFile,
    UserRecord,
)
from backchannel.storage.mongodb.account_documents import (
    AttachmentDocument,
    AttachmentKey,
    BlockDocument,
    ErasureDocument,
    FileDocument,
    InvitationDocument,
    LoginDocument,
    Pair,
    ReportDocument,
    UserDocument,
)
from backchannel.storage.mongodb.documents import MessageKey
from backchannel.storage.mongodb.schema import (
    ATTACHMENTS,
    BLOCKS,
    CONVERSATIONS,
    ERASURES,
    FILES,
    INVITATIONS,
    LOGINS,
    REPORTS,
    USERS,
)
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.mongodb.transfer.kinds import (
    RecordKind,
    add_new,
    add_same_fields,
    existing,
    fetch_by_key,
    same_fields,
)

AUDIENCES = ("last_seen", "receipts", "typing")


def _user(document: UserDocument) -> UserRecord:
    others = {f"{name}_audience": getattr(document.privacy, name).value for name in AUDIENCES}
    others["first_messages"] = document.privacy.first_messages.value
    names = (name for name in UserRecord.__struct_fields__ if name not in others)
    return UserRecord(**{name: getattr(document, name) for name in names}, **others)


async def _add_users(transaction: Transaction, page: Sequence[UserRecord]) -> None:
    documents: list[UserDocument] = []
    for each in page:
        fields = msgspec.structs.asdict(each)
        audiences = {name: Audience(fields.pop(f"{name}_audience")) for name in AUDIENCES}
        privacy = Privacy(**audiences, first_messages=FirstMessages(fields.pop("first_messages")))
        documents.append(UserDocument(**fields, privacy=privacy))
    await add_new(transaction, USERS, documents)


def _block(document: Any) -> BlockRecord:
    pair: Pair = document.id
    return BlockRecord(user_id=pair.user, other_id=pair.other, created_at=document.created_at)


async def _add_blocks(transaction: Transaction, page: Sequence[BlockRecord]) -> None:
    documents = [
        BlockDocument(id=Pair(each.user_id, each.other_id), created_at=each.created_at)
        for each in page
    ]
    await add_new(transaction, BLOCKS, documents)


async def _add_files(transaction: Transaction, page: Sequence[StoredFile]) -> None:
    """Add files. Avatars count as in use; each attachment is counted when it is added."""
    owners = await transaction.get(USERS, {each.owner_id for each in page})
    avatars = {each.avatar for each in owners}
    documents = [
        FileDocument(
            **msgspec.structs.asdict(each),
            complete=True,
            is_avatar=each.id in avatars,
            named=int(each.id in avatars),
        )
        for each in page
    ]
    await add_new(transaction, FILES, documents)


def _attachment(document: Any) -> AttachmentRecord:
    key: AttachmentKey = document.id
    return AttachmentRecord(file_id=key.file, conversation_id=key.conversation, seq=key.seq)


async def _add_attachments(transaction: Transaction, page: Sequence[AttachmentRecord]) -> None:
    conversations = await existing(
        transaction, CONVERSATIONS, (each.conversation_id for each in page)
    )
    found = await transaction.get(FILES, {each.file_id for each in page})
    files = {each.id: each for each in found}
    documents = [
        AttachmentDocument(
            id=AttachmentKey(each.file_id, each.conversation_id, each.seq),
            message=MessageKey(each.conversation_id, each.seq),
            members=conversations[each.conversation_id].members,
        )
        for each in page
    ]
    await add_new(transaction, ATTACHMENTS, documents)
    for each in page:
        if each.file_id in files:
            files[each.file_id].named += 1


KINDS: dict[type[Record], RecordKind] = {
    UserRecord: RecordKind(fetch_by_key(USERS, _user), _add_users),
    Login: RecordKind(
        fetch_by_key(LOGINS, same_fields(Login)), add_same_fields(LOGINS, LoginDocument)
    ),
    Invitation: RecordKind(
        fetch_by_key(INVITATIONS, same_fields(Invitation, code="id")),
        add_same_fields(INVITATIONS, InvitationDocument, identified_by="code"),
    ),
    BlockRecord: RecordKind(fetch_by_key(BLOCKS, _block, key=Pair), _add_blocks),
    Report: RecordKind(
        fetch_by_key(REPORTS, same_fields(Report)), add_same_fields(REPORTS, ReportDocument)
    ),
    ErasureRecord: RecordKind(
        fetch_by_key(ERASURES, same_fields(ErasureRecord)),
        add_same_fields(ERASURES, ErasureDocument),
    ),
    Upload: RecordKind(
        fetch_by_key(FILES, same_fields(Upload), where={"complete": False}),
        add_same_fields(FILES, FileDocument),
    ),
    StoredFile: RecordKind(
        fetch_by_key(FILES, same_fields(StoredFile), where={"complete": True}), _add_files
    ),
    AttachmentRecord: RecordKind(
        fetch_by_key(ATTACHMENTS, _attachment, key=AttachmentKey), _add_attachments
    ),
}
