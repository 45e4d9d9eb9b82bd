"""Request bodies that handlers read themselves, for the API's description."""

from dataclasses import dataclass
from typing import ClassVar

from litestar.openapi.spec import Operation, RequestBody
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.openapi.spec.media_type import OpenAPIMediaType
from litestar.openapi.spec.schema import Schema

from backchannel.http.form_files import FIELD, FORM


@dataclass
class FormOperation(Operation):
    """An operation whose body is a form with one file, and the texts that a subclass names."""

    texts: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Describe the body."""
        content = Schema(
            type=OpenAPIType.STRING,
            format=OpenAPIFormat.BINARY,
            min_length=1,
            examples=["(the content)"],
        )
        fields = {name: Schema(type=OpenAPIType.STRING) for name in self.texts}
        form = Schema(
            type=OpenAPIType.OBJECT,
            properties={FIELD: content, **fields},
            required=[FIELD],
            additional_properties=False,
        )
        self.request_body = RequestBody(
            content={FORM: OpenAPIMediaType(schema=form)},
            required=True,
        )


@dataclass
class BytesOperation(Operation):
    """An operation whose body is bytes of the media type that a subclass names."""

    media_type: ClassVar[str]

    def __post_init__(self) -> None:
        """Describe the body."""
        content = Schema(
            type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, examples=["(the bytes)"]
        )
        self.request_body = RequestBody(
            content={self.media_type: OpenAPIMediaType(schema=content)},
            required=True,
        )
