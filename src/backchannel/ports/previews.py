"""Link previews: their fields, and the port that fetches them."""

from typing import Protocol

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


class Previewer(Protocol):
    """Looks at public web pages on behalf of users who are not trusted.

    It reaches nothing but public addresses, whatever a URL, a name server or a redirect says,
    carries nothing of the user's or the server's along, and bounds time and size.
    """

    async def preview(self, url: str) -> Preview | None:
        """The title, description and site name that the page at `url` gives about itself.

        None if it has none, cannot be reached, or may not be: these look the same, so that users
        cannot explore the server's network. Raises `Invalid` if `url` is not a web address.
        """
        ...

    async def close(self) -> None: ...
