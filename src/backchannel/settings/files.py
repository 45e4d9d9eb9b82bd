"""Settings for files: where they are kept, and limits on their size."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from backchannel.settings.groups import Bytes, Group


def check_files_url(url: str) -> str:
    """Check a files URL. Credentials are kept out of it, because URLs appear in logs."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise ValueError("leave credentials out; they are read from AWS_ACCESS_KEY_ID and so on")
    if parts.scheme == "s3" and parts.netloc:
        return url
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return url
    raise ValueError("files are kept at file:///folder or s3://bucket/prefix")


class Files(Group):
    """The files that users send each other."""

    url: Annotated[str, AfterValidator(check_files_url)] | None = Field(
        default=None,
        description="The place where files are kept: a local folder (`file:///folder`) or a bucket "
        "(`s3://bucket/prefix`) of an S3-compatible service, whose region, endpoint and "
        "credentials come from `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and "
        "`AWS_SECRET_ACCESS_KEY`. Unset: the folder `files` in `data_dir`.",
        examples=["s3://chat-files/production"],
    )
    max_size: Bytes = Field(
        default=100 << 20,
        ge=1_024,
        le=4 << 30,
        description="The largest file.",
        examples=[26_214_400],
    )
    quota: Bytes = Field(
        default=1 << 30,
        ge=1_024,
        le=1 << 50,
        description="The total size of one user's files, unfinished uploads included.",
        examples=[5_368_709_120],
    )
