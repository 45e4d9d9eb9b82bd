"""The amount of data that is read from a socket in one turn (rule R14)."""

import zlib
from math import ceil

import pytest
from websockets.frames import Opcode

from backchannel.transports.websocket.decoder import CONTROL_COST, MESSAGE_COST, TURN, Decoder
from backchannel.transports.websocket.deflate import Agreement, Inflater
from backchannel.transports.websocket.endpoint import Limits
from tests.transports.harness import masked

PLAIN = Agreement(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=15,
    client_max_window_bits=15,
)


class Fair:
    """Pauses its decoder at the end of each turn, and counts the messages received."""

    def __init__(self) -> None:
        self.decoder: Decoder
        self.seen: list[bytes] = []

    def received(self, payload: bytes) -> None:
        self.seen.append(payload)

    text_received = binary_received = ping_received = received

    def close_received(self, code: int, reason: str) -> None: ...

    def turn_over(self) -> None:
        self.decoder.pause()


def reader(inflater: Inflater | None = None) -> tuple[Decoder, list[bytes]]:
    fair = Fair()
    fair.decoder = Decoder(fair, fair, Limits(), inflater)
    return fair.decoder, fair.seen


TURNS = [
    (masked(Opcode.TEXT, b"x"), MESSAGE_COST + 1),
    (masked(Opcode.TEXT, b"x" * 1_000), MESSAGE_COST + 1_000),
    (masked(Opcode.BINARY, b"x" * 1_000), MESSAGE_COST + 1_000),
    (masked(Opcode.TEXT, b"x" * TURN), TURN),
    (masked(Opcode.PING, b"?"), CONTROL_COST + 1),
]


@pytest.mark.parametrize(
    ("sent", "cost"), TURNS, ids=["small", "medium", "binary", "large", "pings"]
)
def test_R14_reading_yields_after_a_bounded_amount_of_work(sent: bytes, cost: int) -> None:
    decoder, seen = reader()
    turn = ceil(TURN / cost)
    decoder.feed(sent * (2 * turn + 1))
    counts = [len(seen)]
    while decoder.paused and len(seen) < 2 * turn + 1:
        decoder.resume()
        decoder.feed(b"")
        counts.append(len(seen))
    assert counts == [turn, 2 * turn, 2 * turn + 1]


def test_R14_unfinished_fragments_count_as_well() -> None:
    decoder, seen = reader()
    decoder.feed(masked(Opcode.TEXT, b"", fin=False) + masked(Opcode.CONT, b"ab", fin=False) * 10)
    assert (seen, decoder.work) == ([], 11 * MESSAGE_COST + 20)
    decoder.feed(masked(Opcode.CONT, b"c" * 5_000)[:1_000])
    assert 900 < decoder.work < 1_000


def test_R14_inflated_text_counts_as_well() -> None:
    stream = zlib.compressobj(wbits=-15)
    data = (stream.compress(b"x" * 100_000) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    decoder, _ = reader(Inflater(PLAIN))
    decoder.feed(masked(Opcode.TEXT, data, rsv1=True))
    assert decoder.work == 100_000 + MESSAGE_COST


def test_R14_waiting_data_are_counted_when_they_are_read() -> None:
    decoder, _ = reader()
    decoder.feed(masked(Opcode.TEXT, b"x"))
    decoder.pause()
    decoder.feed(masked(Opcode.TEXT, b"y"))
    assert decoder.work == 0
    decoder.resume()
    decoder.feed(b"")
    assert decoder.work == MESSAGE_COST + 1
