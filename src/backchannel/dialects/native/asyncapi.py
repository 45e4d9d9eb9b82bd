"""`/v1/ws` for programs: an AsyncAPI 3.0 document made from the frames themselves."""

import json
from collections.abc import Callable
from inspect import cleandoc
from typing import Any, get_args

import msgspec

from backchannel.dialects.native import client_frames, server_frames
from backchannel.dialects.native.event_bodies import EventBody
from backchannel.dialects.native.server_frames import STANDARD, CloseCode
from backchannel.http.docs.document import schema_name
from backchannel.http.docs.samples import sample

Json = dict[str, Any]

PATH = "/v1/ws"
DESCRIPTION = """\
One JSON object in each text frame; its `type` says what it is. Log in with a token in the header
`Authorization`, with the subprotocols `bearer` and the token, with `?token=TOKEN`, or with a
`hello` frame as the first one."""
_REFERENCE = "#/components/schemas/{name}"
_EVENT = "Event"


def document(version: str) -> Json:
    """The AsyncAPI document of this version of the server."""
    schemas = _schemas()
    sent = _messages(get_args(client_frames.ClientFrame), schemas)
    received = _messages(get_args(server_frames.ServerFrame), schemas)
    received[_EVENT] = _event_message(schemas)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Backchannel's native WebSocket",
            "version": version,
            "description": DESCRIPTION,
            "contact": {"name": "The operator of this server"},
            "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
            "tags": [{"name": "Native API"}],
        },
        "defaultContentType": "application/json",
        "servers": {"plain": _server("ws", "localhost:3000"), "tls": _server("wss", "localhost")},
        "channels": {"socket": _channel([*sent, *received])},
        "operations": {
            "receiveFromClient": _operation("receive", "Frames that a client sends", sent),
            "sendToClient": _operation("send", "Frames that a client receives", received),
        },
        "components": {
            "messages": {**sent, **received},
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of a login.",
                }
            },
        },
    }


def _server(protocol: str, host: str) -> Json:
    return {
        "host": "{host}",
        "protocol": protocol,
        "description": f"This server, by {protocol}://",
        "variables": {"host": {"default": host, "description": "Its name and port"}},
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
    }


def _channel(names: list[str]) -> Json:
    token = {"type": "string", "description": "The access token, where no header can be set"}
    return {
        "address": PATH,
        "title": "The socket",
        "description": "One for each device. It closes with the codes in `x-close-codes`.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"query": {"type": "object", "properties": {"token": token}}}},
        "x-close-codes": close_codes(),
    }


def _messages(frames: tuple[type[msgspec.Struct], ...], schemas: Json) -> Json:
    return {
        schema_name(frame): {
            "name": frame.__struct_config__.tag,
            "title": f"`{frame.__struct_config__.tag}`",
            "summary": cleandoc(frame.__doc__ or ""),
            "payload": {"$ref": _REFERENCE.format(name=schema_name(frame))},
            "examples": [{"payload": sample(schemas[schema_name(frame)], schemas)}],
        }
        for frame in frames
    }


def _event_message(schemas: Json) -> Json:
    """`event`, an `EventBody` with the type beside its kind; adds its schema."""
    kinds = [schema_name(each) for each in get_args(EventBody)]
    summary = "Something has just happened; `kind` says what `data` is."
    schemas[_EVENT] = {
        "title": _EVENT,
        "description": summary,
        "type": "object",
        "properties": {"type": {"const": "event"}},
        "required": ["type"],
        "anyOf": [{"$ref": _REFERENCE.format(name=kind)} for kind in kinds],
    }
    shown: Any = sample(schemas[kinds[0]], schemas)
    return {
        "name": "event",
        "title": "`event`",
        "summary": summary,
        "payload": {"$ref": _REFERENCE.format(name=_EVENT)},
        "examples": [{"payload": {"type": "event", **shown}}],
    }


def _schemas() -> Json:
    frames = get_args(client_frames.ClientFrame | server_frames.ServerFrame)
    _, found = msgspec.json.schema_components(frames, ref_template=_REFERENCE)
    titles = {name: name.removesuffix("Body") for name in found}
    named = {titles[name]: {**schema, "title": titles[name]} for name, schema in found.items()}
    whole: Json = json.loads(json.dumps(named), object_hook=_refiner(titles))
    return whole


def _refiner(titles: dict[str, str]) -> Callable[[Json], Json]:
    """A converter of JSON schemas to AsyncAPI's, where a discriminator is a property name."""
    references = {_REFERENCE.format(name=name): title for name, title in titles.items()}

    def refined(node: Json) -> Json:
        if node.get("$ref") in references:
            node["$ref"] = _REFERENCE.format(name=references[node["$ref"]])
        if "propertyName" in node.get("discriminator", ()):
            node["discriminator"] = node["discriminator"]["propertyName"]
        return node

    return refined


def _operation(action: str, summary: str, messages: Json) -> Json:
    channel = "#/channels/socket"
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in messages],
    }


def close_codes() -> list[Json]:
    """The close codes of the socket, each with its reason and the advice to reconnect or not."""
    rows = [(code, *row) for code, row in STANDARD.items()]
    rows += [each.value for each in CloseCode]
    return [
        {"code": code, "reason": reason, "reconnect": reconnect} for code, reason, reconnect in rows
    ]
