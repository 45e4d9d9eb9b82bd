"""An erasure up to its scrub, and files to erase."""

from backchannel.domain.erasures import Erasure, new_erasure
from backchannel.domain.files import FileRecord, Upload
from backchannel.domain.ids import new_id
from backchannel.ports.storage import Storage
from tests.storage.people import AT


async def erase(storage: Storage, user_id: str, *, limit: int = 3) -> Erasure:
    """Carry out an erasure in many small parts."""
    erasure = new_erasure(user_id, at=AT + 10)
    await storage.request_erasure(erasure)
    while not (await storage.erase_part(erasure.id, limit=limit, at=AT + 11)).complete:
        pass
    return erasure


async def make_file(storage: Storage, owner_id: str, name: str) -> FileRecord:
    upload = Upload(id=new_id(), owner_id=owner_id, name=name, media_type="", size=3, created_at=AT)
    await storage.create_upload(upload, quota=1 << 30)
    record = FileRecord(
        id=upload.id,
        owner_id=owner_id,
        name=name,
        media_type="text/plain",
        size=3,
        sha256="0" * 64,
        created_at=AT,
        blocks="0" * 64,
        upload_size=3,
    )
    await storage.finish_upload(record)
    return record
