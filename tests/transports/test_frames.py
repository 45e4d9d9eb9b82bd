"""The sending half of RFC 6455, read back by the `websockets` library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from backchannel.transports.websocket import close, frames


def read(data: bytes) -> list[Frame]:
    client = ClientProtocol(parse_uri("ws://chat.example/"), state=OPEN, max_size=None)
    client.receive_data(data)
    assert client.parser_exc is None
    return [event for event in client.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 1023, 1024, 65535, 65536, 1 << 20])
def test_every_length_is_read_back(size: int) -> None:
    payload = b"x" * size
    assert read(frames.encode(frames.BINARY, payload)) == [Frame(Opcode.BINARY, payload)]


def test_the_precomputed_headers_of_small_texts_are_correct() -> None:
    for size, header in enumerate(frames.TEXT_HEADERS):
        assert header == frames.header(frames.TEXT, size)


@given(st.sampled_from([1000, 1001, 1011, 1012, 1014, 3000, 4999]), st.text(max_size=200))
def test_close_payloads_are_read_back(code: int, reason: str) -> None:
    payload = close.encode(code, reason)
    assert len(payload) <= 125
    assert close.decode(payload)[0] == code
    assert reason.startswith(close.decode(payload)[1])
    assert read(frames.encode(frames.CLOSE, payload))[0].opcode == Opcode.CLOSE


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000])
def test_reserved_close_codes_are_not_sent(code: int) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        close.encode(code)


def test_close_code_1005_is_an_empty_payload() -> None:
    assert close.encode(1005) == b""
