"""Previews of web pages."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta

from backchannel.dialects.native.http.problems import problems
from backchannel.http.docs.samples import shown
from backchannel.http.requests import InjectedCore, StrictRequest
from backchannel.ports.previews import URL_LIMIT


class PreviewBody(msgspec.Struct, frozen=True):
    """The preview of a page, in plain text; fields that the page does not provide are null."""

    url: Annotated[
        str,
        Meta(description="The page, after redirects", examples=["https://example.org/harbour"]),
    ]
    title: Annotated[str | None, Meta(examples=["Mist over the harbour"])]
    description: Annotated[str | None, Meta(examples=["A walk at half past six."])]
    image_url: Annotated[
        str | None,
        Meta(description="Not fetched or checked", examples=["https://example.org/mist.jpg"]),
    ]
    site: Annotated[str | None, Meta(examples=["Example"])]


@get(
    "/preview",
    summary="Preview a web page",
    description="404 if previews are switched off, and for pages that have no title, cannot be "
    "reached, or are not on the public internet.",
    responses=problems(401, 404, 429),
)
async def get_preview(
    request: StrictRequest,
    core: InjectedCore,
    url: Annotated[
        str,
        QueryParameter(
            min_length=1,
            max_length=URL_LIMIT,
            description="http:// or https://",
            examples=shown("https://example.org/harbour"),
        ),
    ],
) -> PreviewBody:
    found = await core.previews.preview(request.user.user_id, url)
    return PreviewBody(found.url, found.title, found.description, found.image_url, found.site)


HANDLERS = [get_preview]
