"""Leaving (Socket.IO 5, "Disconnection from a namespace")."""

import pytest
from websockets.exceptions import ConnectionClosed

from tests.transports.socketio.sockets import close_code, join, socketio


async def test_a_client_leaves_one_namespace_and_stays_in_the_other() -> None:
    async with socketio() as io, io.joined("/custom") as client:
        await client.send("41/custom")
        await client.send('42["message","message to main namespace"]')
        assert await client.recv() == '42["back","message to main namespace"]'
        assert io.last.ending == "client namespace disconnect"
        assert io.handlers[0].ending is None


async def test_a_client_that_has_left_may_join_again() -> None:
    async with socketio() as io, io.joined() as client:
        first = io.last
        await client.send("41")
        second = await join(client)
        assert first.ending == "client namespace disconnect"
        assert second["sid"] != first.socket.id


async def test_an_event_to_a_left_namespace_closes() -> None:
    async with socketio() as io, io.joined("/custom") as client:
        await client.send("41/custom,")
        await client.send('42/custom,["message"]')
        assert await close_code(client) == 1002


async def test_the_server_can_disconnect_a_client_from_one_namespace() -> None:
    async with socketio() as io, io.joined("/custom") as client:
        await client.send('42/custom,["leave"]')
        assert await client.recv() == "41/custom,"
        assert io.last.ending == "server namespace disconnect"
        io.last.socket.emit("dropped")
        io.last.socket.emit("dropped", b"\x01", ack=print)
        io.last.socket.send_text(b'2/custom,["dropped"]')
        io.last.socket.disconnect()
        io.last.socket.close()
        await client.send('42["message"]')
        assert await client.recv() == '42["back"]'


async def test_the_server_can_close_the_whole_connection() -> None:
    async with socketio() as io, io.joined("/custom") as client:
        await client.send('42["hang up"]')
        assert [await client.recv(), await client.recv()] == ["41", "41/custom,"]
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4001, "logged out")
        for handler in io.handlers:
            await handler.gone.wait()
            assert handler.ending == "forced close"


async def test_a_vanished_client_leaves_all_namespaces() -> None:
    async with socketio() as io:
        async with io.joined("/custom") as client:
            client.transport.abort()
        for handler in io.handlers:
            await handler.gone.wait()
            assert handler.ending == "transport close"
            assert handler.socket.backlog == 0


async def test_a_disconnect_packet_with_a_payload_is_refused() -> None:
    async with socketio() as io, io.joined() as client:
        await client.send('41["bye"]')
        assert await close_code(client) == 1002
