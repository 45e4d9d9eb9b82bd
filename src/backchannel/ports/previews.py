"""The port to other people's web pages."""

from typing import Protocol

from backchannel.domain.previews import Preview


class Previewer(Protocol):
    """Looks at public web pages on behalf of users who are not trusted.

    It reaches nothing but public addresses, whatever a URL, a name server or a redirect says,
    carries nothing of the user's or the server's along, and bounds time and size.
    """

    async def preview(self, url: str) -> Preview | None:
        """The title, description and site name that the page at `url` gives about itself.

        None if it says nothing, cannot be reached, or may not be: these look the same, so that
        nobody can explore a network from here. Raises `Invalid` if `url` is no web address.
        """
        ...

    async def close(self) -> None: ...
