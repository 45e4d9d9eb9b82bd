"""Files over the native API."""

import httpx

from tests.support.api import Caller, Json


def upload(caller: Caller, content: bytes, name: str = "a.bin", kind: str = "") -> Json:
    answer = caller.ask("POST", "/v1/files", files={"file": (name, content, kind or None)})
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


def fetch(caller: Caller, path: str, **headers: str) -> httpx.Response:
    return caller._http.get(path, headers={key.replace("_", "-"): headers[key] for key in headers})
