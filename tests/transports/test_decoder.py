"""The receiving half of RFC 6455, checked by the `websockets` library and by hand."""

import runpy
import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from backchannel.transports.websocket import close
from backchannel.transports.websocket.close import ConnectionFailed
from backchannel.transports.websocket.decoder import Decoder
from backchannel.transports.websocket.deflate import Agreement, Inflater
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.frames import __file__ as masking
from tests.transports.harness import masked

PLAIN = Agreement(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=15,
    client_max_window_bits=15,
)


@dataclass
class Recorder:
    """Collects what the decoder reports, in order."""

    seen: list[tuple[str, object]] = field(default_factory=list)

    def text_received(self, payload: bytes) -> None:
        self.seen.append(("text", payload))

    def binary_received(self, payload: bytes) -> None:
        self.seen.append(("binary", payload))

    def ping_received(self, payload: bytes) -> None:
        self.seen.append(("ping", payload))

    def close_received(self, code: int, reason: str) -> None:
        self.seen.append(("close", (code, reason)))

    def turn_over(self) -> None: ...


def decode(data: bytes, *cuts: int, limits: Limits | None = None) -> list[tuple[str, object]]:
    """Feed `data` in the parts that `cuts` make of it."""
    recorder = Recorder()
    decoder = Decoder(recorder, recorder, limits or Limits())
    for start, end in pairwise([0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]):
        decoder.feed(data[start:end])
    return recorder.seen


def failure(data: bytes, *, limits: Limits | None = None) -> int:
    with pytest.raises(ConnectionFailed) as failed:
        decode(data, limits=limits)
    return failed.value.code


messages = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.text(max_size=300).map(str.encode)),
        st.tuples(st.just("text"), st.integers(120, 70_000).map(lambda n: b"x" * n)),
        st.tuples(st.just("binary"), st.binary(max_size=300)),
        st.tuples(st.just("ping"), st.binary(max_size=125)),
    ),
    max_size=8,
)


def frames_of(kind: str, payload: bytes, pieces: int) -> bytes:
    """Encode a message, in `pieces` fragments with a pong in between if it is data."""
    if kind == "ping":
        return masked(Opcode.PING, payload)
    size = -(-len(payload) // pieces) or 1
    parts = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    encoded = b""
    for number, part in enumerate(parts):
        opcode = Opcode[kind.upper()] if number == 0 else Opcode.CONT
        encoded += masked(opcode, part, fin=number == len(parts) - 1)
        encoded += masked(Opcode.PONG, b"any time")
    return encoded


@given(messages, st.lists(st.integers(0, 10**6), max_size=12), st.integers(1, 5))
def test_any_split_of_the_stream_gives_the_same_messages(
    sent: list[tuple[str, bytes]], cuts: list[int], pieces: int
) -> None:
    data = b"".join(frames_of(kind, payload, pieces) for kind, payload in sent)
    assert decode(data, *cuts) == sent


@pytest.mark.parametrize("text", ["", "a", "grüße", "€" * 40_000, "🦉" * 20])
def test_frames_are_decoded_byte_by_byte(text: str) -> None:
    data = masked(Opcode.TEXT, text.encode())
    assert decode(data, *range(min(len(data), 5_000))) == [("text", text.encode())]


@given(st.binary(max_size=200))
def test_random_bytes_wait_or_fail_cleanly(garbage: bytes) -> None:
    with suppress(ConnectionFailed):
        decode(garbage)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(Frame(Opcode.TEXT, b"hi").serialize(mask=False), id="unmasked"),
        pytest.param(Frame(Opcode.TEXT, b"x" * 200).serialize(mask=False), id="unmasked, long"),
        pytest.param(masked(Opcode.TEXT, b"hi", rsv1=True), id="RSV1 without an extension"),
        pytest.param(b"\x91\x80\0\0\0\0", id="RSV3"),
        pytest.param(b"\x83\x80\0\0\0\0", id="reserved data opcode"),
        pytest.param(b"\x8b\x80\0\0\0\0", id="reserved control opcode"),
        pytest.param(b"\x09\x80\0\0\0\0", id="fragmented ping"),
        pytest.param(b"\x89\xfe\x00\x7e\0\0\0\0", id="long ping"),
        pytest.param(b"\x81\xfe\x00\x7d\0\0\0\0", id="16 bit length for 125 bytes"),
        pytest.param(b"\x81\xff" + (65535).to_bytes(8) + b"\0\0\0\0", id="64 bit for 65535"),
        pytest.param(b"\x82\xff" + (1 << 63).to_bytes(8) + b"\0\0\0\0", id="topmost length bit"),
        pytest.param(masked(Opcode.CONT, b"hi"), id="nothing to continue"),
        pytest.param(masked(Opcode.TEXT, b"", fin=False) * 2, id="a message within a message"),
        pytest.param(masked(Opcode.CLOSE, b"\x03"), id="half a close code"),
        pytest.param(masked(Opcode.CLOSE, (1005).to_bytes(2)), id="close code 1005"),
        pytest.param(masked(Opcode.CLOSE, (2999).to_bytes(2)), id="close code 2999"),
    ],
)
def test_a_protocol_violation_is_1002(data: bytes) -> None:
    assert failure(data) == 1002


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(masked(Opcode.TEXT, b"\xff"), id="whole frame"),
        pytest.param(masked(Opcode.TEXT, b"\xc3"), id="cut character"),
        pytest.param(masked(Opcode.TEXT, b"\xed\xa0\x80"), id="surrogate"),
        pytest.param(masked(Opcode.TEXT, b"ok\xff", fin=False), id="unfinished message"),
        pytest.param(masked(Opcode.TEXT, b"\xf4\x90" + b"." * 90)[:9], id="unfinished frame"),
        pytest.param(masked(Opcode.CLOSE, b"\x03\xe8\xff"), id="close reason"),
    ],
)
def test_text_that_is_not_utf8_fails_at_once_with_1007(data: bytes) -> None:
    assert failure(data) == 1007


