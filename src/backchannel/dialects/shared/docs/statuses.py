"""The meaning of each error status with an example, for the API's description."""

from typing import NamedTuple

from backchannel.dialects.shared.faults import Fault


class Meaning(NamedTuple):
    """The meaning of a status in every operation, with an example of an error."""

    text: str
    example: Fault


def meaning(status: int) -> Meaning:
    """The meaning of a status that an operation documents. Raises `KeyError`."""
    return _MEANINGS[status]


_ID = "01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"
_KNOWN = (
    Meaning(
        "A field or parameter is missing, unknown, mistyped or out of range.",
        Fault(status=400, code="invalid", text="username is missing", field="username"),
    ),
    Meaning(
        "Missing, invalid or expired token, or a wrong password.",
        Fault(
            status=401,
            code="unauthenticated",
            text="not logged in; send a login's token as 'Authorization: Bearer TOKEN'",
        ),
    ),
    Meaning(
        "Not allowed: blocked, disabled, or a message of another user.",
        Fault(status=403, code="blocked", text="one of the two has blocked the other"),
    ),
    Meaning(
        "It does not exist, or belongs to another user.",
        Fault(status=404, code="not_found", text="user not found"),
    ),
    Meaning(
        "It contradicts something that exists.",
        Fault(status=409, code="username_taken", text="this username is taken", field="username"),
    ),
    Meaning(
        "The request needs a `Content-Length`.",
        Fault(status=411, code="length_required", text="the length of the body must be announced"),
    ),
    Meaning(
        "The request is for another version of the protocol.",
        Fault(status=412, code="unsupported_version", text="Tus-Resumable must be 1.0.0"),
    ),
    Meaning(
        "The body is larger than the server takes.",
        Fault(status=413, code="too_large", text="the body is larger than 1,048,576 bytes"),
    ),
    Meaning(
        "The body has a media type that is not accepted here.",
        Fault(status=415, code="unsupported_media_type", text="send the body as application/json"),
    ),
    Meaning(
        "The range begins past the end of the content.",
        Fault(status=416, code="range_not_satisfiable", text="the range begins past the end"),
    ),
    Meaning(
        "Too many requests; `Retry-After` says how long to wait.",
        Fault(
            status=429,
            code="throttled",
            text="too many messages; send more slowly",
            retry_after=2.0,
        ),
    ),
    Meaning(
        "The bytes do not match the checksum.",
        Fault(status=460, code="checksum_mismatch", text="the bytes do not match the checksum"),
    ),
    Meaning(
        "The server has failed; its log says why, under `request_id`.",
        Fault(
            status=500,
            code="internal",
            text=f"the server has failed; its log knows why, as request {_ID}",
            request_id=_ID,
        ),
    ),
    Meaning(
        "The server cannot store or read now; try again.",
        Fault(status=503, code="unavailable", text="the server cannot store anything now"),
    ),
)
_MEANINGS = {each.example.status: each for each in _KNOWN}
