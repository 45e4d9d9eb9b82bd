"""A session without any I/O: every order of events around an upgrade."""

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backchannel.transports.engineio import packets
from backchannel.transports.engineio.packets import CLOSE, NOOP, Packet
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.engineio.session import EngineIoSession
from backchannel.transports.websocket.endpoint import UpgradeRequest


class SessionOwner:
    """An owner that admits every session and has no clock."""

    def admit(self, session: EngineIoSession) -> bytes | None:
        return b"0" + session.id.encode()

    def pong_received(self, session: EngineIoSession) -> None: ...

    def still_busy(self, session: EngineIoSession) -> None:
        raise AssertionError

    def probe_opened(self, session: EngineIoSession) -> None: ...

    def probe_closed(self, session: EngineIoSession) -> None: ...

    def overflowed(self, session: EngineIoSession) -> None:
        raise AssertionError

    def ended(self, session: EngineIoSession) -> None: ...


class Handler:
    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.endings: list[str] = []

    def opened(self, session: object) -> None: ...

    def text_received(self, payload: bytes) -> None:
        self.received.append(payload)

    def binary_received(self, payload: bytes) -> None:
        self.received.append(payload)

    def flushed(self) -> None: ...

    def closed(self, reason: str) -> None:
        self.endings.append(reason)


class WebSocket:
    """The packets that the client has received on a WebSocket."""

    backlog = 0

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.open = True

    def send(self, packet: Packet) -> bool:
        self.packets.append(packet)
        return True

    def identify(self, user_id: str) -> None:
        self.user_id = user_id

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def close(self, code: int, reason: str) -> None:
        self.open = False


class UpgradingClient(RuleBasedStateMachine):
    """R4: client and server get everything once and in order if both follow the protocol."""

    def __init__(self) -> None:
        super().__init__()
        self.polling = Polling(1 << 20)
        self.handler = Handler()
        request = UpgradeRequest("/", "", {}, ("127.0.0.1", 1), secure=False)
        self.session = EngineIoSession("sid", request, self.polling, self.handler, SessionOwner())
        self.session.start()
        self.got: list[Packet] = []
        self.sent = 0
        self.pushed = 0
        self.woken: bool | None = None  # None: no GET is under way
        self.candidate: WebSocket | None = None
        self.probed = False
        self.upgraded = False
        self.answer()

    def answer(self) -> None:
        self.got += packets.decode_payload(self.session.answer(self.polling), 10_000)
        self.woken = None

    @rule()
    def server_sends(self) -> None:
        self.session.send_text(b"%d" % self.sent)
        self.sent += 1

    @precondition(lambda self: not self.upgraded)
    @rule()
    def client_pushes(self) -> None:
        self.session.receive(b"4%d" % self.pushed)
        self.pushed += 1

    @precondition(lambda self: not self.upgraded and self.woken is None)
    @rule()
    def client_polls(self) -> None:
        self.woken = False

        def wake() -> None:
            self.woken = True

        self.polling.poll(wake)

    @precondition(lambda self: self.woken)
    @rule()
    def poll_is_answered(self) -> None:
        self.answer()

    @precondition(lambda self: self.candidate is None)
    @rule()
    def websocket_opens(self) -> None:
        self.candidate = WebSocket()
        self.session.probe_opened(self.candidate)

    @precondition(lambda self: self.candidate and not self.probed)
    @rule()
    def client_probes(self) -> None:
        assert self.candidate is not None
        self.session.probe_received(self.candidate, b"2probe")
        assert self.candidate.packets == [b"3probe"]
        assert self.woken is not False, "a GET still waits"
        self.probed = True

    @precondition(lambda self: self.candidate and not self.upgraded)
    @rule()
    def websocket_is_lost(self) -> None:
        assert self.candidate is not None
        self.session.probe_failed(self.candidate)
        self.candidate, self.probed = None, False

    @precondition(lambda self: self.probed and not self.upgraded and self.woken is None)
    @rule()
    def client_upgrades(self) -> None:
        assert self.candidate is not None
        self.session.probe_received(self.candidate, b"5")
        self.upgraded = True

    @precondition(lambda self: self.upgraded)
    @rule()
    def client_sends_on_the_websocket(self) -> None:
        self.session.text_received(b"4%d" % self.pushed)
        self.pushed += 1

    @rule()
    def second_websocket_is_turned_away(self) -> None:
        if self.candidate is not None:
            second = WebSocket()
            self.session.probe_opened(second)
            self.session.probe_received(second, b"5")
            assert not second.open
            assert second.packets == []

    @invariant()
    def nothing_is_lost_doubled_or_reordered(self) -> None:
        on_websocket = self.candidate.packets[1:] if self.candidate else []
        got = [packet for packet in self.got[1:] + on_websocket if packet not in (NOOP, CLOSE)]
        assert got == [b"4%d" % number for number in range(len(got))]
        if self.upgraded:
            assert len(got) == self.sent
        assert self.handler.received == [b"%d" % number for number in range(self.pushed)]
        assert self.handler.endings == []


TestR4AnyOrderOfEvents = UpgradingClient.TestCase
TestR4AnyOrderOfEvents.settings = settings(stateful_step_count=40)
