"""All of a database is exported and imported, whatever the two databases are."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from backchannel.domain.accounts import Invitation
from backchannel.domain.errors import Conflict, Damaged
from backchannel.domain.files import FileRecord, Upload, attach
from backchannel.domain.ids import new_id
from backchannel.domain.users import FirstMessages, PrivacyPatch
from backchannel.ports.storage import ImportProgress, Storage
from backchannel.ports.storage.transfer import (
    KEYS,
    KINDS,
    ConversationRecord,
    EntryRecord,
    Key,
    MessageRecord,
    Record,
    UserRecord,
    key_of,
)
from backchannel.storage.sql.schema import metadata
from tests.storage.openers import open_on
from tests.storage.people import AT, make_pair, send, session_draft, usage
from tests.storage.test_concurrency import require_consistent
from tests.storage.writes import WRITES, WriteContext, do, make_context

PAGE = 7
"""Few, so that keys are cut everywhere."""
NEWER_THAN_ALL = 2**62


async def fill_with_every_kind(storage: Storage, seed: int) -> WriteContext:
    """A database with records of every kind."""
    rng = Random(seed)
    context = await make_context(storage, rng)
    for name in WRITES:
        await do(WRITES[name], storage, context)
    for _ in range(250):
        await do(WRITES[rng.choice(list(WRITES))], storage, context)
    ada, bob = context.users[:2]
    await storage.create_session(ada, "unanswered", name="one", at=AT)
    await send(storage, session_draft(ada, "unanswered", "and now?"))
    unfinished = Upload(id=new_id(), owner_id=bob, name="f", media_type="", size=3, created_at=AT)
    await storage.create_upload(unfinished, quota=10_000)
    invitation = Invitation(
        code=new_id(), inviter_id=None, uses=2, created_at=AT, expires_at=AT + 99
    )
    await storage.create_invitation(invitation, limit=9)
    await send_file(storage)
    await send_request(storage)
    return context


async def send_file(storage: Storage) -> None:
    pair = await make_pair(storage)
    begun = Upload(id=new_id(), owner_id=pair.ada, name="f", media_type="", size=3, created_at=AT)
    await storage.create_upload(begun, quota=60)
    record = FileRecord(
        **msgspec.structs.asdict(begun), sha256="0" * 64, blocks="0" * 64, upload_size=3
    )
    await storage.finish_upload(record)
    await send(storage, msgspec.structs.replace(pair.draft("look"), files=attach([record])))


async def send_request(storage: Storage) -> None:
    pair = await make_pair(storage)
    patch = PrivacyPatch(first_messages=FirstMessages.REQUESTS)
    await storage.change_privacy(pair.bob, patch, at=AT)
    await send(storage, pair.draft("hello?"))


async def export(storage: Storage, kind: type[Record], limit: int = PAGE) -> list[Record]:
    found: list[Record] = []
    after: Key | None = None
    while page := await storage.export_page(kind, after=after, limit=limit):
        found += page
        after = key_of(page[-1])
    return found


async def everything(storage: Storage) -> dict[str, dict[Key, Record]]:
    """All records by their keys."""
    found = {kind: await export(storage, kind) for kind in KEYS}
    by_key = {kind.__name__: {key_of(each): each for each in found[kind]} for kind in KEYS}
    for kind, records in found.items():
        assert len(by_key[kind.__name__]) == len(records), "a record was exported twice"
    return by_key


async def transfer(source: Storage, target: Storage) -> None:
    for kind in KEYS:
        records = await export(source, kind)
        for start in range(0, len(records), PAGE):
            page = records[start : start + PAGE]
            progress = ImportProgress(source="test", kind=kind.__name__, after=key_of(page[-1]))
            await target.import_page(page, progress)


async def seen_by(storage: Storage, user_id: str) -> dict[str, Any]:
    """Everything about a user that the port returns."""
    views = await storage.conversations(user_id, before=None, limit=100)
    account = await storage.account(user_id)
    files = await storage.owned_files(user_id, after="", limit=100, given_up=True)
    return {
        "account": account,
        "conversations": views,
        "messages": {each.id: await storage.history(each.id, limit=1_000) for each in views},
        "log": (await storage.log(user_id, after=0, limit=100_000)).events,
        "found": (await storage.search(user_id, ["text"], limit=100)).messages,
        "logins": await storage.logins(user_id, ended=True),
        "blocked": await storage.blocked(user_id),
        "files": files,
        "readable": [await storage.readable_file(user_id, each.id) for each in files],
        "avatar": account and account.user.avatar and await storage.avatar(account.user.avatar),
        "usage": await usage(storage, user_id),
        "privacy": await storage.privacy(user_id),
        "invitations": await storage.invitations(user_id, at=0),
    }


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_on("sqlite", tmp_path / "other")
    yield opened
    await opened.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_imported_records_equal_the_exported_ones(
    storage: Storage, other: Storage, seed: int
) -> None:
    context = await fill_with_every_kind(other, seed)
    await transfer(other, storage)
    exported = await everything(other)
    assert await everything(storage) == exported
    assert all(exported.values()), f"no {[name for name, found in exported.items() if not found]}"
    conversations = exported["ConversationRecord"].values()
    assert any(each.asked_id for each in conversations if isinstance(each, ConversationRecord))
    for user_id in context.users:
        assert await seen_by(storage, user_id) == await seen_by(other, user_id)
    unanswered = await storage.unanswered(limit=100)
    assert unanswered == await other.unanswered(limit=100)
    assert {each.body for each in unanswered} >= {"and now?"}


async def test_an_export_contains_everything_stored(storage: Storage, other: Storage) -> None:
    context = await fill_with_every_kind(storage, 3)
    await transfer(storage, other)
    assert await everything(other) == await everything(storage)
    for user_id in context.users:
        assert await seen_by(other, user_id) == await seen_by(storage, user_id)


async def test_messages_are_exported_in_the_order_in_which_they_came(
    storage: Storage, other: Storage
) -> None:
    context = await fill_with_every_kind(other, 4)
    await transfer(other, storage)
    order = [key_of(each) for each in await export(other, MessageRecord)]
    assert [key_of(each) for each in await export(storage, MessageRecord)] == order
    for limit in (2, 3, 1_000):
        assert [key_of(each) for each in await export(storage, MessageRecord, limit)] == order
    for user_id in context.users:
        found = (await storage.search(user_id, ["text"], limit=100)).messages
        assert [each.id for each in found] == sorted(
            (each.id for each in found), key=lambda id_: order.index((id_,)), reverse=True
        )


async def test_an_imported_database_can_be_used(storage: Storage, other: Storage) -> None:
    context = await fill_with_every_kind(other, 5)
    await transfer(other, storage)
    await storage.complete_import()
    before = await export(storage, MessageRecord)
    for _ in range(150):
        await do(WRITES[context.rng.choice(list(WRITES))], storage, context)
    for user_id in context.users:
        await require_consistent(storage, user_id)
    after = await export(storage, MessageRecord)
    assert len(after) > len(before)
    assert [key_of(each) for each in after[: len(before)]] == [key_of(each) for each in before]
    while await storage.mark_files_orphaned(before=NEWER_THAN_ALL, limit=100, at=NEWER_THAN_ALL):
        await storage.forget_files(
            await storage.mark_files_orphaned(before=NEWER_THAN_ALL, limit=100, at=NEWER_THAN_ALL)
        )
    named = (await everything(storage))["AttachmentRecord"].keys()
    kept = (await everything(storage))["StoredFile"].keys()
    assert {key[:1] for key in named} <= kept, "a file that a message names was marked for deletion"


async def test_a_page_and_its_progress_are_one_transaction(
    storage: Storage, other: Storage
) -> None:
    await fill_with_every_kind(other, 6)
    assert await storage.import_progress() is None
    users = await export(other, UserRecord)
    first = ImportProgress(source="there", kind="UserRecord", after=key_of(users[1]), count=2)
    await storage.import_page(users[:2], first)
    assert await storage.import_progress() == first
    with pytest.raises(Conflict):
        await storage.import_page(
            [users[2], users[1]], ImportProgress(source="there", kind="again")
        )
    orphan = EntryRecord(
        user_id="nobody",
        position=1,
        kind="receipt",
        own=False,
        conversation_id=None,
        seq=None,
        data="{}",
        at=0,
    )
    with pytest.raises(Damaged, match="nobody"):
        await storage.import_page([orphan], ImportProgress(source="there", kind="orphan"))
    assert await storage.import_progress() == first
    assert [key_of(each) for each in await export(storage, UserRecord)] == [
        key_of(each) for each in users[:2]
    ]


async def test_R5_a_completed_import_gives_every_log_a_new_epoch(
    storage: Storage, other: Storage
) -> None:
    await fill_with_every_kind(other, 7)
    await transfer(other, storage)
    assert await storage.import_progress() is not None
    await storage.complete_import()
    assert await storage.import_progress() is None
    old, new = await everything(other), await everything(storage)
    for key, record in new.pop("UserRecord").items():
        before = old["UserRecord"][key]
        assert isinstance(record, UserRecord)
        assert isinstance(before, UserRecord)
        assert record.epoch != before.epoch
        assert msgspec.structs.replace(record, epoch=before.epoch) == before
    del old["UserRecord"]
    assert new == old


NOT_COPIED = {
    "alembic_version": {"version_num"},
    "instance": {"mark", "marked_at", "commits", "imported_up_to"},
    "account": {"number", "profile_told_up_to"},
    "erasure": {"account", "conversation", "seq"},
    "conversation": {"number", "first", "second", "asked"},
    "member": {"account", "conversation"},
    "message": {"number", "conversation", "sender"},
    "question": {"conversation"},
    "block": {"account", "other"},
    "log_head": {"account"},
    "log": {"account", "conversation"},
    "attachment": {"conversation"},
}
"""Columns that an engine fills in by itself, and those that describe one database."""
TABLES: dict[str, type[Record]] = {
    "account": UserRecord,
    "log_head": UserRecord,
    **{
        name: KINDS[kind]
        for name, kind in {
            "login": "logins",
            "invitation": "invitations",
            "block": "blocks",
            "report": "reports",
            "erasure": "erasures",
            "conversation": "conversations",
            "member": "members",
            "message": "messages",
            "question": "questions",
            "log": "log entries",
            "upload": "uploads",
            "file": "files",
            "attachment": "attachments",
        }.items()
    },
}


def test_every_column_is_exported() -> None:
    for name, table in metadata.tables.items():
        exported = set(TABLES[name].__struct_fields__) if name in TABLES else set()
        missing = {column.name for column in table.c} - exported - NOT_COPIED.get(name, set())
        assert not missing, f"{name}: {missing} would be lost in a copy; see ports/storage/transfer"
