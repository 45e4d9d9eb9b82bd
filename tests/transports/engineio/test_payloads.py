"""Packets in an HTTP body (Engine.IO 4, "Packet encoding")."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.engineio.packets import (
    PACKET_COST,
    TURN,
    TYPES,
    Binary,
    InvalidPayload,
    Packet,
    TooManyPackets,
    decode_payload,
    encode_payload,
    size,
    turns,
)

MOST = EngineIoSettings().packets

text = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
text_packets = st.builds(lambda kind, data: kind + data.encode(), st.sampled_from([*TYPES]), text)
packets = st.lists(text_packets | st.binary().map(Binary), min_size=1)


@given(packets)
def test_any_packets_survive_a_payload(sent: list[Packet]) -> None:
    assert [*decode_payload(encode_payload(sent), MOST)] == sent


@given(st.binary())
def test_any_bytes_are_packets_or_invalid(payload: bytes) -> None:
    try:
        packets = [*decode_payload(payload, MOST)]
    except InvalidPayload:
        return
    assert [*decode_payload(encode_payload(packets), MOST)] == packets


def test_the_example_of_the_protocol_is_encoded() -> None:
    sent: list[Packet] = [b"4hello", Binary(bytes([1, 2, 3, 4]))]
    assert encode_payload(sent) == b"4hello\x1ebAQIDBA=="
    assert [size(packet) for packet in sent] == [6, 4]


def test_R13_many_packets_take_little_more_memory_than_their_payload() -> None:
    payload = b"\x1e".join([b"b" + b"A" * 128] * MOST)
    tracemalloc.start()
    try:
        assert sum(1 for _ in decode_payload(payload, MOST)) == MOST
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(payload)


@pytest.mark.parametrize("packet", [b"4", b"4" * 1_000, Binary(b"x" * 1_000), b"4" * TURN])
def test_R14_packets_are_taken_in_turns_of_bounded_work(packet: Packet) -> None:
    sent = [packet] * 300
    taken = [*turns(sent)]
    assert [each for turn in taken for each in turn] == sent
    cost = PACKET_COST + size(packet)
    assert {len(turn) for turn in taken[:-1]} == {-(-TURN // cost)}
    assert [*turns([])] == []


def test_a_payload_has_a_limited_number_of_packets() -> None:
    assert len([*decode_payload(b"\x1e".join([b"6"] * MOST), MOST)]) == MOST
    with pytest.raises(TooManyPackets):
        decode_payload(b"\x1e".join([b"6"] * (MOST + 1)), MOST)


@pytest.mark.parametrize("payload", [b"", b"7", b"\x1e4", b"4\x1e", b"4\xff", b"bA", b"b\x00"])
def test_other_payloads_are_invalid(payload: bytes) -> None:
    with pytest.raises(InvalidPayload):
        assert not [*decode_payload(payload, MOST)]
