"""Uploads that can be resumed: tus 1.0 (tus.io), which many clients speak."""

import re
from typing import Annotated, Any, ClassVar

from litestar import Response, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, PathParameter

from backchannel.chat import attachments
from backchannel.chat.core import Core
from backchannel.dialects.native.http.problems import problem, problems
from backchannel.domain.errors import Conflict, Invalid, TooLarge
from backchannel.domain.files import Upload
from backchannel.http import tus
from backchannel.http.docs.forms import BytesOperation
from backchannel.http.docs.samples import ID, shown
from backchannel.http.errors import ErrorInfo
from backchannel.http.requests import AnyConnection, InjectedCore, StrictRequest
from backchannel.http.validation import UnsupportedMediaType

PATH = "/uploads"
UPLOAD = PATH + "/{upload_id:str}"

UploadId = Annotated[
    str, PathParameter(description="The upload's id, later the file's", examples=shown(ID))
]
_Version = Annotated[
    str,
    HeaderParameter(
        name="Tus-Resumable",
        description=f"The version of the protocol: {tus.VERSION}",
        schema_extra={"pattern": f"^{re.escape(tus.VERSION)}$"},
        examples=shown(tus.VERSION),
    ),
]
_Checksum = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Checksum",
        description="`sha1` or `sha256`, a blank, and the checksum of these bytes in Base64",
        examples=shown("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
    ),
]
_WHOLE = {"pattern": tus.NUMBER}
_NO_BODY = ResponseSpec(None, generate_examples=False, description="See the headers.")


def tus_problem(error: ErrorInfo) -> Response[Any]:
    """An error with the headers that a client of the protocol expects."""
    response = problem(error)
    response.headers["tus-resumable"] = tus.VERSION
    if error.status == tus.WrongVersion.status:
        response.headers["tus-version"] = tus.VERSION
    return response


