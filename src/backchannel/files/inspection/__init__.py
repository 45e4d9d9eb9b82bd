"""A separate program that inspects one uploaded file, within narrow limits (rule S17)."""

import msgspec

CONTENT_ENDING = ".content"
THUMBNAIL_ENDING = ".thumbnail"
"""The suffix added to the upload's path for the files that the inspection makes."""


class InspectionReport(msgspec.Struct, kw_only=True):
    """The report of the inspecting process to its parent, one line of JSON.

    `refusal` says why the file is not taken; then nothing else counts.

    `rewritten` and `has_thumbnail` say which files were made beside the upload.
    """

    media_type: str = ""
    refusal: str = ""
    rewritten: bool = False
    has_thumbnail: bool = False
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    placeholder: str = ""
