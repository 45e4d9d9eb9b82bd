"""Packets in an HTTP body (Engine.IO 4, "Packet encoding")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.transports.engineio import payloads
from backchannel.transports.engineio.packets import TYPES, Binary, Packet, size
from backchannel.transports.engineio.payloads import InvalidPayload

text = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
text_packets = st.builds(lambda kind, data: kind + data.encode(), st.sampled_from([*TYPES]), text)
packets = st.lists(text_packets | st.binary().map(Binary), min_size=1)


@given(packets)
def test_any_packets_survive_a_payload(sent: list[Packet]) -> None:
    assert payloads.decode(payloads.encode(sent)) == sent


@given(st.binary())
def test_any_bytes_are_packets_or_invalid(payload: bytes) -> None:
    try:
        packets = payloads.decode(payload)
    except InvalidPayload:
        return
    assert payloads.decode(payloads.encode(packets)) == packets


def test_the_documents_example() -> None:
    sent: list[Packet] = [b"4hello", Binary(bytes([1, 2, 3, 4]))]
    assert payloads.encode(sent) == b"4hello\x1ebAQIDBA=="
    assert [size(packet) for packet in sent] == [6, 4]


@pytest.mark.parametrize("payload", [b"", b"7", b"\x1e4", b"4\x1e", b"4\xff", b"bA", b"b\x00"])
def test_anything_else_is_invalid(payload: bytes) -> None:
    with pytest.raises(InvalidPayload):
        payloads.decode(payload)
