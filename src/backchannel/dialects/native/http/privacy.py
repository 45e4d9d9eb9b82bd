"""Your privacy settings."""

from typing import Annotated

from litestar import get, patch
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from backchannel.chat import privacy as chat
from backchannel.dialects.native.bodies import PrivacyBody
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import privacy_body
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.domain.privacy import Audience, PrivacyPatch

_Audience = Annotated[Audience, Meta(examples=["nobody"])]


class ChangedPrivacy(Strict, frozen=True):
    """Omitted fields keep their values."""

    last_seen: _Audience | UnsetType = UNSET
    read_receipts: _Audience | UnsetType = UNSET
    typing: _Audience | UnsetType = UNSET


@get(
    "/me/privacy",
    summary="Get your privacy settings",
    description="Each is `everybody` or `nobody`, and mutual: if you hide something, you do not "
    "see it of others either. `everybody` means the users who share it with you: presence and "
    "typing are shared by users who have written to each other and have not blocked each other.",
    responses=problems(401),
)
async def get_privacy(request: StrictRequest, core: InjectedCore) -> PrivacyBody:
    return privacy_body(await chat.privacy(core, request.user.user_id))


@patch(
    "/me/privacy",
    summary="Change your privacy settings",
    description="They take effect at once, in every API and on open sockets. Information that "
    "others already have is not withdrawn. Delivery receipts are sent whatever `read_receipts` "
    "is. When you show your presence again, others see it with their next `watch`, and you must "
    "`watch` again. Your other devices get a `profile` event about yourself.",
    responses=problems(401, 429, body=True),
)
async def change_privacy(
    request: StrictRequest, core: InjectedCore, data: JSONBody[ChangedPrivacy]
) -> PrivacyBody:
    wanted = PrivacyPatch(last_seen=data.last_seen, receipts=data.read_receipts, typing=data.typing)
    return privacy_body(await chat.change_privacy(core, request.user.user_id, wanted))


HANDLERS = [get_privacy, change_privacy]
