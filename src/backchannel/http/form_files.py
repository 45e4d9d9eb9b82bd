"""A file in a form (`multipart/form-data`, RFC 7578), read as it comes in.

The framework would gather the whole form first; here no more than a piece is in memory.
"""

import re
from collections.abc import AsyncIterator, Collection
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import unquote_to_bytes

from multipart import (  # pyright: ignore[reportMissingTypeStubs] - it has annotations
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from backchannel.chat import attachments
from backchannel.chat.core import Core
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.files import FileRecord
from backchannel.http.requests import StrictRequest
from backchannel.http.validation import SHOWN, UnsupportedMediaType

_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*=\s*("(?:\\.|[^"\\])*"|[^;]*)')
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE)
_ENCODED_WORDS = re.compile(r"(?:=\?[\w-]+\?[BbQq]\?[!->@-~]*\?=\s*)+")

FORM = "multipart/form-data"
FIELD = "file"
FORM_OVERHEAD = 65_536
"""Bytes that a form may have in addition to its file."""
SEGMENTS = 8
"""Most fields of a form, the file among them."""
FIELD_LIMIT = 4_096
"""Longest text field, in bytes."""


def sent_name(segment: MultipartSegment) -> str | None:
    """The name of the file in a part of a form; None for a part that is not a file.

    `filename*` (RFC 8187) counts before `filename`, which .NET writes in encoded words
    (RFC 2047) beside it. RFC 7578 wants senders to use neither, and readers to take both.
    """
    name = _extended_name(dict(segment.headerlist).get("Content-Disposition", ""))
    if name is None and segment.filename is not None:
        return _without_words(segment.filename)
    return name


def _extended_name(disposition: str) -> str | None:
    """The name in `filename*`; None without one that can be read."""
    parameters = {each[1].lower(): each[2] for each in _PARAMETER.finditer(disposition)}
    found = _EXTENDED.fullmatch(parameters.get("filename*", "").strip().strip('"'))
    if found is None:
        return None
    try:
        return unquote_to_bytes(found[2]).decode(found[1])
    except UnicodeDecodeError:
        return None


def _without_words(name: str) -> str:
    if not _ENCODED_WORDS.fullmatch(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return name


class LengthRequired(ChatError):
    """A form of unknown length: no room can be made for it."""

    code = "length_required"
    status = 411


class FormFile:
    """The file in the field `file` of a form; `fields` are the texts read so far.

    `known` are the names of the text fields it may have; any other is refused (rule S12). After
    `open`, `name` and `media_type` are the sender's claims; once `chunks` has ended, `fields` also
    holds those after the file.
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
        """The file's bytes. Raises `Invalid` if the form is cut short or broken."""
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
                raise Invalid(
                    f"a field of a form may have at most {FIELD_LIMIT:,} bytes", field=name[:SHOWN]
                )
        self.fields[name] = text.decode("utf-8", "replace")


async def receive_file(
    request: StrictRequest, core: Core, *, known: Collection[str] = ()
) -> tuple[FileRecord, dict[str, str]]:
    """Store the file of a form; return its record, and the text fields, which must be `known`.

    Raises `Invalid`, `LengthRequired`, and as `chat.attachments.create_upload` and `store`.
    """
    announced = announced_size(request)
    attachments.check_size(core, announced - FORM_OVERHEAD)
    form = FormFile(request, known)
    await form.open()
    upload = await attachments.create_upload(
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
        raise Invalid(f"the form is malformed: {error.args[0]}") from None