async def require_version(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Refuse other versions of the protocol. Raises `WrongVersion`."""
    tus.check_version(connection.headers.get("tus-resumable"))


@post(
    PATH,
    summary="Create an upload",
    description="`Upload-Metadata` names the file: `filename`, and `filetype` if it is known. For "
    "a recording it may have a `waveform`: at most 128 samples from 0 to 255, one byte each. "
    "`Location` is where its bytes go; the first of them may be in the body.",
    status_code=201,
    media_type=tus.CONTENT_TYPE,
    response_headers=[ResponseHeader(name="Location", documentation_only=True)],
    guards=[require_version],
    request_max_body_size=None,
    responses={201: _NO_BODY, **problems(401, 412, 413, 415, 429, 460)},
)
async def create_upload(
    request: StrictRequest,
    core: InjectedCore,
    tus_resumable: _Version,  # noqa: ARG001 - for the description; the guard has read it
    upload_length: Annotated[
        str,
        HeaderParameter(
            name="Upload-Length",
            description="The size of the file in bytes",
            schema_extra=_WHOLE,
            examples=shown("48213"),
        ),
    ],
    upload_metadata: Annotated[
        str | None,
        HeaderParameter(
            name="Upload-Metadata",
            description="Pairs of a key and its value in Base64, between commas",
            examples=shown("filename Q2F0LmpwZw=="),
        ),
    ] = None,
    upload_checksum: _Checksum = None,
) -> Response[bytes]:
    metadata = tus.read_metadata(upload_metadata)
    if metadata.filename is None:
        raise Invalid("Upload-Metadata must hold a filename", field="upload-metadata")
    upload = await attachments.create_upload(
        core,
        request.user.user_id,
        name=metadata.filename,
        size=tus.read_number(upload_length, "Upload-Length"),
        media_type=metadata.filetype,
        metadata=upload_metadata or "",
        waveform=metadata.waveform,
    )
    reached = 0
    if is_stream(request) or not upload.size:
        reached = await append(request, core, upload, 0, upload_checksum)
    location = f"{request.url.path.rstrip('/')}/{upload.id}"
    return Response(b"", headers={"location": location, **tus.state(upload, reached)})


@get(
    UPLOAD,
    summary="Get upload progress",
    description="In `Upload-Offset`; HEAD answers the same. An upload that has all its bytes is a "
    "file from then on, under the same id.",
    status_code=204,
    guards=[require_version],
    responses={204: _NO_BODY, **problems(401, 404, 412, 415)},
)
async def get_upload(
    request: StrictRequest,
    core: InjectedCore,
    upload_id: UploadId,
    tus_resumable: _Version,  # noqa: ARG001
) -> Response[None]:
    upload, offset = await attachments.progress(core, request.user.user_id, upload_id)
    headers = {**tus.state(upload, offset), "cache-control": "no-store"}
    if upload.metadata:
        headers["upload-metadata"] = upload.metadata
    return Response(None, headers=headers)


class _AppendOperation(BytesOperation):
    media_type: ClassVar[str] = tus.CONTENT_TYPE


@patch(
    UPLOAD,
    summary="Upload bytes",
    description="From `Upload-Offset` on. Bytes that arrive before an interruption are kept, "
    "unless there is an `Upload-Checksum`. The last byte makes the upload a file; then its content "
    "may be refused.",
    status_code=204,
    operation_class=_AppendOperation,
    guards=[require_version],
    request_max_body_size=None,
    responses={204: _NO_BODY, **problems(401, 404, 409, 412, 413, 415, 460)},
)
async def append_to_upload(
    request: StrictRequest,
    core: InjectedCore,
    upload_id: UploadId,
    tus_resumable: _Version,  # noqa: ARG001
    upload_offset: Annotated[
        str,
        HeaderParameter(
            name="Upload-Offset",
            description="The number of bytes that the server has, from `Get upload progress`",
            schema_extra=_WHOLE,
            examples=shown("0"),
        ),
    ],
    upload_checksum: _Checksum = None,
) -> Response[None]:
    if not is_stream(request):
        raise UnsupportedMediaType(f"send bytes as {tus.CONTENT_TYPE}", field="content-type")
    offset = tus.read_number(upload_offset, "Upload-Offset")
    upload, reached = await attachments.progress(core, request.user.user_id, upload_id)
    if reached == upload.size:
        await _add_nothing(request, reached, offset)
    else:
        reached = await append(request, core, upload, offset, upload_checksum)
    return Response(None, headers=tus.state(upload, reached))


def is_stream(request: StrictRequest) -> bool:
    """True if the body is bytes of an upload."""
    return request.content_type[0] == tus.CONTENT_TYPE


async def append(
    request: StrictRequest, core: Core, upload: Upload, offset: int, checksum: str | None
) -> int:
    """Append the body to an upload; return its new end. Raises as `Uploads.append`, `Invalid`."""
    expected = tus.Checksum(checksum) if checksum else None
    chunks = request.stream()
    return await attachments.append(
        core,
        upload,
        offset,
        expected.passing(chunks) if expected else chunks,
        verify=expected.verify if expected else None,
    )


async def _add_nothing(request: StrictRequest, reached: int, offset: int) -> None:
    """Accept an empty piece for a complete upload. Raises `Conflict`, `TooLarge`."""
    if offset != reached:
        raise Conflict(
            f"the upload is at byte {reached}; continue from there", field="upload-offset"
        )
    async for chunk in request.stream():
        if chunk:
            raise TooLarge("the upload is complete")


@delete(
    UPLOAD,
    summary="Cancel an upload",
    description="Its bytes are deleted. A complete upload is deleted as long as no message names "
    "its file.",
    guards=[require_version],
    responses={204: _NO_BODY, **problems(401, 404, 409, 412)},
)
async def cancel_upload(
    request: StrictRequest,
    core: InjectedCore,
    upload_id: UploadId,
    tus_resumable: _Version,  # noqa: ARG001
) -> Response[None]:
    user_id = request.user.user_id
    await attachments.cancel(core, user_id, upload_id)
    return Response(None, headers={"tus-resumable": tus.VERSION})


HANDLERS = [create_upload, get_upload, append_to_upload, cancel_upload]
