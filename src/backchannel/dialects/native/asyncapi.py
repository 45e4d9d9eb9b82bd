"""`/v1/ws` for programs: an AsyncAPI 3.0 document made from the frames themselves."""

from typing import Any, get_args

import msgspec

from backchannel.dialects.native import client_frames, server_frames
from backchannel.dialects.native.bodies import EventBody
from backchannel.dialects.native.closing import STANDARD, Closing

PATH = "/v1/ws"
_REFERENCE = "#/components/schemas/{name}"


def document(version: str) -> dict[str, Any]:
    """The AsyncAPI document of this version of the server."""
    sent, received = _messages(client_frames.ClientFrame), _messages(server_frames.ServerFrame)
    schemas = _schemas()
    schemas["Event"] = {
        "description": "Something happened just now; see `kind`.",
        "type": "object",
        "properties": {"type": {"const": "event"}},
        "required": ["type"],
        "anyOf": [{"$ref": _REFERENCE.format(name=each.__name__)} for each in get_args(EventBody)],
    }
    received["Event"] = {"payload": {"$ref": _REFERENCE.format(name="Event")}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Backchannel's native WebSocket",
            "version": version,
            "description": "One JSON object per text frame.",
        },
        "channels": {
            "socket": {
                "address": PATH,
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in (*sent, *received)
                },
                "x-close-codes": _close_codes(),
            }
        },
        "operations": {
            "ask": _operation("receive", sent),
            "tell": _operation("send", received),
        },
        "components": {"messages": {**sent, **received}, "schemas": schemas},
    }


def _messages(frames: Any) -> dict[str, Any]:
    return {
        each.__name__: {"payload": {"$ref": _REFERENCE.format(name=each.__name__)}}
        for each in get_args(frames)
    }


def _schemas() -> dict[str, Any]:
    frames = get_args(client_frames.ClientFrame | server_frames.ServerFrame)
    _, schemas = msgspec.json.schema_components(frames, ref_template=_REFERENCE)
    return schemas


def _operation(action: str, messages: dict[str, Any]) -> dict[str, Any]:
    channel = "#/channels/socket"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in messages],
    }


def _close_codes() -> list[dict[str, Any]]:
    rows = [(code, *row) for code, row in STANDARD.items()]
    rows += [each.value for each in Closing]
    return [
        {"code": code, "reason": reason, "reconnect": reconnect} for code, reason, reconnect in rows
    ]
