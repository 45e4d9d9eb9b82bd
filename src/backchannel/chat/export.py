"""Export of a user's data: everything the server keeps about them (rule S22).

The ZIP archive (APPNOTE 6.3.10) is written while it is read, in bounded memory.
"""

import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import IO, Any, cast

from backchannel.budgets.threads import in_thread
from backchannel.chat import attachments, export_json
from backchannel.chat.chunks import WRITE
from backchannel.chat.core import Core
from backchannel.domain.conversations import ConversationView, RequestState
from backchannel.domain.errors import Damaged, NotFound
from backchannel.domain.files import FileRecord, archive_name
from backchannel.domain.users import User

Entries = AsyncIterator[tuple[str, AsyncIterator[bytes]]]
"""Names within the archive and their contents; each is read before the next name is requested."""

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""Holds the turn to pack a piece."""

PAGE = 100
"""Rows read at a time."""

_COMPRESSION: Mapping[bool, int] = {True: zipfile.ZIP_DEFLATED, False: zipfile.ZIP_STORED}
_TEXTS = (".json", ".jsonl", ".txt")


class _Pipe:
    """The output of `zipfile`; it cannot seek, so sizes follow their contents."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Do nothing: `write` holds nothing back."""

    def take(self, least: int = 0) -> bytes:
        """Take the bytes written so far, or none if they are fewer than `least`."""
        if len(self._waiting) < least:
            return b""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


async def archived(entries: Entries, turn: Turn = nullcontext) -> AsyncIterator[bytes]:
    """The archive of these entries. An incomplete one has no directory and does not open.

    Each piece is packed in a thread, and in a separate `turn`.
    """
    pipe = _Pipe()
    archive = zipfile.ZipFile(cast("IO[bytes]", pipe), "w", compresslevel=zlib.Z_BEST_SPEED)
    try:
        async for name, content in entries:
            archive.compression = _COMPRESSION[name.endswith(_TEXTS)]
            with archive.open(name, "w", force_zip64=True) as entry:
                async for chunk in content:
                    async with turn():
                        await in_thread(partial(entry.write, chunk))
                    if gathered := pipe.take(WRITE):
                        yield gathered
    finally:
        # The directory may be long; it is written even if the archive is abandoned.
        await in_thread(archive.close)
    yield pipe.take()


async def export_own(core: Core, user_id: str) -> AsyncIterator[bytes]:
    """Like `export`, for the user, limited to one at a time and to a rate.

    Raises `Throttled`; the first piece raises `Overloaded` if another export is running.
    """
    await core.throttle.admit(f"export:user:{user_id}")
    return _in_turn(core, user_id, await export(core, user_id))


async def export(core: Core, user_id: str) -> AsyncIterator[bytes]:
    """A ZIP archive of all of a user's data, in bounded memory. Raises `NotFound`.

    Pages are read one after another, so changes made meanwhile may or may not be included.
    """
    account = await core.storage.account(user_id)
    if account is None or account.user.erased_at is not None:
        raise NotFound("user not found")
    return archived(_entries(core, account.user), lambda: core.read_limits.pack(user_id))


async def _in_turn(core: Core, user_id: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with core.read_limits.export(user_id):
        async for piece in pieces:
            yield piece


async def _entries(core: Core, user: User) -> Entries:
    readme = export_json.README.format(at=export_json.time(core.clock.now()))
    yield "README.txt", _whole(readme.encode())
    privacy = await core.storage.privacy(user.id)
    yield "profile.json", _whole(export_json.profile(user, privacy))
    yield "logins.jsonl", _logins(core, user.id)
    yield "blocks.jsonl", _blocks(core, user.id)
    yield "invitations.jsonl", _invitations(core, user.id)
    yield "reports.jsonl", _reports(core, user.id)
    yield "conversations.jsonl", _conversations(core, user.id)
    yield "messages.jsonl", _messages(core, user.id)
    yield "uploads.jsonl", _uploads(core, user.id)
    damage: dict[str, str] = {}
    async for page in _file_pages(core, user.id):
        for record in page:
            content = await _content(core, record, damage)
            if content is not None:
                yield _path(record), content
    # It is known only now which contents could be read.
    yield "files.jsonl", _files(core, user.id, damage)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _logins(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.logins(user_id, ended=True)
    yield await _lines(export_json.login(each) for each in found)


async def _blocks(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.users(await core.storage.blocked(user_id))
    yield await _lines(export_json.person(each) for each in found.values())


async def _invitations(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.invitations(user_id, at=core.clock.now())
    yield await _lines(export_json.invitation(each) for each in found)


async def _reports(core: Core, user_id: str) -> AsyncIterator[bytes]:
    found = await core.storage.reports_by(user_id)
    yield await _lines(export_json.report(each) for each in found)


async def _conversations(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for page in _conversation_pages(core, user_id):
        peers = await core.storage.users([each.peer_id for each in page])
        yield await _lines(export_json.conversation(each, peers.get(each.peer_id)) for each in page)


async def _messages(core: Core, user_id: str) -> AsyncIterator[bytes]:
    async for views in _conversation_pages(core, user_id):
        for view in views:
            after = 0
            while page := await core.storage.history(view.id, after=after, limit=PAGE):
                after = page[-1].seq
                yield await _lines(export_json.message(each, user_id) for each in page)


async def _content(
    core: Core, record: FileRecord, damage: dict[str, str]
) -> AsyncIterator[bytes] | None:
    """A file's content up to the first damage, which is noted; None if no byte can be read."""
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
            export_json.file(each, _path(each), damage=damage.get(each.id)) for each in page
        )


async def _uploads(core: Core, user_id: str) -> AsyncIterator[bytes]:
    after = ""
    while page := await core.storage.owned_uploads(user_id, after=after, limit=PAGE):
        after = page[-1].id
        yield await _lines(export_json.upload(each) for each in page)


async def _conversation_pages(core: Core, user_id: str) -> AsyncIterator[list[ConversationView]]:
    """All conversations once, newest first, then those that moved to the front meanwhile.

    Message requests come after ordinary conversations. One that is answered meanwhile is in the
    next round.
    """
    seen: set[str] = set()
    known = -1
    while known < len(seen):
        known = len(seen)
        for request in (None, *RequestState):
            read = partial(core.storage.conversations, user_id, limit=PAGE, request=request)
            before = None
            while page := await read(before=before):
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
    return await in_thread(lambda: export_json.lines(objects))
