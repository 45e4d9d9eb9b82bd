"""S23: a damaged payload is read whole or refused; nothing else happens."""

import contextlib

import bson
from bson.raw_bson import RawBSONDocument

from backchannel.storage.mongodb.payload import statements_of
from backchannel.storage.mongodb.staging import Statements

BATCH: Statements = {
    "insert": {"backchannel.messages": [RawBSONDocument(bson.encode({"_id": 1, "body": "é"}))]},
    "update": {
        "backchannel.users": [
            RawBSONDocument(
                bson.encode({"q": {"_id": "a"}, "u": {"$set": {"batch": 2}}, "upsert": True})
            )
        ]
    },
    "delete": {"backchannel.log": [RawBSONDocument(bson.encode({"q": {"_id": 3}, "limit": 0}))]},
}


def test_S23_a_payload_holds_the_statements_of_a_batch() -> None:
    assert statements_of(bson.encode(BATCH)) == BATCH
    assert statements_of(bson.encode({})) == {}


def test_S23_a_payload_with_a_wrong_byte_is_read_whole_or_refused() -> None:
    payload = bson.encode(BATCH)
    refused = 0
    for index in range(len(payload)):
        for byte in (0, 1, 0x7F, 0xFF, payload[index] ^ 1):
            damaged = payload[:index] + bytes([byte]) + payload[index + 1 :]
            try:
                statements = statements_of(damaged)
            except ValueError:
                refused += 1
            else:
                bson.decode(bson.encode(statements))
    assert refused > len(payload)


def test_S23_a_payload_that_was_cut_off_is_refused() -> None:
    payload = bson.encode(BATCH)
    for length in range(len(payload)):
        with contextlib.suppress(ValueError):
            raise AssertionError(statements_of(payload[:length]))
