"""Client bytes in, messages out: the receiving half of RFC 6455, without any I/O."""

from typing import Protocol

from backchannel.transports.websocket import close, frames
from backchannel.transports.websocket.assembly import Assembly, check_utf8
from backchannel.transports.websocket.close import PROTOCOL_ERROR, ConnectionFailed
from backchannel.transports.websocket.deflate import Inflater
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.frames import Frame, apply_mask

TURN = 24 << 10
"""The work that is done at once before other sockets come first, in bytes of messages."""
MESSAGE_COST = 256
"""Bytes that a message counts as beside its own: a small one is work as well."""
CONTROL_COST = 16 * MESSAGE_COST
"""The same of a control frame: a client needs few of them."""

_WHOLE_TEXT = 0x81  # FIN and the text opcode, nothing reserved


class Messages(Protocol):
    """The receiver of whole data messages."""

    def text_received(self, payload: bytes, /) -> None: ...

    def binary_received(self, payload: bytes, /) -> None: ...


class Control(Protocol):
    """The receiver of control frames. Pongs are not reported: any byte is a sign of life."""

    def ping_received(self, payload: bytes) -> None: ...

    def close_received(self, code: int, reason: str) -> None: ...

    def turn_over(self) -> None:
        """So much has been read at once that other sockets have their turn."""
        ...


