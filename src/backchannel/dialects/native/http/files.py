"""Files: upload them at once, download them."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from backchannel.chat import attachments, signed_urls
from backchannel.dialects.native.bodies import FileBody, Id, Time
from backchannel.dialects.native.http.parameters import Strict
from backchannel.dialects.native.http.problems import problem, problems
from backchannel.dialects.native.wire import file_body
from backchannel.domain.ids import ID_LIMIT
from backchannel.domain.times import iso
from backchannel.http.docs.forms import FormOperation
from backchannel.http.docs.samples import ID, shown
from backchannel.http.downloads import CACHING, RangeNotSatisfiable, download
from backchannel.http.errors import refusal
from backchannel.http.form_files import receive_file
from backchannel.http.requests import FILE_QUERY, InjectedCore, StrictRequest

SIGNED_AT_ONCE = 100
"""The maximum number of URLs signed by one request."""


class FileIds(Strict, frozen=True):
    """The files whose URLs you need."""

    file_ids: Annotated[
        list[Annotated[str, Meta(max_length=ID_LIMIT)]],
        Meta(max_length=SIGNED_AT_ONCE, examples=[[ID]]),
    ]


class SignedUrl(msgspec.Struct, frozen=True):
    """The signed URLs of a file. The second one works only if the file has a thumbnail."""

    file_id: Id
    url: Annotated[str, Meta(examples=[f"/v1/files/{ID}?signature=…"])]
    thumbnail_url: Annotated[str, Meta(examples=[f"/v1/files/{ID}/thumbnail?signature=…"])]


class SignedUrls(msgspec.Struct, frozen=True):
    """The signed URLs, in the order of the request."""

    items: list[SignedUrl]
    expires_at: Time


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
    record, _ = await receive_file(request, core)
    return file_body(record)


def download_documentation(media_type: str, *statuses: int) -> dict[int, ResponseSpec]:
    """The responses of an operation that returns content, with its own errors."""

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
        **problems(404, 416, *statuses),
    }


@get(
    "/files/{file_id:str}",
    summary="Download a file",
    description="For its owner, and for both members of a conversation in which a message names "
    "it. `ETag` is the SHA-256 of the content; single ranges are supported. A browser shows "
    "pictures, audio and video, and saves everything else. Where it cannot send a header, such "
    "as in `<img>`, use a signed URL; or put the token into the query: `?token=TOKEN`.",
    media_type="application/octet-stream",
    opt=FILE_QUERY,
    responses=download_documentation("*/*", 401, 403),
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
    opt=FILE_QUERY,
    responses=download_documentation("image/webp", 401, 403),
)
async def download_thumbnail(
    request: StrictRequest, core: InjectedCore, file_id: FileId
) -> Response[bytes]:
    content = await attachments.open_thumbnail(core, request.user.user_id, file_id)
    return await _handed_out(request, core, content)


async def _handed_out(
    request: StrictRequest, core: InjectedCore, content: attachments.Content
) -> Response[Any]:
    identity, caching = request.user, CACHING
    if "signature" in request.query_params:
        caching = f"private, max-age={(identity.expires_at - core.clock.now()) // 1_000}"
    return await download_response(request, core, content, reader=identity.user_id, caching=caching)


async def download_response(
    request: StrictRequest,
    core: InjectedCore,
    content: attachments.Content,
    *,
    reader: str,
    caching: str,
) -> Response[Any]:
    """Content as a `download` response, or the refusal of its range."""
    try:
        return await download(request, core, content, reader=reader, caching=caching)
    except RangeNotSatisfiable as error:
        response = problem(refusal(error))
        response.headers["content-range"] = f"bytes */{error.size}"
        return response


@get(
    "/files/{file_id:str}/info",
    summary="Get a file's description",
    description="In the form used in messages. Request it after an upload to `/v1/uploads`.",
    responses=problems(401, 404),
)
async def get_file_info(request: StrictRequest, core: InjectedCore, file_id: FileId) -> FileBody:
    return file_body(await attachments.readable(core, request.user.user_id, file_id))


@post(
    "/files/urls",
    summary="Sign the URLs of files",
    description="For `<img>`, `<video>` and other elements that cannot send a header. A signed URL "
    "is valid for 10 to 15 minutes, or until this login ends; you can sign URLs of files that "
    "you may read. Within five minutes you get the same URLs, so that a browser can cache their "
    "content. They support ranges. Do not share them: until they expire, anyone with a URL can "
    "fetch the file.",
    status_code=200,
    responses=problems(401, 429, body=True),
)
async def sign_urls(
    request: StrictRequest, core: InjectedCore, data: JSONBody[FileIds]
) -> SignedUrls:
    signed_urls.admit(core, request.user.user_id)
    expires_at = signed_urls.expiry(core)

    def signed(file_id: str) -> SignedUrl:
        signature = signed_urls.sign(core, request.user, file_id, expires_at=expires_at)
        path, query = f"/v1/files/{quote(file_id, safe='')}", f"?signature={signature}"
        return SignedUrl(file_id, f"{path}{query}", f"{path}/thumbnail{query}")

    return SignedUrls([signed(each) for each in data.file_ids], iso(expires_at))


HANDLERS = [sign_urls, upload_file, download_file, download_thumbnail, get_file_info]
