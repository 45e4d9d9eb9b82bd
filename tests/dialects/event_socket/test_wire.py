"""Any bytes are decoded to a frame, or refused with a reason."""

import json

from hypothesis import given
from hypothesis import strategies as st

from backchannel.dialects.event_socket import wire
from backchannel.domain.errors import Invalid

NAMES = ["sender", "receiver", "content", "clientId", "event", "data", "extra"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=5,
)
FRAMES = st.dictionaries(st.sampled_from(NAMES), JSON).map(lambda each: json.dumps(each).encode())
SOUND = st.fixed_dictionaries({"receiver": st.text(), "content": st.text()})


@given(st.binary() | FRAMES)
def test_S12_any_payload_is_a_frame_or_invalid(payload: bytes) -> None:
    client_id = wire.client_id_of(payload)
    try:
        body, _ = wire.unwrapped(payload)
        outcome: wire.Sending | Invalid = wire.decode(body)
    except Invalid as refusal:
        outcome = refusal
    if isinstance(outcome, Invalid):
        refused_frame = json.loads(wire.refused(outcome, client_id))
        assert refused_frame["error"] == refused_frame["message"] == outcome.text
        assert refused_frame.get("clientId") == client_id


@given(SOUND)
def test_a_frame_says_the_same_with_and_without_an_envelope(frame: dict[str, str]) -> None:
    plain, bare = wire.unwrapped(json.dumps(frame).encode())
    inner, wrapped = wire.unwrapped(json.dumps({"event": "message", "data": frame}).encode())
    assert (bare, wrapped) == (False, True)
    assert wire.decode(plain) == wire.decode(inner)


def test_a_message_event_without_data_is_a_plain_frame() -> None:
    payload = b'{"event":"message","receiver":"bob","content":"hi"}'
    assert wire.unwrapped(payload) == (payload, False)
