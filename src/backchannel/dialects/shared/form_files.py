"""A file in a form (`multipart/form-data`, RFC 7578), read as it comes in.

The framework would gather the whole form first; here no more than a piece is in memory.
"""

from collections.abc import AsyncIterator, Collection
from typing import Any

from multipart import (  # pyright: ignore[reportMissingTypeStubs] - it has annotations
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from backchannel.chat import attachments
from backchannel.chat.core import Core
from backchannel.dialects.shared.form_names import sent_name
from backchannel.dialects.shared.requests import StrictRequest
from backchannel.dialects.shared.validation import SHOWN, UnsupportedMediaType
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.files import FileRecord

FORM = "multipart/form-data"
FIELD = "file"
FORM_OVERHEAD = 65_536
"""Bytes that a form may have in addition to its file."""
SEGMENTS = 8
"""Most fields of a form, the file among them."""
FIELD_LIMIT = 4_096
"""Longest text field, in bytes."""


class LengthRequired(ChatError):
    """A form of unknown length: no room can be made for it."""

    code = "length_required"
    status = 411


class FormFile:
    """The file in the field `file` of a form; `fields` are the texts read so far.

    `known` are the texts it may have, any other is refused (rule S12).
    After `open`, `name` and `media_type` are what the sender says; once `chunks` has ended,
    `fields` holds those behind the file too.
    """

    def __init__(self, request: StrictRequest, known: Collection[str]) -> None:
        self.name = ""
        self.media_type = ""
        self.fields: dict[str, str] = {}
        self._known = known
        self._events = _events(request)

    async def open(self) -> None:
        """Read up to the file. Raises `Invalid`, `UnsupportedMediaType`."""
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                name = sent_name(event)
                if event.name == FIELD and name is not None:
                    self.name = name
                    self.media_type = event.content_type or ""
                    return
                await self._read_text(event)
        raise Invalid(f"the form needs a file in the field {FIELD!r}", field=FIELD)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file's bytes. Raises `Invalid` where the form is cut short or broken."""
        async for event in self._events:
            if event is None:
                break
            yield bytes(event) if isinstance(event, bytearray | bytes) else b""
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                await self._read_text(event)

    async def _read_text(self, segment: MultipartSegment) -> None:
        name = segment.name or ""
        if sent_name(segment) is not None or name in self.fields:
            advice = f'send exactly one file, in the field "{FIELD}", and every other field once'
            raise Invalid(advice, field=name[:SHOWN])
        if name == FIELD:
            raise Invalid(f"the field {FIELD!r} must be a file, with a filename", field=FIELD)
        if name not in self._known:
            known = ", ".join([FIELD, *self._known])
            raise Invalid(f"unknown field {name[:SHOWN]!r}; known are: {known}", field=name[:SHOWN])
        text = bytearray()
        async for event in self._events:
            if not isinstance(event, bytes | bytearray):
                break
            text += event
            if len(text) > FIELD_LIMIT:
                raise Invalid(f"a field has at most {FIELD_LIMIT:,} bytes", field=name[:SHOWN])
        self.fields[name] = text.decode("utf-8", "replace")


async def take_in(
    request: StrictRequest, core: Core, *, known: Collection[str] = ()
) -> tuple[FileRecord, dict[str, str]]:
    """Store the file of a form; it, and the form's texts, of which it may have the `known` ones.

    Raises `Invalid`, `LengthRequired`, and as `chat.attachments.begin` and `store`.
    """
    announced = announced_size(request)
    attachments.check_size(core, announced - FORM_OVERHEAD)
    form = FormFile(request, known)
    await form.open()
    upload = await attachments.begin(
        core,
        request.user.user_id,
        name=form.name,
        size=min(announced, core.policy.file_size),
        media_type=form.media_type,
    )
    return await attachments.store(core, upload, form.chunks()), form.fields


def announced_size(request: StrictRequest) -> int:
    """The length of the form, which is at least its file's. Raises `LengthRequired`."""
    value = request.headers.get("content-length", "")
    if not (value.isascii() and value.isdigit()):
        raise LengthRequired("send the form with its Content-Length")
    return int(value)


async def _events(request: StrictRequest) -> AsyncIterator[Any]:
    media_type, options = request.content_type
    if media_type != FORM:
        raise UnsupportedMediaType(f"send the file as {FORM}", field="content-type")
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=SEGMENTS)
        async for chunk in request.stream():
            for event in parser.parse(chunk) if chunk else ():
                yield event
        parser.close()
    except MultipartError as error:
        raise Invalid(f"the form is broken: {error.args[0]}") from None
