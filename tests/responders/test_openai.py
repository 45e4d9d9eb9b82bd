"""A language model: its input, and parsing of its stream."""

import json
import time
from collections.abc import AsyncGenerator

import pytest

from backchannel.ports.responder import AnswerCut, ResponderFailed
from backchannel.responders.echo import Echo
from backchannel.responders.openai import Model, OpenAi, data_of
from tests.responders.conftest import Reply, Service, message, pieces


def model(url: str, **more: object) -> OpenAi:
    return OpenAi(Model(url=url + "/v1", name="tiny", **more), timeout=60)  # type: ignore[arg-type]


def stream(*events: str, cut: bool = False) -> Reply:
    text = "".join(f": comment\r\nevent: x\r\ndata: {event}\r\n\r\n" for event in events)
    return Reply(text.encode(), media_type="text/event-stream; charset=utf-8", cut=cut)


def piece(text: str | None) -> str:
    return json.dumps({"id": "x", "choices": [{"index": 0, "delta": {"content": text}}]})


async def test_a_streamed_answer_is_yielded_in_parts(service: Service) -> None:
    start = json.dumps({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
    usage = json.dumps({"choices": [], "usage": {"total_tokens": 3}})
    service.replies = [stream(start, piece("Gu"), piece("ten Täg"), piece(None), usage, "[DONE]")]
    asking = model(service.url, key="sk-secret", prompt="Be brief.", max_tokens=9)
    before = message("Hello"), message("Good day", by_user=False)
    assert "".join(await pieces(asking, message("And?"), *before)) == "Guten Täg"
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
    asking = OpenAi(Model(url=f"{service.url}/chat/completions/", name="tiny"), timeout=60)
    assert await pieces(asking, message("hello")) == ["ok"]
    (asked,) = service.asked
    assert asked.path == "/chat/completions"
    assert "authorization" not in asked.headers
    assert set(json.loads(asked.body)) == {"model", "messages", "stream"}


async def test_an_unstreamed_answer_is_accepted(service: Service) -> None:
    service.replies = [Reply(b'{"choices":[{"message":{"role":"assistant","content":"whole"}}]}')]
    assert await pieces(model(service.url), message("hello")) == ["whole"]


async def test_a_stream_without_done_is_complete_after_its_finish_reason(service: Service) -> None:
    end = '{"choices":[{"delta":{},"finish_reason":"stop"}]}'
    service.replies = [stream(piece("all of it"), end)]
    assert "".join(await pieces(model(service.url), message("hello"))) == "all of it"


async def test_a_request_is_retried_before_the_answer_has_begun(service: Service) -> None:
    service.replies = [Reply(status=503), stream(piece("ok"), "[DONE]")]
    assert await pieces(model(service.url), message("hello")) == ["ok"]


BOM = "\ufeff"
STREAMS = {
    "LF": 'data: {"choices":[{"delta":{"content":"ab"}}]}\n\ndata: [DONE]\n\n',
    "CR LF": 'data: {"choices":[{"delta":{"content":"ab"}}]}\r\n\r\ndata: [DONE]\r\n\r\n',
    "CR": 'data: {"choices":[{"delta":{"content":"ab"}}]}\r\rdata: [DONE]\r\r',
    "no space": 'data:{"choices":[{"delta":{"content":"ab"}}]}\n\ndata:[DONE]\n\n',
    "a BOM": BOM + 'data: {"choices":[{"delta":{"content":"ab"}}]}\n\ndata: [DONE]\n\n',
    "no last blank line": 'data: {"choices":[{"delta":{"content":"ab"}}]}\n\ndata: [DONE]',
    "two data lines": 'data: {"choices":\ndata: [{"delta":{"content":"ab"}}]}\n\ndata: [DONE]\n\n',
    "comments and other fields": ": hello\nid: 1\nevent: message\nretry: 5\nfoo\n:\n"
    'data: {"choices":[{"delta":{"content":"ab"}}]}\n\n: bye\n\ndata: [DONE]\n\n',
    "empty data": 'data:\n\ndata\n\ndata: {"choices":[{"delta":{"content":"ab"}}]}\n\n'
    "data: \n\ndata: [DONE]\n\n",
    "no choices": 'data: {"choices":null,"usage":null,"error":null}\n\ndata: {}\n\n'
    'data: {"choices":[{"delta":{"content":"ab"}}]}\n\ndata: {"choices":[]}\n\ndata: [DONE]\n\n',
    "empty deltas": 'data: {"choices":[{"delta":null}]}\n\ndata: {"choices":[{}]}\n\n'
    'data: {"choices":[{"delta":{"content":"ab","tool_calls":null}}]}\n\ndata: [DONE]\n\n',
    "content in parts": 'data: {"choices":[{"delta":{"content":[{"type":"text","text":"a"},'
    '{"type":"other"},"b"]}}]}\n\ndata: [DONE]\n\n',
    "what follows the end": 'data: {"choices":[{"delta":{"content":"ab"}}]}\n\ndata: [DONE]\n\n'
    'data: {"choices":[{"delta":{"content":"more"}}]}\n\n',
}


@pytest.mark.parametrize("chunk", [1, 2, 7, 10_000])
@pytest.mark.parametrize("events", STREAMS.values(), ids=STREAMS)
async def test_server_sent_events_are_parsed_by_the_standard(
    service: Service, events: str, chunk: int
) -> None:
    service.replies = [Reply(events.encode(), media_type="text/event-stream", chunk=chunk)]
    assert "".join(await pieces(model(service.url), message("hello"))) == "ab"


async def test_S18_a_stream_of_single_bytes_is_read_in_time() -> None:
    async def bytes_of(text: bytes) -> AsyncGenerator[bytes]:
        for number in range(len(text)):
            yield text[number : number + 1]

    text = b"data: " + b"x" * 300_000
    began = time.process_time()
    assert [data async for data in data_of(bytes_of(text))] == [b"x" * 300_000]
    assert time.process_time() - began < 10


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_an_answer_cut_by_the_model_is_marked(service: Service, reason: str) -> None:
    end = json.dumps({"choices": [{"delta": {}, "finish_reason": reason}]})
    whole = json.dumps({"choices": [{"message": {"content": "half"}, "finish_reason": reason}]})
    for reply in (stream(piece("half"), end, "[DONE]"), Reply(whole.encode())):
        service.replies = [reply]
        with pytest.raises(AnswerCut, match=reason):
            await pieces(model(service.url), message("hello"))


async def test_user_and_assistant_alternate_in_the_input(service: Service) -> None:
    service.replies = [stream(piece("ok"), "[DONE]")]
    before = [
        message("late answer", by_user=False),
        message("one"),
        message("two"),
        message("first", by_user=False),
        message("second", by_user=False),
        message("three"),
    ]
    await pieces(model(service.url), message("four"), *before)
    assert json.loads(service.asked[0].body)["messages"] == [
        {"role": "user", "content": "one\n\ntwo"},
        {"role": "assistant", "content": "first\n\nsecond"},
        {"role": "user", "content": "three\n\nfour"},
    ]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (stream(piece("half")), "ended before"),
        (stream(piece("half"), cut=True), "broke off"),
        (stream('{"error":{"message":"you said hello","type":"overloaded"}}'), "overloaded"),
        (stream('{"error":"you said hello"}'), "reports an error"),
        (stream("no json"), "not a completion"),
        (Reply(b'{"error":{"code":"context_length"}}'), "context_length"),
        (Reply(status=401), "status 401"),
    ],
)
async def test_an_unusable_response_is_a_failure(
    service: Service, reply: Reply, reason: str
) -> None:
    service.replies = [reply]
    with pytest.raises(ResponderFailed, match=reason) as failed:
        await pieces(model(service.url, key="sk-secret"), message("hello"))
    assert "sk-secret" not in str(failed.value)
    assert "hello" not in str(failed.value)


async def test_the_echo_repeats_the_message() -> None:
    assert await pieces(Echo(), message("Is anybody there?")) == ["Is anybody there?"]
