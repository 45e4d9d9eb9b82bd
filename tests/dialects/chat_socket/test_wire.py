"""Any bytes are decoded to a frame, or refused with a reason."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backchannel.dialects.chat_socket import wire
from backchannel.dialects.shared import messages
from backchannel.domain import errors
from backchannel.domain.errors import ChatError, Invalid

NAMES = ["conversationId", "receiver", "content", "clientId", "sender", "sender_id", "extra"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FRAMES = st.dictionaries(st.sampled_from(NAMES), JSON).map(lambda each: json.dumps(each).encode())


@given(st.binary() | FRAMES)
def test_S12_any_payload_is_a_frame_or_invalid(payload: bytes) -> None:
    client_id = messages.client_id_of(payload)
    try:
        sending = wire.decode(payload)
    except Invalid as refusal:
        refused_frame = json.loads(wire.refused(refusal, client_id))
        assert refused_frame["error"] == refused_frame["message"] == wire.MALFORMED
        assert refused_frame.get("clientId") == client_id
    else:
        assert isinstance(sending.content, str)
        assert (sending.conversation_id is None) is not (sending.receiver is None)


@given(st.text(), st.none() | st.text())
def test_an_acknowledgement_is_the_delivered_frame_with_two_more_fields(
    content: str, client_id: str | None
) -> None:
    body = wire.MessageBody("m", "c", "s", content, "t")
    frame = msgspec.json.encode(body)
    acknowledged = json.loads(messages.acknowledged(frame, client_id))
    assert acknowledged.pop("status") == "stored"
    assert acknowledged.pop("clientId", None) == client_id
    assert acknowledged == json.loads(frame)


def test_every_error_has_the_text_of_the_document() -> None:
    refusals = [each("why") for each in _leaves(ChatError) if each.__module__ == errors.__name__]
    words = {json.loads(wire.refused(each))["error"] for each in refusals}
    assert words == {wire.MALFORMED, wire.NOT_ALLOWED, wire.FAILED}


def _leaves(kind: type[ChatError]) -> list[type[ChatError]]:
    """A refusal of the core and its subclasses, without those that dialects add."""
    below = [each for each in kind.__subclasses__() if each.__module__ == ChatError.__module__]
    return [kind, *(leaf for each in below for leaf in _leaves(each))]
