"""A user who enters text everywhere, and a search for it in every byte (S22)."""

import base64
import io
import json
import time
import zipfile

from tests.support import media
from tests.support.api import Api, Caller, Json
from tests.support.process import ServerProcess

TIMEOUT = 90.0
"""Seconds until a small account must be erased, on a busy machine."""
CANARY = "kanarienvogel"
KEPT = (
    "name",
    "shown",
    "about",
    "mail",
    "agent",
    "body",
    "edited",
    "long",
    "key",
    "session",
    "title",
    "question",
    "file",
    "content",
    "upload",
    "begun",
)
"""The places where a text of Ada's must be on disk before she goes."""
FLEETING = ("before-edit", "deleted", "search", "photo", "ended")
"""Those where it may be gone by then, and must be afterwards."""


def canary(place: str) -> str:
    return f"{CANARY}-{place}-sings"


def found(server: ServerProcess) -> set[str]:
    """The places whose canary is in any file of the server, including its log."""
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    contents = [path.read_bytes() for path in files]
    return {
        place
        for place in (*KEPT, *FLEETING)
        if any(canary(place).encode() in content for content in contents)
    }


def fill(api: Api, ada: Caller, bob: Caller) -> None:
    """Let Ada enter text wherever she can."""
    sent = ada.send(bob, canary("body"), client_id=canary("key"))
    messages = f"/v1/conversations/{sent['conversation_id']}/messages"
    ada.send(bob, canary("before-edit"))
    ada.done("PATCH", f"{messages}/2", json={"body": canary("edited")})
    ada.send(bob, canary("deleted"))
    ada.done("DELETE", f"{messages}/3")
    ada.send(bob, "long " * 12_000 + canary("long"))
    bob.send(ada, "these are Bob's words", reply_to=1)
    ada.done("PUT", f"{messages}/5/reactions/🐤")
    bob.done("PUT", f"{messages}/1/reactions/👍")
    session = ada.post("/v1/sessions", key=canary("session"), name=canary("title"))
    ada.post("/v1/messages", conversation_id=session["id"], body=canary("question"))
    ada.get("/v1/search", q=canary("search"))
    text = upload(ada, f"{canary('file')}.txt", canary("content").encode())
    photo = upload(ada, "photo.png", media.png() + canary("photo").encode())
    ada.send(bob, "look", files=[text["id"], photo["id"]])
    create_upload(ada)
    ada.done("PATCH", "/v1/me", json={"about": canary("about")})
    for number in range(60):
        ada.send(
            bob, f"{canary('body')} {number} {'x' * 200}", client_id=f"{number}{canary('key')}"
        )
        bob.send(ada, f"Bob's answer {number}")


def upload(caller: Caller, name: str, content: bytes) -> Json:
    return caller.done("POST", "/v1/files", files={"file": (name, content)})


def create_upload(caller: Caller) -> None:
    """Create half of an upload, which is never completed."""
    name = base64.b64encode(canary("upload").encode()).decode()
    content = canary("begun").encode()
    fields = {"tus-resumable": "1.0.0", "upload-metadata": f"filename {name}"}
    length = {"upload-length": str(2 * len(content))}
    begun = caller._http.post("/v1/uploads", headers=fields | length)
    sending = {"upload-offset": "0", "content-type": "application/offset+octet-stream"}
    caller._http.patch(begun.headers["location"], content=content, headers=fields | sending)


def exported(caller: Caller) -> zipfile.ZipFile:
    answer = caller._http.get("/v1/me/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.content))


def lines(archive: zipfile.ZipFile, name: str) -> list[Json]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def completed(api: Api, url: str) -> Json:
    """The receipt, once the erasure is complete."""
    until = time.monotonic() + TIMEOUT
    while (receipt := api.anonymous.get(url))["status"] != "done":
        assert time.monotonic() < until, receipt
        time.sleep(0.05)
    return receipt
