"""Chat with python-socketio and SQLite: `socketio_sqlite.py PORT FILE`.

Each message is inserted and committed (synchronous=FULL), acknowledged to its sender and relayed.
"""

import sys
import time
from typing import Any

import aiosqlite
import socketio
import uvicorn

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, sender TEXT NOT NULL,
  recipient TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation, id);
"""
INSERT = "INSERT INTO messages (conversation, sender, recipient, text, at) VALUES (?, ?, ?, ?, ?)"


class Chat:
    """The event handlers, on one database."""

    def __init__(self, server: socketio.AsyncServer, database: aiosqlite.Connection) -> None:
        self._server = server
        self._database = database
        server.on("connect", self.connect)
        server.on("message", self.message)

    async def connect(self, sid: str, environ: object, auth: dict[str, str]) -> None:
        del environ
        await self._server.save_session(sid, auth)
        await self._server.enter_room(sid, auth["name"])

    async def message(self, sid: str, message: dict[str, str]) -> dict[str, Any]:
        sender = (await self._server.get_session(sid))["name"]
        recipient, text = message["to"], message["text"]
        conversation = ":".join(sorted((sender, recipient)))
        row = (conversation, sender, recipient, text, time.time_ns() // 1_000_000)
        async with self._database.execute(INSERT, row) as cursor:
            message_id = cursor.lastrowid
        await self._database.commit()
        event = {"id": message_id, "from": sender, "text": text}
        await self._server.emit("message", event, room=recipient)
        return {"id": message_id}


def main() -> None:
    server = socketio.AsyncServer(async_mode="asgi")
    opened = aiosqlite.connect(sys.argv[2])

    async def start() -> None:
        database = await opened
        await database.executescript(SCHEMA)
        Chat(server, database)

    app = socketio.ASGIApp(server, on_startup=start, on_shutdown=opened.close)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")


if __name__ == "__main__":
    main()
