"""Take one's own data along."""

from litestar import get
from litestar.response import Stream

from backchannel.chat import export
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.shared.downloads import disposition, is_head
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest

FILE_NAME = "backchannel-export.zip"


@get(
    "/me/export",
    summary="Take one's own data along",
    description="A ZIP archive of everything the server keeps about one: the account, devices, "
    "blocks, conversations, all their messages, and the files one has uploaded. A README.txt "
    "in it says what is where. It is written while it is read; one that was cut short does "
    "not open.",
    media_type="application/zip",
    responses=problems(401, 404, 429),
)
async def export_me(request: StrictRequest, core: InjectedCore) -> Stream:
    chunks = await export.begin(core, request.user.user_id)
    headers = {
        "content-disposition": disposition(FILE_NAME, shown=False),
        "cache-control": "no-store",
    }
    return Stream(() if is_head(request) else chunks, headers=headers)


HANDLERS = [export_me]