def test_S18_oversized_frames_are_refused_before_their_payload() -> None:
    limits = Limits(frame=1000, message=1500, fragments=3)
    assert failure(masked(Opcode.TEXT, b"x" * 1001)[:8], limits=limits) == 1009
    assert failure(b"\x82\xff" + (1 << 40).to_bytes(8) + b"mask", limits=limits) == 1009
    part = masked(Opcode.BINARY, b"x" * 800, fin=False)
    too_long = masked(Opcode.CONT, b"x" * 701)[:8]
    assert failure(part + too_long, limits=limits) == 1009
    crumb = masked(Opcode.CONT, b"", fin=False)
    assert failure(masked(Opcode.TEXT, b"", fin=False) + 3 * crumb, limits=limits) == 1009


def test_messages_at_the_exact_limits_pass() -> None:
    limits = Limits(frame=1000, message=1500, fragments=2)
    data = masked(Opcode.TEXT, b"x" * 1000, fin=False) + masked(Opcode.CONT, b"y" * 500)
    assert decode(data, limits=limits) == [("text", b"x" * 1000 + b"y" * 500)]


def test_nothing_is_read_after_a_close_frame() -> None:
    data = masked(Opcode.CLOSE, b"\x0f\xa0bye") + masked(Opcode.TEXT, b"still there?")
    assert decode(data) == [("close", (4000, "bye"))]
    assert decode(masked(Opcode.CLOSE, b"")) == [("close", (1005, ""))]


def test_a_muted_decoder_reports_control_frames_only() -> None:
    recorder = Recorder()
    decoder = Decoder(recorder, recorder, Limits())
    decoder.mute()
    decoder.feed(masked(Opcode.TEXT, b"late") + masked(Opcode.PING, b"?"))
    assert recorder.seen == [("ping", b"?")]


def test_a_handler_that_closes_gets_no_more_messages_of_the_same_read() -> None:
    class Closing(Recorder):
        def text_received(self, payload: bytes) -> None:
            super().text_received(payload)
            decoder.mute()

    recorder = Closing()
    decoder = Decoder(recorder, recorder, Limits())
    decoder.feed(masked(Opcode.TEXT, b"one") + masked(Opcode.TEXT, b"two"))
    assert recorder.seen == [("text", b"one")]


def test_compressed_text_is_inflated_and_checked() -> None:
    def feed(plain: bytes) -> list[tuple[str, object]]:
        stream = zlib.compressobj(wbits=-15)
        data = (stream.compress(plain) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
        recorder = Recorder()
        decoder = Decoder(recorder, recorder, Limits(), Inflater(PLAIN))
        decoder.feed(masked(Opcode.TEXT, data[:3], fin=False, rsv1=True))
        decoder.feed(masked(Opcode.CONT, data[3:]))
        return recorder.seen

    text = "grüße".encode() * 50
    assert feed(text) == [("text", text)]
    with pytest.raises(ConnectionFailed, match="UTF-8"):
        feed(b"\xff" * 50)


def test_masking_works_without_the_c_module(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = runpy.run_path(masking)["apply_mask"]
    monkeypatch.setitem(sys.modules, "websockets.speedups", None)
    pure = runpy.run_path(masking)["apply_mask"]
    assert fast is not pure
    for size in range(10):
        assert fast(bytes(size), b"mask") == pure(bytes(size), b"mask")


def test_R13_frames_received_while_paused_are_delivered_once_and_in_order() -> None:
    class Busy(Recorder):
        def text_received(self, payload: bytes) -> None:
            super().text_received(payload)
            if payload.startswith(b"slow"):
                decoder.pause()

    texts = [b"one", b"slow 2", b"three", b"slow " + b"4" * 300, b"five" * 50_000, b"six"]
    data = b"".join(masked(Opcode.TEXT, text) for text in texts) + masked(Opcode.PING, b"?")
    for size in (1, 7, 100, 1_000, len(data)):
        recorder = Busy()
        decoder = Decoder(recorder, recorder, Limits())
        for start in range(0, len(data), size):
            decoder.feed(data[start : start + size])
        seen_while_paused = len(recorder.seen)
        while decoder.paused:
            decoder.resume()
            decoder.feed(b"")
        assert seen_while_paused == 2
        assert recorder.seen == [*(("text", text) for text in texts), ("ping", b"?")]


@pytest.mark.parametrize("kind", [Opcode.TEXT, Opcode.BINARY])
def test_S18_a_socket_without_a_login_may_send_small_messages_only(kind: Opcode) -> None:
    limits = Limits(stranger_message=1_000)
    for trusted in (False, True):
        recorder = Recorder()
        decoder = Decoder(recorder, recorder, limits)
        decoder.feed(masked(kind, b"x" * 1_000))
        if trusted:
            decoder.trust()
            decoder.feed(masked(kind, b"x" * 1_001))
        else:
            with pytest.raises(ConnectionFailed) as failed:
                decoder.feed(masked(kind, b"x" * 1_001)[:100])
            assert failed.value.code == close.TOO_BIG
        assert len(recorder.seen) == 1 + trusted
