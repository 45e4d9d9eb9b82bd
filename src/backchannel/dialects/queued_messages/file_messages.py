"""Files that become messages: a file without a message cannot be read by others."""

from collections.abc import AsyncIterator

import msgspec

from backchannel.chat import attachments, conversations
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.dialects.queued_messages import wire
from backchannel.dialects.socketio.sending import OutgoingMessage
from backchannel.domain.errors import Invalid
from backchannel.domain.files import FileRecord


async def store(core: Core, identity: Identity, event: wire.UploadEvent) -> FileRecord:
    """Store the file that came with an event. Raises `ChatError`."""

    async def chunks() -> AsyncIterator[bytes]:
        yield event.file

    upload = await attachments.create_upload(
        core,
        identity.user_id,
        name=event.name,
        size=len(event.file),
        media_type=event.media_type,
    )
    return await attachments.store(core, upload, chunks())


async def with_file(
    core: Core, identity: Identity, wanted: wire.FileMessage, record: FileRecord
) -> OutgoingMessage:
    """The message that carries a file. Raises `Invalid`, `Forbidden` and `NotFound`."""
    outgoing = await _outgoing(core, identity, wanted)
    files = await attachments.describe(core, identity.user_id, [record.id])
    return msgspec.structs.replace(outgoing, files=files)


async def _outgoing(core: Core, identity: Identity, wanted: wire.FileMessage) -> OutgoingMessage:
    wanted.require_own(identity)
    receiver, message_id = wanted.receiver, wanted.answered
    if (receiver is None) is (message_id is None):
        raise Invalid("give either receiver_id or message_id", field="receiver_id")
    outgoing = OutgoingMessage(
        receiver or "", wanted.content, wanted.key, receiver_field="receiver_id"
    )
    if message_id is None:
        return outgoing
    answered = await conversations.message(core, identity.user_id, message_id)
    members = (answered.sender_id, answered.recipient_id)
    other = next(each for each in members if each != identity.user_id)
    return msgspec.structs.replace(outgoing, receiver=other, reply_to=answered.seq)
