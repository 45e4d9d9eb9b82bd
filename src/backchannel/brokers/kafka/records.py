"""The codec of the records on Kafka.

A record is MessagePack: the channel it is for (empty: all), the channel it is from with its
partition, and a body. A signature precedes it: programs without the key may write to the same
broker.
"""

import hmac
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

SIGNATURE = 16
"""Bytes of a signature: BLAKE2b with a key."""
DIGEST = 8
"""Bytes of the digest that stands for a topic in records about subscriptions."""


class Heartbeat(msgspec.Struct, frozen=True, tag="beat", array_like=True):
    """A heartbeat for all; the last one says that the channel leaves."""

    leaving: bool = False


class Ask(msgspec.Struct, frozen=True, tag="ask", array_like=True):
    """A request for all topics that the other channel subscribes to."""


class Want(msgspec.Struct, frozen=True, tag="want", array_like=True):
    """Topics that the sender also subscribes to from now on; with `whole`, all of its topics."""

    number: int
    digests: list[bytes]
    whole: bool = False


class Unwant(msgspec.Struct, frozen=True, tag="unwant", array_like=True):
    """Topics from which the sender unsubscribes."""

    digests: list[bytes]


class Done(msgspec.Struct, frozen=True, tag="done", array_like=True):
    """The answer to the `Want` of this number: messages published from now on are sent."""

    number: int


class Data(msgspec.Struct, frozen=True, tag="data", array_like=True):
    """A message of a topic to which the receiver subscribes."""

    topic: str
    payload: bytes


Body = Heartbeat | Ask | Want | Unwant | Done | Data


class RemoteChannel(NamedTuple):
    """A channel of a node, and the partition it reads."""

    name: str
    partition: int


class Record(msgspec.Struct, frozen=True, array_like=True):
    to: str
    sender: RemoteChannel
    body: Body


class Codec:
    """Encodes records, and decodes those of channels with the same key, of 64 bytes at most."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Record).decode

    def encode(self, record: Record) -> bytes:
        content = self._encode(record)
        return self._signature(content) + content

    def decode(self, value: bytes | None) -> Record | None:
        """The record in a value; None if it has none, or another signature."""
        signature, content = (value or b"")[:SIGNATURE], (value or b"")[SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(content)):
            return None
        try:
            return self._decode(content)
        except msgspec.MsgspecError:  # of another version
            return None

    def _signature(self, content: bytes) -> bytes:
        return blake2b(content, key=self._key, digest_size=SIGNATURE).digest()


def digest(topic: str) -> bytes:
    """The short name of a topic; two topics that share one cost a needless record."""
    return blake2b(topic.encode(), digest_size=DIGEST).digest()


def digests(topics: Sequence[str]) -> list[bytes]:
    return [digest(topic) for topic in topics]
