"""Lets the driver get producer ids from tansu.

The driver asks with version 0 of the request, which Apache Kafka answers. tansu answers version 3
and later ones.
"""

from functools import cache
from typing import Any

import pytest

from backchannel.brokers.drivers import driver

NONE = -1


def ask_with_version_3(monkeypatch: pytest.MonkeyPatch) -> None:
    request = driver("aiokafka.protocol.transaction", extra="kafka").InitProducerIdRequest
    monkeypatch.setattr(request, "_CLASSES", (_version_3(),))
    monkeypatch.setattr(request, "build", _build)


def _build(self: Any, version: Any) -> Any:
    return version(self._transactional_id, self._transaction_timeout_ms, NONE, NONE, {})


@cache
def _version_3() -> Any:
    """The request with the id that the producer has so far."""
    api = driver("aiokafka.protocol.api", extra="kafka")
    types = driver("aiokafka.protocol.types", extra="kafka")

    class Response(api.Response):  # type: ignore[misc, name-defined]
        API_KEY = 22
        API_VERSION = 3
        SCHEMA = types.Schema(
            ("throttle_time_ms", types.Int32),
            ("error_code", types.Int16),
            ("producer_id", types.Int64),
            ("producer_epoch", types.Int16),
            ("tags", types.TaggedFields),
        )

    class Request(api.RequestStruct):  # type: ignore[misc, name-defined]
        API_KEY = 22
        API_VERSION = 3
        FLEXIBLE_VERSION = True
        RESPONSE_TYPE = Response
        SCHEMA = types.Schema(
            ("transactional_id", types.CompactString("utf-8")),
            ("transaction_timeout_ms", types.Int32),
            ("producer_id", types.Int64),
            ("producer_epoch", types.Int16),
            ("tags", types.TaggedFields),
        )

    return Request
