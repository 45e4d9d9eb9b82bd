"""Avatars: the pictures that stand for users."""

from backchannel.chat import accounts
from backchannel.chat.attachments import Content, content_of
from backchannel.chat.core import Core
from backchannel.domain.avatars import check_avatar
from backchannel.domain.errors import NotFound
from backchannel.domain.users import ProfilePatch, User


async def set_avatar(core: Core, user_id: str, file_id: str | None) -> User:
    """Let a file of the user's stand for the user, or none; tells the user's devices and peers.

    Raises `NotFound`, `UnsupportedFile`, `TooLarge`, `Invalid` and `Throttled`.
    """
    if file_id is not None:
        record = await core.storage.readable_file(user_id, file_id)
        if record is None or record.owner_id != user_id:
            raise NotFound("file not found", field="file_id")
        check_avatar(record)
    return await accounts.change_profile(core, user_id, ProfilePatch(avatar=file_id))


async def open_avatar(core: Core, file_id: str) -> Content:
    """The picture of an avatar, without the name of its file. Raises `NotFound`."""
    record = await core.storage.avatar(file_id)
    if record is None:
        raise NotFound("no user has this avatar")
    return content_of(record, name="avatar")
