"""Your data: export it, delete your account, and read the receipt."""

from typing import Annotated, Literal

import msgspec
from litestar import delete, get
from litestar.params import JSONBody, PathParameter
from litestar.response import Stream
from msgspec import Meta

from backchannel.chat import erasures, export
from backchannel.dialects.native.bodies import MaybeTime, Time
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.domain.erasures import Erasure
from backchannel.domain.times import iso, iso_or_none
from backchannel.http.docs.samples import shown
from backchannel.http.downloads import begun, disposition, is_head
from backchannel.http.requests import InjectedCore, StrictRequest

Count = Annotated[int, Meta(examples=[12])]

FILE_NAME = "backchannel-export.zip"


class Confirmation(Strict, frozen=True):
    """The password of the account to delete, so that a stolen token cannot delete it."""

    password: Annotated[str, Meta(examples=["correct horse battery"])]


class ErasedBody(msgspec.Struct, frozen=True, kw_only=True):
    """The number of items of each kind erased so far."""

    messages: Count
    reactions: Count
    sessions: Count
    files: Count
    uploads: Count
    events: Count
    blocks: Count
    logins: Count


class ErasureBody(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure, and once `done` its receipt: keep the whole object, including the signature."""

    id: Annotated[str, Meta(examples=["Wm9vbSBpbiBvbiB0aGUgY2FuYXJ5IQ"])]
    url: Annotated[str, Meta(examples=["/v1/erasures/Wm9vbSBpbiBvbiB0aGUgY2FuYXJ5IQ"])]
    status: Annotated[Literal["pending", "done"], Meta(examples=["done"])]
    requested_at: Time
    completed_at: MaybeTime
    erased: ErasedBody
    signature: Annotated[
        str | None,
        Meta(description="The server's, null until done", examples=["b64url-of-an-hmac"]),
    ]


@delete(
    "/me",
    summary="Delete your account",
    description="This cannot be undone. All your logins end at once, and the username becomes "
    "free. Your messages and files are erased soon after: `url` shows, without a login, when that "
    "is done. A wrong password is 403 `wrong_password`.",
    status_code=202,
    responses=problems(401, 403, 404, 429, body=True),
)
async def delete_me(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Confirmation]
) -> ErasureBody:
    return _erasure_body(await erasures.erase_own(core, request.user.user_id, data.password))


@get(
    "/erasures/{erasure_id:str}",
    summary="Get the receipt of an erasure",
    description="Requires only the id. It contains numbers and times, and nothing personal.",
    responses=problems(404),
)
async def get_erasure(
    core: InjectedCore,
    erasure_id: Annotated[
        str,
        PathParameter(
            description="The erasure's id", examples=shown("Wm9vbSBpbiBvbiB0aGUgY2FuYXJ5IQ")
        ),
    ],
) -> ErasureBody:
    return _erasure_body(await erasures.find(core, erasure_id))


def _erasure_body(erasure: Erasure) -> ErasureBody:
    return ErasureBody(
        id=erasure.id,
        url=f"/v1/erasures/{erasure.id}",
        status="pending" if erasure.completed_at is None else "done",
        requested_at=iso(erasure.requested_at),
        completed_at=iso_or_none(erasure.completed_at),
        erased=ErasedBody(**msgspec.structs.asdict(erasure.erased)),
        signature=erasure.signature,
    )


PUBLIC = [get_erasure]


@get(
    "/me/export",
    summary="Export your data",
    description="A ZIP archive of everything the server keeps about you: the account, logins, "
    "blocks, conversations with all their messages, and the files you have uploaded. Its "
    "README.txt describes the contents. The archive is written while you read it; a truncated one "
    "cannot be opened.",
    media_type="application/zip",
    responses=problems(401, 404, 429),
)
async def export_me(request: StrictRequest, core: InjectedCore) -> Stream:
    pieces = (
        () if is_head(request) else await begun(await export.export_own(core, request.user.user_id))
    )
    headers = {
        "content-disposition": disposition(FILE_NAME, shown=False),
        "cache-control": "no-store",
    }
    return Stream(pieces, headers=headers)


HANDLERS = [delete_me, export_me]
