"""Export of a user's data: everything the server keeps about them, as a stream (rule S22)."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from backchannel.budgets.threads import in_thread
from backchannel.chat import attachments, exported
from backchannel.chat.archive import Entries, archived
from backchannel.chat.core import Core
from backchannel.domain.archive_names import archive_name
from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import Damaged, NotFound
from backchannel.domain.files import FileRecord
from backchannel.domain.users import User

PAGE = 100
"""Rows read at a time."""


async def begin(core: Core, user_id: str) -> AsyncIterator[bytes]:
    """Like `export`, for the user, limited to one at a time and to a rate.

    Raises `Throttled`; the first piece raises `Overloaded` where another one is under way.
    """
    await core.throttle.admit(f"export:user:{user_id}")
    return _in_turn(core, user_id, await export(core, user_id))


async def export(core: Core, user_id: str) -> AsyncIterator[bytes]:
    """A ZIP archive of all that is a user's own, in bounded memory. Raises `NotFound`.

    Each page of it is read when its turn comes, so what changes meanwhile may be in it or not.
    """
    account = await core.storage.account(user_id)
    if account is None or account.user.erased_at is not None:
        raise NotFound("user not found")
    return archived(_entries(core, account.user), lambda: core.reading.pack(user_id))


async def _in_turn(core: Core, user_id: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with core.reading.export(user_id):
        async for piece in pieces:
            yield piece


async def _entries(core: Core, user: User) -> Entries:
    readme = exported.README.format(at=exported.time(core.clock.now()))
    yield "README.txt", _whole(readme.encode())
    privacy = await core.storage.privacy(user.id)
    yield "profile.json", _whole(exported.profile(user, privacy))
    yield "logins.jsonl", _logins(core, user.id)
    yield "blocks.jsonl", _blocks(core, user.id)
    yield "invitations.jsonl", _invitations(core, user.id)
    yield "conversations.jsonl", _conversations(core, user.id)
    yield "messages.jsonl", _messages(core, user.id)
    yield "uploads.jsonl", _uploads(core, user.id)
    damage: dict[str, str] = {}
    async for page in _file_pages(core, user.id):
        for record in page:
            content = await _content(core, record, damage)
            if content is not None:
                yield _path(record), content
    # Only now is known which contents could be read.
    yield "files.jsonl", _files(core, user.id, damage)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _logins(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.logins(user_id, ended=True)
    yield await _lines(exported.login(each) for each in found)


async def _blocks(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.users(await core.storage.blocked(user_id))
    yield await _lines(exported.person(each) for each in found.values())


async def _invitations(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.invitations(user_id, at=core.clock.now())
    yield await _lines(exported.invitation(each) for each in found)


async def _conversations(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for page in _conversation_pages(core, user_id):
        peers = await core.storage.users([each.peer_id for each in page])
        yield await _lines(exported.conversation(each, peers.get(each.peer_id)) for each in page)


async def _messages(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for views in _conversation_pages(core, user_id):
        for view in views:
            after = 0
            while page := await core.storage.history(view.id, after=after, limit=PAGE):
                after = page[-1].seq
                yield await _lines(exported.message(each, user_id) for each in page)


async def _content(
    core: Core, record: FileRecord, damage: dict[str, str]
) -> AsyncIterator[bytes] | None:
    """A file's content up to where it is damaged, which is noted; None without any of it."""
    content = attachments.content_of(record)
    blocks = attachments.read(core, content, 0, content.size)
    try:
        first = await anext(blocks, b"")
    except Damaged as damaged:
        damage[record.id] = damaged.text
        return None
    return _readable(record.id, first, blocks, damage)


async def _readable(
    file_id: str, first: bytes, blocks: AsyncIterator[bytes], damage: dict[str, str]
) -> AsyncIterator[bytes]:
    yield first
    try:
        async for block in blocks:
            yield block
    except Damaged as damaged:
        damage[file_id] = damaged.text


async def _files(core: Core, user_id: str, damage: Mapping[str, str]) -> AsyncIterator[bytes]:
    async for page in _file_pages(core, user_id):
        yield await _lines(
            exported.file(each, _path(each), damage=damage.get(each.id)) for each in page
        )


async def _uploads(core: Core, user_id: str) -> AsyncIterator[bytes]:
    after = ""
    while page := await core.storage.owned_uploads(user_id, after=after, limit=PAGE):
        after = page[-1].id
        yield await _lines(exported.upload(each) for each in page)


async def _conversation_pages(core: Core, user_id: str) -> AsyncIterator[list[ConversationView]]:
    """All of them once, newest first, then those that went to the front meanwhile."""
    seen: set[str] = set()
    known = -1
    while known < len(seen):
        known, before = len(seen), None
        while page := await core.storage.conversations(user_id, before=before, limit=PAGE):
            before = page[-1].updated_at, page[-1].id
            if unseen := [each for each in page if each.id not in seen]:
                seen.update(each.id for each in unseen)
                yield unseen


async def _file_pages(core: Core, user_id: str) -> AsyncIterator[list[FileRecord]]:
    after = ""
    while page := await core.storage.owned_files(user_id, after=after, limit=PAGE):
        after = page[-1].id
        yield page


def _path(record: FileRecord) -> str:
    """The path of a content in the archive; folders differ in more than upper and lower case."""
    return f"files/{record.id}/{archive_name(record.name)}"


async def _lines(objects: Iterable[dict[str, Any]]) -> bytes:
    """JSON Lines, made in a thread: a page of them is too much for one step of the loop."""
    return await in_thread(lambda: exported.lines(objects))
