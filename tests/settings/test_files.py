"""Where files are kept."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from backchannel.settings.files import Files
from backchannel.settings.model import Settings


def test_files_lie_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).files_url == f"file://{tmp_path / 'files'}"
    chosen = Settings(files=Files(url="s3://bucket/prefix"))
    assert chosen.files_url == "s3://bucket/prefix"


@pytest.mark.parametrize("url", ["file:///var/lib/files", "s3://bucket", "s3://bucket/a/b"])
def test_a_folder_and_a_bucket_are_taken(url: str) -> None:
    assert Files(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files",
        "file://relative/folder",
        "s3://",
        "ftp://host/folder",
        "s3://key:secret@bucket",
        "s3://bucket?token=x",
    ],
)
def test_everything_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Files(url=url)
    assert "secret" not in str(refused.value).replace("AWS_SECRET", "")
