"""Who is measured, by the names that `--peers` takes."""

from benchmarks.peers.c_relay import CRelay
from benchmarks.peers.node_mongodb import NodeMongodb
from benchmarks.peers.node_sqlite import NodeSqlite
from benchmarks.peers.ours import Backchannel
from benchmarks.peers.peer import Peer
from benchmarks.peers.python_socketio import PythonSocketio

OURS = "backchannel"

PEERS: dict[str, Peer] = {
    OURS: Backchannel(),
    "node-mongodb": NodeMongodb(),
    "node-sqlite": NodeSqlite(),
    "node-sqlite-grouped": NodeSqlite(name="the same, grouped by turn", grouped=True),
    "python-socketio": PythonSocketio(),
    "c": CRelay(),
}
