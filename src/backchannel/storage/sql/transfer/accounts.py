"""Users and their data: logins, invitations, blocks, reports, erasures, uploads and files."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, Subquery

from backchannel.domain.accounts import Invitation
from backchannel.domain.files import Upload
from backchannel.domain.reports import Report
from backchannel.domain.users import Login
from backchannel.ports.storage.transfer import (
    AttachmentRecord,
    BlockRecord,
    ErasureRecord,
    Record,
    StoredFile,
    UserRecord,
)
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.schema import (
    account,
    attachment,
    block,
    conversation,
    erasure,
    file,
    invitation,
    log_head,
    login,
    report,
    upload,
)
from backchannel.storage.sql.transfer.kinds import (
    KeyColumn,
    Pages,
    RecordKind,
    conversation_id,
    conversation_numbers,
    fields,
    in_conversation,
    of_user,
    plain,
    user_id,
    user_numbers,
)

HEAD_FIELDS = ("position", "floor", "delivered_position", "epoch")
ACCOUNT_FIELDS = tuple(each for each in UserRecord.__struct_fields__ if each not in HEAD_FIELDS)
ERASURE_FIELDS = tuple(each for each in ErasureRecord.__struct_fields__ if each != "user_id")


def _users(page: Subquery) -> Select[Any]:
    source = page.join(log_head, log_head.c.account == page.c.number)
    return fields(UserRecord, page, source, **{name: log_head.c[name] for name in HEAD_FIELDS})


async def _add_users(transaction: Transaction, page: Sequence[UserRecord]) -> None:
    values, head = attrgetter(*ACCOUNT_FIELDS), attrgetter(*HEAD_FIELDS)
    await transaction.insert(account, ACCOUNT_FIELDS, [values(each) for each in page])
    numbers = await user_numbers(transaction, (each.id for each in page))
    rows = [(numbers[each.id], *head(each)) for each in page]
    await transaction.insert(log_head, ("account", *HEAD_FIELDS), rows)


def _blocks(page: Subquery) -> Select[Any]:
    other = account.alias("blocked")
    source = of_user(page).join(other, other.c.number == page.c.other)
    return fields(BlockRecord, page, source, user_id=account.c.id, other_id=other.c.id)


async def _add_blocks(transaction: Transaction, page: Sequence[BlockRecord]) -> None:
    ids = (user for each in page for user in (each.user_id, each.other_id))
    numbers = await user_numbers(transaction, ids)
    rows = [(numbers[each.user_id], numbers[each.other_id], each.created_at) for each in page]
    await transaction.insert(block, ("account", "other", "created_at"), rows)


def _erasures(page: Subquery) -> Select[Any]:
    return fields(ErasureRecord, page, of_user(page), user_id=account.c.id)


async def _add_erasures(transaction: Transaction, page: Sequence[ErasureRecord]) -> None:
    numbers = await user_numbers(transaction, (each.user_id for each in page))
    values = attrgetter(*ERASURE_FIELDS)
    rows = [(*values(each), numbers[each.user_id]) for each in page]
    await transaction.insert(erasure, (*ERASURE_FIELDS, "account"), rows)


USER_PAGES = Pages(UserRecord, [KeyColumn(account.c.id)], _users)
BLOCK_PAGES = Pages(BlockRecord, [user_id(block.c.account), user_id(block.c.other)], _blocks)
ERASURE_PAGES = Pages(ErasureRecord, [KeyColumn(erasure.c.id)], _erasures)


def _attachments(page: Subquery) -> Select[Any]:
    ids = {"conversation_id": conversation.c.id}
    return fields(AttachmentRecord, page, in_conversation(page), **ids)


async def _add_attachments(transaction: Transaction, page: Sequence[AttachmentRecord]) -> None:
    conversations = await conversation_numbers(transaction, (each.conversation_id for each in page))
    rows = [(each.file_id, conversations[each.conversation_id], each.seq) for each in page]
    await transaction.insert(attachment, ("file_id", "conversation", "seq"), rows)


ATTACHMENT_PAGES = Pages(
    AttachmentRecord,
    [
        KeyColumn(attachment.c.file_id),
        conversation_id(attachment.c.conversation),
        KeyColumn(attachment.c.seq),
    ],
    _attachments,
)

KINDS: dict[type[Record], RecordKind] = {
    UserRecord: RecordKind(USER_PAGES.fetch, _add_users),
    Login: plain(Login, login),
    Invitation: plain(Invitation, invitation, key="code"),
    BlockRecord: RecordKind(BLOCK_PAGES.fetch, _add_blocks),
    Report: plain(Report, report),
    ErasureRecord: RecordKind(ERASURE_PAGES.fetch, _add_erasures),
    Upload: plain(Upload, upload),
    StoredFile: plain(StoredFile, file),
    AttachmentRecord: RecordKind(ATTACHMENT_PAGES.fetch, _add_attachments),
}
