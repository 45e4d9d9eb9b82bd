"""Packets in an HTTP body (Engine.IO 4, "Packet encoding")."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.transports.engineio.packets import (
    TYPES,
    Binary,
    InvalidPayload,
    Packet,
    decode_payload,
    encode_payload,
    size,
)

text = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
text_packets = st.builds(lambda kind, data: kind + data.encode(), st.sampled_from([*TYPES]), text)
packets = st.lists(text_packets | st.binary().map(Binary), min_size=1)


@given(packets)
def test_any_packets_survive_a_payload(sent: list[Packet]) -> None:
    assert [*decode_payload(encode_payload(sent))] == sent


@given(st.binary())
def test_any_bytes_are_packets_or_invalid(payload: bytes) -> None:
    try:
        packets = [*decode_payload(payload)]
    except InvalidPayload:
        return
    assert [*decode_payload(encode_payload(packets))] == packets


def test_the_example_of_the_protocol_is_encoded() -> None:
    sent: list[Packet] = [b"4hello", Binary(bytes([1, 2, 3, 4]))]
    assert encode_payload(sent) == b"4hello\x1ebAQIDBA=="
    assert [size(packet) for packet in sent] == [6, 4]


def test_R13_many_packets_take_little_more_memory_than_their_payload() -> None:
    payload = b"\x1e".join([b"4a"] * 100_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in decode_payload(payload)) == 100_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(payload)


@pytest.mark.parametrize("payload", [b"", b"7", b"\x1e4", b"4\x1e", b"4\xff", b"bA", b"b\x00"])
def test_other_payloads_are_invalid(payload: bytes) -> None:
    with pytest.raises(InvalidPayload):
        assert not [*decode_payload(payload)]
