"""Link previews: what a page says about itself, as plain text."""

import msgspec

URL_LIMIT = 2_048
"""Longest address, in characters."""


class Preview(msgspec.Struct, frozen=True):
    """The preview of a page; no field contains HTML. `url` is where the page was found."""

    url: str
    title: str | None = None
    description: str | None = None
    image_url: str | None = None
    site: str | None = None
