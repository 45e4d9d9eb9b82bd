"""Settings for link previews."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from backchannel.settings.groups import Group
from backchannel.settings.values import split_list

Port = Annotated[int, Field(ge=1, le=65_535)]


class LinkPreviews(Group):
    """Title, description and image of the web pages that messages link to."""

    enabled: bool = Field(
        default=False,
        description="Let the server fetch pages that users link to. It connects to public "
        "addresses only and reveals nothing about the user, but the owners of the pages see "
        "requests from this server.",
        examples=["true"],
    )
    ports: Annotated[tuple[Port, ...], BeforeValidator(split_list)] = Field(
        default=(80, 443),
        description="The TCP ports to which the server may connect.",
        examples=["80,443,8080"],
    )
