"""The payload of the redo document: the statements of a batch, checked before any is applied."""

from typing import Any, Literal

import bson
import msgspec
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from backchannel.storage.mongodb.reader import converted
from backchannel.storage.mongodb.schema import BY_NAME
from backchannel.storage.mongodb.staging import Statements


class _Insert(msgspec.Struct, rename={"id": "_id"}):
    id: Any


class _Update(msgspec.Struct, forbid_unknown_fields=True):
    q: dict[str, Any]
    u: dict[str, Any]
    upsert: bool = False


class _Delete(msgspec.Struct, forbid_unknown_fields=True):
    q: dict[str, Any]
    limit: Literal[0, 1]


class _Payload(msgspec.Struct, forbid_unknown_fields=True):
    insert: dict[str, list[_Insert]] = {}
    update: dict[str, list[_Update]] = {}
    delete: dict[str, list[_Delete]] = {}


def statements_of(payload: bytes) -> Statements:
    """The statements in a payload made by `bson.encode`. Raises `ValueError`."""
    try:
        (checked,) = converted([bson.decode(payload)], _Payload)  # pyright: ignore[reportUnknownMemberType]
        raw = RawBSONDocument(payload)
    except (BSONError, msgspec.ValidationError, RecursionError) as error:
        raise ValueError(str(error)) from None
    for collection in (*checked.insert, *checked.update, *checked.delete):
        if collection not in BY_NAME:
            raise ValueError(f"there is no collection {collection}")
    return {command: dict(collections) for command, collections in raw.items()}
