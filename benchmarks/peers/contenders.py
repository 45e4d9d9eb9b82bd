"""The measured servers, by the names for `--peers`."""

from dataclasses import dataclass

from benchmarks.peers.c_relay import CRelay
from benchmarks.peers.ejabberd import Ejabberd
from benchmarks.peers.loss import native, socketio_node, socketio_python, websocket, xmpp
from benchmarks.peers.loss.clients import Clients
from benchmarks.peers.node_mongodb import NodeMongodb
from benchmarks.peers.node_sql import NodeSql
from benchmarks.peers.node_sqlite import NodeSqlite
from benchmarks.peers.ours import Backchannel
from benchmarks.peers.peer import Peer
from benchmarks.peers.prosody import Prosody
from benchmarks.peers.python_socketio import PythonSocketio

OURS = "backchannel"

PEERS: dict[str, Peer] = {
    OURS: Backchannel(),
    "node-mongodb": NodeMongodb(),
    "node-sqlite": NodeSqlite(),
    "node-sqlite-grouped": NodeSqlite(name="Node ws + SQLite, a turn's together", grouped=True),
    "python-socketio": PythonSocketio(),
    "ejabberd": Ejabberd(),
    "ejabberd-mnesia": Ejabberd(
        name="ejabberd, archive in Mnesia", kept="in memory, on disk later", archive="mnesia"
    ),
    "prosody": Prosody(),
    "c": CRelay(),
    "backchannel-postgresql": Backchannel("Backchannel on PostgreSQL", engine="postgresql"),
    "node-postgresql": NodeSql("Node ws + pg", "postgresql"),
    "backchannel-mariadb": Backchannel("Backchannel on MariaDB", engine="mariadb"),
    "node-mariadb": NodeSql("Node ws + mysql2", "mariadb"),
    "backchannel-mongodb": Backchannel(
        "Backchannel on MongoDB", kept="journaled", engine="mongodb"
    ),
    "node-mongoose": NodeMongodb("Node socket.io + Mongoose", program="socketio_mongoose.cjs"),
}

OURS_ON_THE_SAME = {
    "node-postgresql": "backchannel-postgresql",
    "node-mariadb": "backchannel-mariadb",
    "node-mongoose": "backchannel-mongodb",
}
"""With what a peer is compared, where that is not `OURS`: ours on the same database server."""


def beside(key: str) -> str:
    """The name of our server that a peer is compared with."""
    return OURS_ON_THE_SAME.get(key, OURS)


@dataclass(frozen=True)
class Trial:
    """A stack over connections that are cut, with its own clients."""

    key: str
    """Of the peer, in `PEERS`."""
    configuration: str
    """The actions of these clients."""
    peer: Peer
    clients: Clients


def _trial(key: str, configuration: str, clients: Clients, peer: Peer | None = None) -> Trial:
    return Trial(key, configuration, peer or PEERS[key], clients)


PLAIN, MANAGED = "no stream management", "stream management, resuming"
ARCHIVE = "the same, and reading the archive"

TRIALS = [
    _trial(OURS, "`backchannel chat`", native.exchange),
    _trial("node-mongodb", "`socket.io-client`, defaults", socketio_node.exchange),
    _trial(
        "node-mongodb",
        "the same, with state recovery",
        socketio_node.exchange,
        NodeMongodb(recovery=True),
    ),
    _trial("node-sqlite", "connects again", websocket.exchange),
    _trial("python-socketio", "its own client, defaults", socketio_python.exchange),
    *(
        _trial(key, configuration, clients)
        for key in ("ejabberd", "prosody")
        for configuration, clients in (
            (f"slixmpp, {PLAIN}", xmpp.plain),
            (f"slixmpp, {MANAGED}", xmpp.managed),
            (ARCHIVE, xmpp.archived),
        )
    ),
]
