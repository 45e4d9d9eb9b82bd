"""A client of tus 1.0 (tus.io/protocols/resumable-upload)."""

import base64

import httpx

from tests.support.api import Caller

STREAM = "application/offset+octet-stream"
VERSION = {"tus-resumable": "1.0.0"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Tus:
    """A client of the protocol for one upload."""

    def __init__(self, caller: Caller, location: str = "") -> None:
        self.http = caller._http
        self.location = location

    def create(self, size: int | str, metadata: str | None = None) -> httpx.Response:
        fields = {"upload-length": str(size)}
        fields["upload-metadata"] = metadata or f"filename {encoded('a.bin')}"
        answer = self.http.post("/v1/uploads", headers=VERSION | fields)
        self.location = answer.headers.get("location", "")
        return answer

    def send(self, offset: int | str, content: bytes, **fields: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in fields.items()}
        headers = VERSION | {"upload-offset": str(offset), "content-type": STREAM} | given
        return self.http.patch(self.location, content=content, headers=headers)

    def offset(self) -> int:
        answer = self.http.head(self.location, headers=VERSION)
        assert answer.status_code in {200, 204}, answer.status_code
        return int(answer.headers["upload-offset"])

    def file(self) -> bytes:
        answer = self.http.get(self.location.replace("uploads", "files"))
        assert answer.status_code == 200
        return answer.content
