"""Options of the load generator for the protocols that several peers share."""

from benchmarks.peers.peer import DELIVERED, TEXT

SOCKET_IO = [
    "--path=/socket.io/?EIO=4&transport=websocket",
    "--wait=0{",
    '--send=40{"name":"u%i"}',
    "--wait=40{",
    "--answer=2=3",
    '--message=42%d["message",{"to":"u%p","text":"' + TEXT + '"}]',
    "--acknowledged=43",
    DELIVERED,
]

STREAM = (
    "<stream:stream to='localhost' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
BIND = (
    "<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<resource>load</resource></bind></iq>"
)
MESSAGE = f"<message type='chat' id='%d' to='u%p@localhost'><body>{TEXT}</body></message>"
XMPP = [
    "--xmpp",
    f"--send=<?xml version='1.0'?>{STREAM}",
    "--wait=PLAIN",
    "--send=<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%k</auth>",
    "--wait=<success",
    f"--send={STREAM}",
    "--wait=xmpp-bind",
    f"--send={BIND}",
    "--wait=<jid>",
    "--send=<presence/>",
    "--wait=<presence",
    "--send=<enable xmlns='urn:xmpp:sm:3'/>",
    "--wait=<enabled",
    f"--message={MESSAGE}<r xmlns='urn:xmpp:sm:3'/>",
    "--acknowledged=h=",
    "--cumulative",
    DELIVERED,
]
"""Stream management (XEP-0198) is XMPP's acknowledgement: asked for after each message."""
