"""Export your data."""

from litestar import get
from litestar.response import Stream

from backchannel.chat import export
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.shared.downloads import begun, disposition, is_head
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest

FILE_NAME = "backchannel-export.zip"


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
    pieces = () if is_head(request) else await begun(await export.begin(core, request.user.user_id))
    headers = {
        "content-disposition": disposition(FILE_NAME, shown=False),
        "cache-control": "no-store",
    }
    return Stream(pieces, headers=headers)


HANDLERS = [export_me]
