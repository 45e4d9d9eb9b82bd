"""Files that become messages: a file without a message cannot be read by others."""

from collections.abc import AsyncIterator

import msgspec

from backchannel.chat import attachments
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.dialects.queued_messages import wire
from backchannel.dialects.socketio.sending import Letter
from backchannel.domain import access
from backchannel.domain.errors import Invalid
from backchannel.domain.files import FileRecord


async def store(core: Core, identity: Identity, event: wire.UploadEvent) -> FileRecord:
    """Store the file that came with an event. Raises `ChatError`."""

    async def chunks() -> AsyncIterator[bytes]:
        yield event.file

    upload = await attachments.begin(
        core,
        identity.user_id,
        name=event.name,
        size=len(event.file),
        media_type=event.media_type,
    )
    return await attachments.store(core, upload, chunks())


async def enclosed(
    core: Core, identity: Identity, wanted: wire.Enclosing, record: FileRecord
) -> Letter:
    """The message that carries a file. Raises `Invalid`, `Forbidden` and `NotFound`."""
    letter = await _addressed(core, identity, wanted)
    files = await attachments.describe(core, identity.user_id, [record.id])
    return msgspec.structs.replace(letter, files=files)


async def _addressed(core: Core, identity: Identity, wanted: wire.Enclosing) -> Letter:
    wanted.require_own(identity)
    receiver, message_id = wanted.receiver, wanted.answered
    if (receiver is None) is (message_id is None):
        raise Invalid("give either receiver_id or message_id", field="receiver_id")
    letter = Letter(receiver or "", wanted.content, wanted.key, receiver_field="receiver_id")
    if message_id is None:
        return letter
    found = await core.storage.message_by_id(message_id)
    answered = access.require_party(identity.user_id, found)
    parties = (answered.sender_id, answered.recipient_id)
    other = next(each for each in parties if each != identity.user_id)
    return msgspec.structs.replace(letter, receiver=other, reply_to=answered.seq)
