"""Packets written and read (Socket.IO 5, "Packet encoding"), attachments included."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.transports.json_values import MOST_VALUES
from backchannel.transports.socketio import packets
from backchannel.transports.socketio.decoder import RESERVED, Decoder, parse
from backchannel.transports.socketio.endpoint import SocketIoSettings
from backchannel.transports.socketio.packets import (
    InvalidPacket,
    Packet,
    encode,
    encode_event,
    extract,
    has_binary,
    restore,
)

text = st.text(st.characters(exclude_categories=["Cs"]))
number = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
keys = text.filter(lambda key: key != "_placeholder")
json = st.recursive(
    st.none() | st.booleans() | number | text | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
    max_leaves=10,
)
plain = st.dictionaries(text, st.none() | st.booleans() | text)
namespaces = st.just("/") | text.map(lambda name: "/" + name.replace(",", "."))
ids = st.integers(0, 10**15 - 1)
names = text.filter(lambda name: name not in RESERVED)
events = st.tuples(names, st.lists(json)).map(lambda event: [event[0], *event[1]])
any_packet = st.one_of(
    st.builds(Packet, st.just(packets.CONNECT), namespaces, st.none() | plain),
    st.builds(Packet, st.just(packets.DISCONNECT), namespaces),
    st.builds(Packet, st.just(packets.EVENT), namespaces, events, st.none() | ids),
    st.builds(Packet, st.just(packets.ACK), namespaces, st.lists(json), ids),
    st.builds(Packet, st.just(packets.CONNECT_ERROR), namespaces, plain | text),
)


def read(decoder: Decoder, packet: Packet) -> Packet | None:
    encoded = encode(packet)
    received = decoder.text(encoded.text)
    for attachment in encoded.attachments:
        assert received is None
        received = decoder.binary(attachment)
    return received


@given(st.lists(any_packet, min_size=1))
def test_any_packets_survive_the_journey(sent: list[Packet]) -> None:
    decoder = Decoder(SocketIoSettings(attachments=1000))
    for packet in sent:
        assert read(decoder, packet) == packet


@given(st.binary() | text.map(str.encode) | any_packet.map(lambda packet: encode(packet).text))
def test_any_bytes_are_a_packet_or_invalid(payload: bytes) -> None:
    try:
        packet, _ = parse(payload)
    except InvalidPacket:
        return
    except UnicodeDecodeError:
        return  # the transport has checked that text is UTF-8
    assert packet.type in range(7)


@given(json)
def test_bytes_are_found_at_any_depth(data: Any) -> None:
    holds_binary = has_binary(data)
    replaced, found = extract(data)
    assert holds_binary == bool(found)
    assert not has_binary(replaced)
    assert restore(replaced, found) == data


@pytest.mark.parametrize(
    ("packet", "text", "attachments"),
    [
        (Packet(packets.CONNECT), b"0", ()),
        (
            Packet(packets.CONNECT, "/admin", {"sid": "oSO0OpakMV_3jnilAAAA"}),
            b'0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}',
            (),
        ),
        (
            Packet(packets.CONNECT_ERROR, data={"message": "Not authorized"}),
            b'4{"message":"Not authorized"}',
            (),
        ),
        (Packet(packets.EVENT, data=["foo"]), b'2["foo"]', ()),
        (Packet(packets.EVENT, "/admin", ["bar"]), b'2/admin,["bar"]', ()),
        (
            Packet(packets.EVENT, data=["baz", bytes([1, 2, 3, 4])]),
            b'51-["baz",{"_placeholder":true,"num":0}]',
            (bytes([1, 2, 3, 4]),),
        ),
        (
            Packet(packets.EVENT, "/admin", ["baz", b"\x01\x02", b"\x03\x04"]),
            b'52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
            (b"\x01\x02", b"\x03\x04"),
        ),
        (Packet(packets.EVENT, data=["foo"], id=12), b'212["foo"]', ()),
        (Packet(packets.ACK, "/admin", ["bar"], 13), b'3/admin,13["bar"]', ()),
        (
            Packet(packets.ACK, data=["bar", bytes([1, 2, 3, 4])], id=15),
            b'61-15["bar",{"_placeholder":true,"num":0}]',
            (bytes([1, 2, 3, 4]),),
        ),
        (Packet(packets.DISCONNECT), b"1", ()),
        (Packet(packets.DISCONNECT, "/admin"), b"1/admin,", ()),
    ],
)
def test_the_examples_of_the_protocol_are_encoded_and_decoded(
    packet: Packet, text: bytes, attachments: tuple[bytes]
) -> None:
    encoded = encode(packet)
    assert (encoded.text, encoded.attachments) == (text, attachments)
    assert read(Decoder(SocketIoSettings()), packet) == packet


def test_every_kind_of_bytes_is_an_attachment() -> None:
    data = [b"a", bytearray(b"b"), memoryview(b"c"), ("d", {"e": b"f"})]
    assert extract(data)[1] == [b"a", b"b", b"c", b"f"]


def test_a_placeholder_without_attachments_is_plain_data() -> None:
    packet, _ = parse(b'2["a",{"_placeholder":true,"num":0}]')
    assert packet.data == ["a", {"_placeholder": True, "num": 0}]


def test_an_event_encoded_in_advance_is_the_same_packet() -> None:
    assert encode_event("foo", 1) == encode(Packet(packets.EVENT, data=["foo", 1])).text
    text = encode(Packet(packets.EVENT, "/a", ["foo"])).text
    assert encode_event("foo", namespace="/a") == text


def test_nesting_is_bounded() -> None:
    nested: Any = {"_placeholder": True, "num": 0}
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(InvalidPacket, match="deeply"):
        restore(nested, [b"x"])


FILLINGS = [b"[]", b"{}", b"1", b'""', b'"a"', b'{"a":1}', rb'"\\"', rb'"\""', b"[[[[]]]]"]


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("head", [b'2["x",%b]', b'51-["x",%b]', b"31[%b]", b'0{"a":[%b]}'])
def test_S18_a_packet_has_a_limited_number_of_values(head: bytes, filling: bytes) -> None:
    few = b",".join([filling] * (MOST_VALUES // 10))
    parse(head % few)
    with pytest.raises(InvalidPacket, match="more than 10,000 JSON values"):
        parse(head % b",".join([filling] * (MOST_VALUES + 1)))


@pytest.mark.parametrize("text", [b",", b"[{", rb"\",", rb"\\,", rb"\\\",[", "ä,".encode()])
def test_text_may_hold_any_number_of_commas_and_brackets(text: bytes) -> None:
    long = text * 30_000
    packet, _ = parse(b'2["x","%b",{"a":"%b"}]' % (long, text))
    expected = [msgspec.json.decode(b'"%b"' % each) for each in (long, text)]
    assert packet.data == ["x", expected[0], {"a": expected[1]}]