class Decoder:
    """Reads one client's frames, however the network has cut them.

    Small whole text frames, nearly all of a chat's traffic, are read by one tight loop. All
    others become a `Frame` and, for data, an `Assembly`.
    """

    __slots__ = (
        "_assembly",
        "_control",
        "_control_payload",
        "_ended",
        "_frame",
        "_halted",
        "_head",
        "_inflater",
        "_largest",
        "_largest_frame",
        "_limits",
        "_messages",
        "_muted",
        "_remaining",
        "_rest",
        "paused",
    )

    def __init__(
        self, messages: Messages, control: Control, limits: Limits, inflater: Inflater | None = None
    ) -> None:
        self._messages = messages
        self._control = control
        self._limits = limits
        self._largest = min(limits.message, limits.stranger_message)
        self._largest_frame = min(limits.frame, self._largest)
        self._inflater = inflater
        self._head = b""  # an incomplete header, up to 13 bytes
        self._frame: Frame | None = None
        self._control_payload = b""
        self._assembly: Assembly | None = None
        self._muted = False
        self._ended = False
        self._halted = False  # muted or paused
        self._remaining = TURN
        self._rest = b""  # bytes after the message at which reading was paused
        self.paused = False

    @property
    def work(self) -> int:
        """The work of the last `feed`, in bytes."""
        return TURN - self._remaining

    @property
    def held(self) -> int:
        """Bytes that are kept until more of them come, or until reading goes on."""
        assembled = 0 if self._assembly is None else len(self._assembly)
        return len(self._head) + len(self._rest) + len(self._control_payload) + assembled

    def trust(self) -> None:
        """Take messages of every size that is allowed: the peer has logged in."""
        self._largest = self._limits.message
        self._largest_frame = min(self._limits.frame, self._largest)

    def pause(self) -> None:
        """Hand nothing on until `resume`; bytes that have arrived are kept."""
        self.paused = self._halted = True

    def resume(self) -> None:
        """Go on with the next `feed`, which may be an empty one."""
        self.paused = False
        self._halted = self._muted

    def mute(self) -> None:
        """Report no more data messages; control frames are still answered."""
        self._muted = self._halted = True

    def stop(self) -> None:
        """Ignore whatever comes from now on."""
        self._muted = self._ended = self._halted = True
        self._head = self._rest = b""
        self._assembly = None

    def feed(self, data: bytes) -> None:
        """Take bytes as they came; calls the receivers for all that is complete.

        Raises ConnectionFailed when the peer broke the protocol or a limit: the decoder is
        of no use after that. Exceptions of a receiver pass through.
        """
        self._remaining = TURN
        if self._ended:
            return
        if self.paused:
            self._rest += data
            return
        if self._rest or self._head:
            data = self._head + self._rest + data
            self._head = self._rest = b""
        at = 0
        if self._frame is not None:
            at = self._read_payload(self._frame, data, at)
        size = len(data)
        while at < size and not self._ended:
            if self._assembly is None and not self._halted:
                at = self._read_whole_texts(data, at)
            if self._remaining <= 0:
                self._control.turn_over()
            if self.paused:
                self._rest = data[at:]
                break
            if at < size:
                at = self._read_frame(data, at)

    def _read_whole_texts(self, data: bytes, at: int) -> int:
        """Read whole text frames up to the first thing that is not one, and return where.

        This is the hot loop: everything is local, and anything unusual is left to `_read_frame`,
        which also words the errors.
        """
        size = len(data)
        limit = self._largest_frame
        remaining = self._remaining
        cost = MESSAGE_COST
        received = self._messages.text_received
        while size - at > 5 and data[at] == _WHOLE_TEXT:
            length = data[at + 1] ^ 0x80  # an unmasked frame comes out above 127
            start = at + 6
            if length > 125:
                if length != 126:
                    break
                length = data[at + 2] << 8 | data[at + 3]
                start = at + 8
                if length < 126 or length > limit:
                    break
            end = start + length
            if end > size:
                break
            payload = apply_mask(data[start:end], data[start - 4 : start])
            if not payload.isascii():
                check_utf8(payload)
            at = end
            remaining -= length + cost
            received(payload)
            if self._halted or remaining <= 0:
                break
        self._remaining = remaining
        return at

    def _read_frame(self, data: bytes, at: int) -> int:
        """Read one frame, or the part of it that is there; return the offset behind it."""
        frame = frames.read_header(data, at, allow_rsv1=self._inflater is not None)
        if frame is None:
            self._head = data[at:]
            return len(data)
        if frame.is_control:
            self._control_payload = b""
        else:
            self._assembly = self._assembly_for(frame)
            self._assembly.expect(frame.missing)
        self._frame = frame
        return self._read_payload(frame, data, frame.payload_at)

    def _assembly_for(self, frame: Frame) -> Assembly:
        if frame.opcode == frames.CONTINUATION:
            if self._assembly is None:
                raise ConnectionFailed(PROTOCOL_ERROR, "nothing to continue")
            return self._assembly
        if self._assembly is not None:
            raise ConnectionFailed(PROTOCOL_ERROR, "the message before is not finished")
        inflater = self._inflater if frame.compressed else None
        return Assembly(frame.opcode, self._limits, inflater, largest=self._largest)

    def _read_payload(self, frame: Frame, data: bytes, at: int) -> int:
        end = min(at + frame.missing, len(data))
        part = apply_mask(data[at:end], frame.mask)
        frame.advance(end - at)
        self._remaining -= end - at
        done = not frame.missing
        if done:
            self._frame = None
            self._remaining -= CONTROL_COST if frame.is_control else MESSAGE_COST
        if self._assembly is None or frame.is_control:
            self._control_payload += part
            if done:
                self._end_control(frame.opcode)
        else:
            self._assembly.add(part, last=done and frame.final)
            if done and frame.final:
                self._end_message(self._assembly)
        return end

    def _end_control(self, opcode: int) -> None:
        if opcode == frames.PING:
            self._control.ping_received(self._control_payload)
        elif opcode == frames.CLOSE:
            self._ended = True
            self._control.close_received(*close.decode(self._control_payload))

    def _end_message(self, assembly: Assembly) -> None:
        self._assembly = None
        payload = assembly.payload()
        self._remaining -= len(payload) - len(assembly)  # the bytes that inflation has added
        if self._muted:
            return
        if assembly.opcode == frames.TEXT:
            self._messages.text_received(payload)
        else:
            self._messages.binary_received(payload)
