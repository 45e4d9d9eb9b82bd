"""Long conversations: nothing moves under the reader's eyes, and little of it is drawn."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

LONG = 1_000
"""Messages; more than the page holds at once."""
NODES = 300
QUARTER = 0.25
SETTLING = 500
"""Milliseconds in which the list has measured what it drew first."""
PLACE = """() => {
  const thread = document.querySelector('.thread')
  const top = thread.getBoundingClientRect().top
  const first = [...thread.querySelectorAll('[data-seq]')]
    .find(each => each.getBoundingClientRect().top >= top)
  return {seq: first.dataset.seq, at: first.getBoundingClientRect().top}
}"""
POSITION = """seq => document.querySelector(`.thread [data-seq="${seq}"]`)
  ?.getBoundingClientRect().top"""


@pytest.fixture(scope="module")
def pair(person: Make) -> tuple[Person, Person]:
    """Ada, and Grace who has told her much."""
    ada, grace = person("Ada"), person("Grace")
    grace.say_all(ada, [f"Line {number} " + "and so on " * (number % 9) for number in range(LONG)])
    ada.read(grace.messages(ada)[-1])
    return ada, grace


def scroll(page: Page, to: int) -> None:
    page.locator(".thread").evaluate("(thread, to) => { thread.scrollTop = to }", to)
    page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")


def opened(signed_in: Open, who: Person, name: str) -> ChatPage:
    chat = signed_in(who)
    chat.open(name)
    expect(chat.page.locator(".message").last).to_be_visible()
    chat.page.wait_for_timeout(SETTLING)
    return chat


def test_W5_older_messages_move_nothing(pair: tuple[Person, Person], signed_in: Open) -> None:
    chat = opened(signed_in, pair[0], "Grace")
    held: list[Route] = []
    chat.page.route("**/messages?before=*", lambda route: held.insert(0, route))
    for _ in range(3):
        scroll(chat.page, 700)
        place = chat.page.evaluate(PLACE)
        chat.page.wait_for_timeout(SETTLING)
        before = chat.page.evaluate(POSITION, place["seq"])
        height = chat.page.locator(".thread").evaluate("thread => thread.scrollHeight")
        while not held:
            chat.page.wait_for_timeout(20)
        held.pop().continue_()
        chat.page.wait_for_function(
            "height => document.querySelector('.thread').scrollHeight > height + 500", arg=height
        )
        chat.page.wait_for_timeout(300)
        assert abs(chat.page.evaluate(POSITION, place["seq"]) - before) < 1


def test_W5_W6_arrivals_move_nothing_and_are_counted(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    ada, grace = pair
    chat = opened(signed_in, ada, "Grace")
    scroll(chat.page, 900)
    jump = chat.page.locator(".jump.is-shown")
    expect(jump).to_be_visible()
    chat.page.wait_for_timeout(500)
    place = chat.page.evaluate(PLACE)
    grace.say_all(ada, ["One more", "And another", "And the last"])
    expect(chat.page.get_by_role("button", name="Jump to newest, 3 new")).to_be_visible()
    assert abs(chat.page.evaluate(POSITION, place["seq"]) - place["at"]) < 1
    jump.click()
    expect(chat.bubble("And the last")).to_be_in_viewport()
    expect(jump).to_have_count(0)
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)


@pytest.mark.parametrize("count", [20, 200])
def test_W6_the_unread_line_stands_at_a_quarter(person: Make, signed_in: Open, count: int) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say_all(ada, [f"Read {number}" for number in range(80)])
    ada.read(grace.messages(ada)[-1])
    grace.say_all(ada, [f"New {number} " + "word " * 30 for number in range(count)])
    chat = opened(signed_in, ada, "Grace")
    line = chat.page.locator(".unread")
    expect(line).to_have_text(f"{count} new messages")
    expect(chat.page.get_by_role("button", name=f"Jump to newest, {count} new")).to_be_visible()
    chat.page.wait_for_timeout(300)
    thread, box = chat.page.locator(".thread").bounding_box(), line.bounding_box()
    assert thread
    assert box
    assert abs((box["y"] - thread["y"]) / thread["height"] - QUARTER) < 0.04
    chat.page.get_by_role("button", name="Jump to newest").click()
    expect(chat.bubble(f"New {count - 1} ")).to_be_in_viewport()
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)
    assert grace.http.get("/v1/conversations").json()["items"][0]["theirs"]["read_seq"] > count


def test_W7_a_conversation_is_found_as_it_was_left(
    person: Make, pair: tuple[Person, Person], signed_in: Open
) -> None:
    ada, joan = pair[0], person("Joan")
    joan.say(ada, "Hello from Joan")
    chat = opened(signed_in, ada, "Grace")
    scroll(chat.page, 900)
    chat.page.wait_for_timeout(300)
    place = chat.page.evaluate(PLACE)
    chat.open("Joan")
    expect(chat.bubble("Hello from Joan")).to_be_visible()
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.open("Grace")
    expect(chat.page.locator(f'[data-seq="{place["seq"]}"]')).to_be_in_viewport()
    chat.page.wait_for_timeout(300)
    assert abs(chat.page.evaluate(POSITION, place["seq"]) - place["at"]) < 1
    assert [url for url in asked if "/messages" in url] == []


def test_few_nodes_are_drawn_however_far_one_scrolls(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    chat = opened(signed_in, pair[0], "Grace")
    thread = chat.page.locator(".thread")
    beginning = chat.page.get_by_text("This is the very beginning.")
    most = 0
    for _ in range(200):
        most = max(most, thread.evaluate("thread => thread.querySelectorAll('*').length"))
        if beginning.count():
            break
        thread.evaluate("thread => { thread.scrollTop -= 900 }")
        chat.page.wait_for_timeout(60)
    expect(beginning).to_be_visible()
    expect(chat.bubble("Line 0")).to_be_visible()
    assert most <= NODES
    chat.page.get_by_role("button", name="Jump to newest").click()
    expect(chat.page.locator(".jump.is-shown")).to_have_count(0)
