"""Files: upload them at once, download them."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from backchannel.chat import attachments
from backchannel.dialects.native.bodies import FileBody
from backchannel.dialects.native.http.problems import problem, problems
from backchannel.dialects.native.wire import file_body
from backchannel.dialects.shared.docs.forms import FormOperation
from backchannel.dialects.shared.docs.samples import ID, shown
from backchannel.dialects.shared.downloads import download
from backchannel.dialects.shared.faults import refusal
from backchannel.dialects.shared.form_files import take_in
from backchannel.dialects.shared.ranges import RangeNotSatisfiable
from backchannel.dialects.shared.requests import QUERY_TOKEN, InjectedCore, StrictRequest

FileId = Annotated[str, PathParameter(description="The file's id", examples=shown(ID))]


@post(
    "/files",
    summary="Upload a file",
    description="In one piece. The file is kept for a day; by then a message must name it. Uploads "
    "to `/v1/uploads` can be resumed: use them for large files and unreliable networks.",
    operation_class=FormOperation,
    request_max_body_size=None,
    responses=problems(401, 411, 413, 415, 429),
)
async def upload_file(request: StrictRequest, core: InjectedCore) -> FileBody:
    record, _ = await take_in(request, core)
    return file_body(record)


def _handing_out(media_type: str) -> dict[int, ResponseSpec]:
    def content(description: str) -> ResponseSpec:
        return ResponseSpec(
            bytes, generate_examples=False, description=description, media_type=media_type
        )

    return {
        200: content("The whole content"),
        206: content("The one range that was asked for"),
        304: ResponseSpec(
            None, generate_examples=False, description="Not changed since the `ETag` you named"
        ),
        **problems(401, 404, 416),
    }


@get(
    "/files/{file_id:str}",
    summary="Download a file",
    description="For its owner, and for both members of a conversation in which a message names "
    "it. `ETag` is the SHA-256 of the content; single ranges can be asked for. A browser shows "
    "pictures, sound and films, and saves everything else. Where it cannot send a header, such "
    "as in `<img>`, the token may be in the query: `?token=TOKEN`.",
    media_type="application/octet-stream",
    opt=QUERY_TOKEN,
    responses=_handing_out("*/*"),
)
async def download_file(
    request: StrictRequest, core: InjectedCore, file_id: FileId
) -> Response[bytes]:
    content = await attachments.open_file(core, request.user.user_id, file_id)
    return await _handed_out(request, core, content)


@get(
    "/files/{file_id:str}/thumbnail",
    summary="Download a thumbnail",
    description="WebP, at most 512 pixels wide and high. Only pictures have one.",
    media_type="image/webp",
    opt=QUERY_TOKEN,
    responses=_handing_out("image/webp"),
)
async def download_thumbnail(
    request: StrictRequest, core: InjectedCore, file_id: FileId
) -> Response[bytes]:
    content = await attachments.open_thumbnail(core, request.user.user_id, file_id)
    return await _handed_out(request, core, content)


async def _handed_out(
    request: StrictRequest, core: InjectedCore, content: attachments.Content
) -> Response[Any]:
    try:
        return await download(request, core, content)
    except RangeNotSatisfiable as error:
        response = problem(refusal(error))
        response.headers["content-range"] = f"bytes */{error.size}"
        return response


@get(
    "/files/{file_id:str}/info",
    summary="Get a file's description",
    description="As messages carry it. Ask for it after an upload to `/v1/uploads`.",
    responses=problems(401, 404),
)
async def get_file_info(request: StrictRequest, core: InjectedCore, file_id: FileId) -> FileBody:
    return file_body(await attachments.readable(core, request.user.user_id, file_id))


HANDLERS = [upload_file, download_file, download_thumbnail, get_file_info]
