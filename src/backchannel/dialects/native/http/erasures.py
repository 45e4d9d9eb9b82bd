"""Delete your account, and read the receipt."""

from typing import Annotated, Literal

import msgspec
from litestar import delete, get
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from backchannel.chat import erasures
from backchannel.dialects.native.bodies import MaybeTime, Time
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.shared.docs.samples import shown
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.domain.erasures import Erasure
from backchannel.domain.times import iso, iso_or_none

Count = Annotated[int, Meta(examples=[12])]


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
HANDLERS = [delete_me]
