"""R13: responses of other servers are read in pieces, with turns of the loop between them."""

import asyncio

import pytest

from backchannel.budgets.pieces import PIECE, read_in_pieces


class Buffered:
    """A stream that has already received everything."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the signature of httpcore
        self.timeouts.append(timeout)
        return b"x" * max_bytes


@pytest.mark.parametrize("event", ["connect_tcp", "start_tls"])
async def test_R13_a_connection_reads_in_pieces_and_leaves_turns_to_others(event: str) -> None:
    stream, turns = Buffered(), 0

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    await read_in_pieces(f"connection.{event}.started", {})
    await read_in_pieces(f"connection.{event}.complete", {"return_value": stream})
    working = asyncio.create_task(work())
    assert [len(await stream.read(1 << 16, timeout=5)) for _ in range(100)] == [PIECE] * 100
    working.cancel()
    assert await stream.read(10) == b"x" * 10
    assert turns >= 100
    assert stream.timeouts == [*[5] * 100, None]
