"""The commands that apply the statements of a batch, and their answers."""

from collections.abc import Iterator
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError, WriteConcernError

COMMAND_BYTES = 4 << 20
COMMAND_STATEMENTS = 250
"""The most statements in one command: the event loop is blocked while it is encoded."""

_DUPLICATE_KEY = 11_000
_ARGUMENT = {"insert": "documents", "update": "updates", "delete": "deletes"}


def split(
    command: str, collection: str, statements: list[RawBSONDocument]
) -> Iterator[dict[str, Any]]:
    """The commands for the statements of a collection, without their write concern."""
    for chunk in _chunks(statements):
        yield {command: collection, _ARGUMENT[command]: chunk, "ordered": False}


def _chunks(statements: list[RawBSONDocument]) -> list[list[RawBSONDocument]]:
    chunks: list[list[RawBSONDocument]] = []
    size = 0
    for each in statements:
        size += len(each.raw)
        if not chunks or size > COMMAND_BYTES or len(chunks[-1]) == COMMAND_STATEMENTS:
            chunks.append([])
            size = len(each.raw)
        chunks[-1].append(each)
    return chunks


def require_applied(answer: dict[str, Any]) -> None:
    """Raise `PyMongoError` unless each statement has been applied, now or before.

    A document that is there already was put there by the same batch, or changed since.
    """
    failed = [
        error
        for error in answer.get("writeErrors", ())
        if error["code"] != _DUPLICATE_KEY or set(error.get("keyPattern", ())) != {"_id"}
    ]
    if failed:
        raise BulkWriteError({"writeErrors": failed})
    if concern := answer.get("writeConcernError"):
        raise WriteConcernError(concern["errmsg"], concern["code"])
