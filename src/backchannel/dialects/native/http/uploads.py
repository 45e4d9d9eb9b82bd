"""Uploads that can be resumed: tus 1.0, as its many clients speak it."""

from typing import Annotated, Any, Literal

from litestar import Response, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, PathParameter

from backchannel.chat import attachments
from backchannel.dialects.native.http.problems import problem, problems
from backchannel.dialects.shared import tus
from backchannel.dialects.shared.faults import Fault
from backchannel.dialects.shared.requests import AnyConnection, InjectedCore, StrictRequest
from backchannel.dialects.shared.validation import UnsupportedMediaType
from backchannel.domain.errors import Invalid

PATH = "/uploads"
UPLOAD = PATH + "/{upload_id:str}"

UploadId = Annotated[str, PathParameter(description="The upload's id, later the file's")]
_Version = Annotated[Literal["1.0.0"], HeaderParameter(name="Tus-Resumable")]
_WHOLE = {"pattern": tus.NUMBER}
_NO_BODY = ResponseSpec(None, generate_examples=False, description="See the headers.")


def tus_problem(fault: Fault) -> Response[Any]:
    """A fault with the headers that a client of the protocol expects."""
    response = problem(fault)
    response.headers["tus-resumable"] = tus.VERSION
    if fault.status == tus.WrongVersion.status:
        response.headers["tus-version"] = tus.VERSION
    return response


async def require_version(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """A guard: another version may mean anything. Raises `WrongVersion`."""
    tus.check_version(connection.headers.get("tus-resumable"))


@post(
    PATH,
    summary="Begin an upload",
    description="`Upload-Metadata` names the file: `filename`, and `filetype` if it is known. "
    "`Location` is where its bytes go.",
    status_code=201,
    media_type=tus.CONTENT_TYPE,
    response_headers=[ResponseHeader(name="Location", documentation_only=True)],
    guards=[require_version],
    responses={201: _NO_BODY, **problems(401, 412, 413, 429)},
)
async def begin_upload(
    request: StrictRequest,
    core: InjectedCore,
    tus_resumable: _Version,  # noqa: ARG001 - for the description; the guard has read it
    upload_length: Annotated[str, HeaderParameter(name="Upload-Length", schema_extra=_WHOLE)],
    upload_metadata: Annotated[str | None, HeaderParameter(name="Upload-Metadata")] = None,
) -> Response[bytes]:
    metadata = tus.read_metadata(upload_metadata)
    if "filename" not in metadata:
        raise Invalid("Upload-Metadata must hold a filename", field="upload-metadata")
    upload = await attachments.begin(
        core,
        request.user.user_id,
        name=metadata["filename"],
        size=tus.read_number(upload_length, "Upload-Length"),
        media_type=metadata.get("filetype", ""),
    )
    location = f"{request.url.path.rstrip('/')}/{upload.id}"
    return Response(b"", headers={"location": location, **tus.state(upload, 0)})


@get(
    UPLOAD,
    summary="Ask how far an upload has come",
    description="With HEAD, as the protocol has it: the answer is in `Upload-Offset`. An upload "
    "that has all its bytes is a file from then on, under the same id.",
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
    return Response(None, headers={**tus.state(upload, offset), "cache-control": "no-store"})


@patch(
    UPLOAD,
    summary="Send bytes of an upload",
    description="From `Upload-Offset` on. What comes before an interruption is kept, unless "
    "there is an `Upload-Checksum`. The last byte makes the upload a file; its content may be "
    "refused then.",
    status_code=204,
    guards=[require_version],
    request_max_body_size=None,
    responses={204: _NO_BODY, **problems(401, 404, 409, 412, 413, 415, 460)},
)
async def append_to_upload(
    request: StrictRequest,
    core: InjectedCore,
    upload_id: UploadId,
    tus_resumable: _Version,  # noqa: ARG001
    upload_offset: Annotated[str, HeaderParameter(name="Upload-Offset", schema_extra=_WHOLE)],
    upload_checksum: Annotated[str | None, HeaderParameter(name="Upload-Checksum")] = None,
) -> Response[None]:
    if request.headers.get("content-type") != tus.CONTENT_TYPE:
        raise UnsupportedMediaType(f"send bytes as {tus.CONTENT_TYPE}", field="content-type")
    offset = tus.read_number(upload_offset, "Upload-Offset")
    checksum = tus.Checksum(upload_checksum) if upload_checksum else None
    upload = await core.uploads.find(request.user.user_id, upload_id)
    chunks = request.stream()
    reached = await core.uploads.append(
        upload,
        offset,
        checksum.passing(chunks) if checksum else chunks,
        verify=checksum.verify if checksum else None,
    )
    return Response(None, headers=tus.state(upload, reached))


@delete(
    UPLOAD,
    summary="Give an upload up",
    guards=[require_version],
    responses={204: _NO_BODY, **problems(401, 404, 412)},
)
async def cancel_upload(
    request: StrictRequest,
    core: InjectedCore,
    upload_id: UploadId,
    tus_resumable: _Version,  # noqa: ARG001
) -> Response[None]:
    upload = await core.uploads.find(request.user.user_id, upload_id)
    await core.uploads.cancel(upload)
    return Response(None, headers={"tus-resumable": tus.VERSION})


HANDLERS = [begin_upload, get_upload, append_to_upload, cancel_upload]
