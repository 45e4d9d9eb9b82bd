"""Your settings for a conversation: pinned, archived, muted, marked as unread."""

from datetime import datetime
from typing import Annotated

from litestar import patch
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from backchannel.chat import conversations as chat
from backchannel.dialects.native.bodies import SettingsBody
from backchannel.dialects.native.http.parameters import ConversationId, Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import settings_body
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.domain.conversations import SettingsPatch
from backchannel.domain.errors import Invalid
from backchannel.domain.times import LATEST

Moment = Annotated[datetime, Meta(tz=True, examples=["2026-05-04T18:00:00.000Z"])]


class ChangedSettings(Strict, frozen=True):
    """Omitted fields keep their values. `muted_until` null ends the muting."""

    pinned: Annotated[bool, Meta(examples=[True])] | UnsetType = UNSET
    archived: Annotated[bool, Meta(examples=[False])] | UnsetType = UNSET
    marked_unread: Annotated[bool, Meta(examples=[False])] | UnsetType = UNSET
    muted_until: Moment | UnsetType | None = UNSET

    def patch(self) -> SettingsPatch:
        """The changes to make, with the time in milliseconds since 1970. Raises `Invalid`."""
        until = self.muted_until
        return SettingsPatch(
            pinned=self.pinned,
            archived=self.archived,
            marked_unread=self.marked_unread,
            muted_until=_milliseconds(until) if isinstance(until, datetime) else until,
        )


def _milliseconds(until: datetime) -> int:
    milliseconds = int(until.timestamp() * 1_000)
    if milliseconds > LATEST:
        raise Invalid("muted_until must be before the year 10000, in UTC", field="muted_until")
    return max(0, milliseconds)


@patch(
    "/conversations/{conversation_id:str}/settings",
    summary="Change your settings for a conversation",
    description="Your other devices get a `conversation` event whose `change` is `settings`; the "
    "other user does not. The server only stores the settings: clients apply them when they "
    "sort and notify. Marking the conversation as read sets `marked_unread` to false.",
    responses=problems(401, 404, 429, body=True),
)
async def change_settings(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    data: JSONBody[ChangedSettings],
) -> SettingsBody:
    user_id = request.user.user_id
    settings = await chat.change_settings(core, user_id, conversation_id, data.patch())
    return settings_body(settings)


HANDLERS = [change_settings]
