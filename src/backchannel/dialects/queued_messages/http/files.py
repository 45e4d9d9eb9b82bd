"""`/file`: upload a file into a message. It is handed out where all files are."""

from typing import ClassVar

from litestar import post

from backchannel.dialects.queued_messages import enclosing, wire
from backchannel.dialects.shared.docs.forms import FormOperation
from backchannel.dialects.shared.form_files import take_in
from backchannel.dialects.shared.refusals import refusals
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.dialects.shared.validation import convert
from backchannel.dialects.socketio import sending


class _UploadOperation(FormOperation):
    texts: ClassVar[tuple[str, ...]] = wire.Enclosing.__struct_encode_fields__


@post(
    "/file/upload",
    summary="Upload a file into a message",
    description="A form with the file and either `receiver_id` or `message_id`; with the latter, "
    "the file is a reply to that message. `content` and `client_id` are optional.",
    operation_class=_UploadOperation,
    request_max_body_size=None,
    responses=refusals(400, 401, 403, 404, 409, 411, 413, 415, 429, 503),
)
async def upload_file(request: StrictRequest, core: InjectedCore) -> wire.FileEnqueued:
    record, fields = await take_in(request, core, known=_UploadOperation.texts)
    wanted = convert(fields, wire.Enclosing)
    letter = await enclosing.enclosed(core, request.user, wanted, record)
    stored = await sending.post(core, request.user, letter)
    return wire.file_enqueued(stored.message)
