"""A language model: what it is asked, and how its stream is read."""

import json

import pytest

from backchannel.ports.responder import ResponderFailed
from backchannel.responders.echo import Echo
from backchannel.responders.openai import Model, OpenAi
from tests.responders.conftest import Reply, Service, pieces, said


def model(url: str, **more: object) -> OpenAi:
    return OpenAi(Model(url=url + "/v1", name="tiny", **more), timeout=10)  # type: ignore[arg-type]


def stream(*events: str, cut: bool = False) -> Reply:
    text = "".join(f": comment\r\nevent: x\r\ndata: {event}\r\n\r\n" for event in events)
    return Reply(text.encode(), media_type="text/event-stream; charset=utf-8", cut=cut)


def piece(text: str | None) -> str:
    return json.dumps({"id": "x", "choices": [{"index": 0, "delta": {"content": text}}]})


async def test_a_stream(service: Service) -> None:
    start = json.dumps({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
    usage = json.dumps({"choices": [], "usage": {"total_tokens": 3}})
    service.replies = [stream(start, piece("Gu"), piece("ten Täg"), piece(None), usage, "[DONE]")]
    asking = model(service.url, key="sk-secret", prompt="Be brief.", max_tokens=9)
    before = said("Hello"), said("Good day", by_user=False)
    assert "".join(await pieces(asking, said("And?"), *before)) == "Guten Täg"
    (asked,) = service.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer sk-secret"
    assert json.loads(asked.body) == {
        "model": "tiny",
        "stream": True,
        "max_tokens": 9,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Good day"},
            {"role": "user", "content": "And?"},
        ],
    }


async def test_a_model_without_key_and_prompt(service: Service) -> None:
    service.replies = [stream(piece("ok"), "[DONE]")]
    asking = OpenAi(Model(url=f"{service.url}/chat/completions/", name="tiny"), timeout=10)
    assert await pieces(asking, said("hello")) == ["ok"]
    (asked,) = service.asked
    assert asked.path == "/chat/completions"
    assert "authorization" not in asked.headers
    assert set(json.loads(asked.body)) == {"model", "messages", "stream"}


async def test_a_server_that_does_not_stream(service: Service) -> None:
    service.replies = [Reply(b'{"choices":[{"message":{"role":"assistant","content":"whole"}}]}')]
    assert await pieces(model(service.url), said("hello")) == ["whole"]


async def test_a_stream_without_a_last_word(service: Service) -> None:
    end = '{"choices":[{"delta":{},"finish_reason":"stop"}]}'
    service.replies = [stream(piece("all of it"), end)]
    assert "".join(await pieces(model(service.url), said("hello"))) == "all of it"


async def test_it_is_asked_again_before_it_has_begun(service: Service) -> None:
    service.replies = [Reply(status=503), stream(piece("ok"), "[DONE]")]
    assert await pieces(model(service.url), said("hello")) == ["ok"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (stream(piece("half")), "ended before"),
        (stream(piece("half"), cut=True), "broke off"),
        (stream('{"error":{"message":"you said hello","type":"overloaded"}}'), "overloaded"),
        (stream("no json"), "no completion"),
        (Reply(b'{"error":{"code":"context_length"}}'), "context_length"),
        (Reply(status=401), "status 401"),
    ],
)
async def test_what_is_no_answer(service: Service, reply: Reply, reason: str) -> None:
    service.replies = [reply]
    with pytest.raises(ResponderFailed, match=reason) as failed:
        await pieces(model(service.url, key="sk-secret"), said("hello"))
    assert "sk-secret" not in str(failed.value)
    assert "hello" not in str(failed.value)


async def test_echo() -> None:
    assert await pieces(Echo(), said("Is anybody there?")) == ["Is anybody there?"]
