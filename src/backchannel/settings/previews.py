"""Whether the server looks at the pages that people link to."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from backchannel.settings.groups import Group
from backchannel.settings.values import split_list

Port = Annotated[int, Field(ge=1, le=65_535)]


class LinkPreviews(Group):
    """Title, description and picture of the web pages that messages link to."""

    enabled: bool = Field(
        default=False,
        description="Whether the server fetches pages that its users name. It reaches public "
        "addresses only and tells nothing of the user, but their owners see that this server "
        "asks.",
        examples=["true"],
    )
    ports: Annotated[tuple[Port, ...], BeforeValidator(split_list)] = Field(
        default=(80, 443),
        description="The TCP ports that it may ask on.",
        examples=["80,443,8080"],
    )
