"""permessage-deflate: negotiation, and messages in both directions (RFC 7692)."""

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from backchannel.transports.websocket.close import ConnectionFailed
from backchannel.transports.websocket.deflate import (
    Agreement,
    Compression,
    Deflate,
    Deflater,
    Inflater,
    parse_offers,
)

TAKEOVER = Deflate(server_context_takeover=True, client_context_takeover=True)
NARROW = Deflate(
    server_context_takeover=True,
    client_context_takeover=True,
    server_max_window_bits=11,
    client_max_window_bits=10,
)

SNCT, CNCT = "; server_no_context_takeover", "; client_no_context_takeover"
PMD = "permessage-deflate"


@pytest.mark.parametrize(
    ("config", "offer", "answer"),
    [
        (TAKEOVER, PMD, PMD),
        (Deflate(), PMD, PMD + SNCT + CNCT),
        (TAKEOVER, PMD + SNCT, PMD + SNCT),
        (TAKEOVER, PMD + CNCT, PMD + CNCT),
        (TAKEOVER, PMD + "; client_max_window_bits", PMD),
        (NARROW, PMD, PMD + "; server_max_window_bits=11"),
        (
            NARROW,
            PMD + "; client_max_window_bits",
            PMD + "; server_max_window_bits=11; client_max_window_bits=10",
        ),
        (TAKEOVER, PMD + "; client_max_window_bits=9", PMD + "; client_max_window_bits=9"),
        (TAKEOVER, PMD + "; server_max_window_bits=12", PMD + "; server_max_window_bits=12"),
        (NARROW, PMD + '; server_max_window_bits="9"', PMD + "; server_max_window_bits=9"),
        # not supported or not valid: declined, but the next offer may be accepted
        (TAKEOVER, PMD + "; server_max_window_bits=8", None),
        (TAKEOVER, PMD + "; server_max_window_bits", None),
        (TAKEOVER, PMD + "; server_max_window_bits=16", None),
        (TAKEOVER, PMD + "; server_max_window_bits=012", None),
        (TAKEOVER, PMD + "; server_no_context_takeover=1", None),
        (TAKEOVER, PMD + SNCT + SNCT, None),
        (TAKEOVER, PMD + "; colour=blue", None),
        (TAKEOVER, "x-webkit-deflate-frame", None),
        (TAKEOVER, "x-other, " + PMD + "; server_max_window_bits=8, " + PMD, PMD),
    ],
)
def test_compression_is_negotiated(config: Deflate, offer: str, answer: str | None) -> None:
    extension = Compression(config).negotiate(offer)
    assert (extension.response if extension else None) == answer


@pytest.mark.parametrize("field", ["", ",", "a b", "a;", "a; b=", "a; =1", 'a; b="', "a; b=c d"])
def test_a_malformed_field_is_an_error(field: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        parse_offers(field)


def agreement(*, takeover: bool, bits: int = 15) -> Agreement:
    return Agreement(
        server_no_context_takeover=not takeover,
        client_no_context_takeover=not takeover,
        server_max_window_bits=bits,
        client_max_window_bits=bits,
    )


@given(st.lists(st.binary(max_size=3000), max_size=5), st.booleans(), st.sampled_from([9, 12, 15]))
def test_messages_survive_compression(messages: list[bytes], takeover: bool, bits: int) -> None:  # noqa: FBT001
    agreed = agreement(takeover=takeover, bits=bits)
    deflater, inflater = Deflater(agreed, Deflate()), Inflater(agreed)
    peer = PerMessageDeflate(
        remote_no_context_takeover=not takeover,
        local_no_context_takeover=not takeover,
        remote_max_window_bits=bits,
        local_max_window_bits=bits,
    )
    for message in messages:
        compressed = Frame(Opcode.BINARY, deflater.deflate(message), rsv1=True)
        assert peer.decode(compressed).data == message
        sent = peer.encode(Frame(Opcode.BINARY, message))
        assert inflater.inflate(bytes(sent.data), 10_000) == message


def test_without_takeover_many_connections_share_one_deflater() -> None:
    shared = Compression(Deflate())
    one, other = shared.negotiate(PMD), shared.negotiate(PMD)
    assert one is not None
    assert other is not None
    assert one.deflater is other.deflater
    keeping = Compression(TAKEOVER)
    first, second = keeping.negotiate(PMD), keeping.negotiate(PMD)
    assert first is not None
    assert second is not None
    assert first.deflater is not second.deflater


def test_S18_a_decompression_bomb_is_refused_without_being_inflated() -> None:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(stream.compress(bytes(1 << 20)) for _ in range(200)) + stream.flush()
    assert len(bomb) < 1 << 18
    tracemalloc.start()
    with pytest.raises(ConnectionFailed) as refused:
        Inflater(agreement(takeover=False)).inflate(bomb, 1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == 1009
    assert peak < 4 << 20


def test_a_message_of_exactly_the_limit_passes() -> None:
    data = Deflater(agreement(takeover=False), Deflate()).deflate(bytes(5000))
    inflater = Inflater(agreement(takeover=False))
    assert inflater.inflate(data, 5000) == bytes(5000)
    with pytest.raises(ConnectionFailed):
        inflater.inflate(data, 4999)


def test_data_that_is_not_deflate_is_1007() -> None:
    with pytest.raises(ConnectionFailed) as failed:
        Inflater(agreement(takeover=True)).inflate(b"\xff" * 20, 1000)
    assert failed.value.code == 1007


def test_a_final_deflate_block_ends_no_more_than_its_message() -> None:
    stream = zlib.compressobj(wbits=-15)
    final = stream.compress(b"first") + stream.flush(zlib.Z_FINISH)
    inflater = Inflater(agreement(takeover=True))
    for _ in range(2):
        assert inflater.inflate(final + b"\x00", 1000) == b"first"
