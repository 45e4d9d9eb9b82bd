"""Export of one's own data: everything the server keeps about a user, as a stream (rule S22)."""

from collections.abc import AsyncIterator

from backchannel.chat import attachments, exported
from backchannel.chat.archive import Entries, archived
from backchannel.chat.core import Core
from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.files import FileRecord
from backchannel.domain.users import User

PAGE = 100
"""Rows read at a time."""


async def begin(core: Core, user_id: str) -> AsyncIterator[bytes]:
    """As `export`, for the user, who may ask for it only so often. Raises `Throttled`."""
    await core.throttle.admit(f"export:user:{user_id}")
    return await export(core, user_id)


async def export(core: Core, user_id: str) -> AsyncIterator[bytes]:
    """A ZIP archive of all that is a user's own, in bounded memory. Raises `NotFound`.

    Each page of it is read when its turn comes, so what changes meanwhile may be in it or not.
    """
    account = await core.storage.account(user_id)
    if account is None or account.user.erased_at is not None:
        raise NotFound("user not found")
    return archived(_entries(core, account.user))


async def _entries(core: Core, user: User) -> Entries:
    readme = exported.README.format(at=exported.time(core.clock.now()))
    yield "README.txt", _whole(readme.encode())
    yield "profile.json", _whole(exported.profile(user))
    yield "logins.jsonl", _logins(core, user.id)
    yield "blocks.jsonl", _blocks(core, user.id)
    yield "conversations.jsonl", _conversations(core, user.id)
    yield "messages.jsonl", _messages(core, user.id)
    yield "files.jsonl", _files(core, user.id)
    yield "uploads.jsonl", _uploads(core, user.id)
    async for page in _file_pages(core, user.id):
        for record in page:
            content = attachments.content_of(record)
            yield _path(record), attachments.read(core, content, 0, content.size)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _logins(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.logins(user_id, ended=True)
    yield exported.lines(exported.login(each) for each in found)


async def _blocks(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.users(await core.storage.blocked(user_id))
    yield exported.lines(exported.person(each) for each in found.values())


async def _conversations(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for page in _conversation_pages(core, user_id):
        peers = await core.storage.users([each.peer_id for each in page])
        yield exported.lines(exported.conversation(each, peers.get(each.peer_id)) for each in page)


async def _messages(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for views in _conversation_pages(core, user_id):
        for view in views:
            after = 0
            while page := await core.storage.history(view.id, after=after, limit=PAGE):
                after = page[-1].seq
                yield exported.lines(exported.message(each, user_id) for each in page)


async def _files(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for page in _file_pages(core, user_id):
        yield exported.lines(exported.file(each, _path(each)) for each in page)


async def _uploads(core: Core, user_id: str) -> AsyncIterator[bytes]:
    after = ""
    while page := await core.storage.owned_uploads(user_id, after=after, limit=PAGE):
        after = page[-1].id
        yield exported.lines(exported.upload(each) for each in page)


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
    """Where a content is in the archive; the names of files are no paths."""
    return f"files/{record.id}/{record.name}"
