"""Avatars: choose yours, show those of others."""

from typing import Annotated, Any

from litestar import Response, delete, get, put
from litestar.params import JSONBody
from msgspec import Meta

from backchannel.budgets.rates import network
from backchannel.chat import attachments
from backchannel.dialects.native.bodies import AccountBody
from backchannel.dialects.native.http.files import FileId, download_documentation, download_response
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import account_body
from backchannel.domain.ids import ID_LIMIT
from backchannel.http.docs.samples import ID
from backchannel.http.requests import InjectedCore, StrictRequest, client_address

CACHING = "public, max-age=31536000, immutable"
"""The content at an avatar's URL never changes."""


class Avatar(Strict, frozen=True):
    """A picture that you have uploaded."""

    file_id: Annotated[str, Meta(max_length=ID_LIMIT, examples=[ID])]


@put(
    "/me/avatar",
    summary="Choose your avatar",
    description="A file that you have uploaded: a JPEG, PNG or WebP picture, square, at most 1,024 "
    "pixels wide and 1 MB large; the client cuts and scales it before the upload. It is kept for "
    "as long as it is your avatar. Your other devices and the users you have conversations with "
    "get a `profile` event.",
    responses=problems(401, 404, 429, body=True),
)
async def set_avatar(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Avatar]
) -> AccountBody:
    return account_body(await attachments.set_avatar(core, request.user.user_id, data.file_id))


@delete(
    "/me/avatar",
    summary="Remove your avatar",
    description="Its file is deleted, unless a message names it. If you have no avatar, nothing "
    "changes.",
    responses=problems(401, 429),
)
async def remove_avatar(request: StrictRequest, core: InjectedCore) -> None:
    await attachments.set_avatar(core, request.user.user_id, None)


@get(
    "/avatars/{file_id:str}",
    summary="Download an avatar",
    description="Without a login, so that `<img>` can show it: only users see the URL, as "
    "`avatar_url` of a user, and it cannot be guessed. Its content never changes: another "
    "picture has another URL. An avatar that is no longer in use is not found.",
    media_type="application/octet-stream",
    responses=download_documentation("*/*"),
)
async def download_avatar(
    request: StrictRequest, core: InjectedCore, file_id: FileId
) -> Response[Any]:
    content = await attachments.open_avatar(core, file_id)
    reader = network(client_address(request))
    return await download_response(request, core, content, reader=reader, caching=CACHING)


PUBLIC = [download_avatar]
HANDLERS = [set_avatar, remove_avatar]
