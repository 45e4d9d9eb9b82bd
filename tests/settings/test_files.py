"""The settings of the storage of files."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from backchannel.settings.groups import Files
from backchannel.settings.model import Settings


def test_files_are_in_the_data_folder_by_default(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).files_url == f"file://{tmp_path / 'files'}"
    chosen = Settings(files=Files(url="s3://bucket/prefix"))
    assert chosen.files_url == "s3://bucket/prefix"


@pytest.mark.parametrize("url", ["file:///var/lib/files", "s3://bucket", "s3://bucket/a/b"])
def test_a_folder_and_a_bucket_are_accepted(url: str) -> None:
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
def test_other_file_urls_are_refused_without_printing_them(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Files(url=url)
    assert "secret" not in str(refused.value).replace("AWS_SECRET", "")
