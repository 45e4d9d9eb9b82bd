"""Long conversations: the view does not shift, and few messages are drawn."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Held, until

pytestmark = pytest.mark.alone  # movements depend on the frame rate

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

LONG = 1_000
"""Messages; more than the page holds at once."""
NODES = 300
QUARTER = 0.25
FAR = 1_000
"""Steps of scrolling, of which a busy machine needs more."""
SETTLING = 500
"""Milliseconds in which the list has measured what it drew first."""
LINE_AT = """quarter => {
  const thread = document.querySelector('.thread').getBoundingClientRect();
  const line = document.querySelector('.unread').getBoundingClientRect();
  return Math.abs((line.top - thread.top) / thread.height - quarter) < 0.04;
}"""
ANCHOR = """() => {
  const thread = document.querySelector('.thread')
  const top = thread.getBoundingClientRect().top
  const first = [...thread.querySelectorAll('[data-seq]')]
    .find(each => each.getBoundingClientRect().top >= top)
  return {seq: first.dataset.seq, at: first.getBoundingClientRect().top}
}"""
SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    // The list of conversations is put into a new order, which moves its rows.
    const moved = each.sources.filter(({node}) => !node?.closest?.('.row'));
    if (!each.hadRecentInput && moved.length > 0) {
      window.shifts.push([each.startTime, each.value, ...moved.map(({node}) => node?.outerHTML)]);
    }
  }
}).observe({type: 'layout-shift', buffered: true})"""
AT_END = """() => {
  const {scrollTop, clientHeight, scrollHeight} = document.querySelector('.thread');
  return scrollTop + clientHeight > scrollHeight - 1;
}"""
POSITION = """seq => document.querySelector(`.thread [data-seq="${seq}"]`)
  ?.getBoundingClientRect().top"""


@pytest.fixture(scope="module")
def pair(person: Make) -> tuple[Person, Person]:
    """Ada, and Grace, who has sent her many messages."""
    ada, grace = person("Ada"), person("Grace")
    grace.send_all(ada, [f"Line {number} " + "and so on " * (number % 9) for number in range(LONG)])
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


def test_W5_loading_older_messages_does_not_shift_the_view(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    chat = opened(signed_in, pair[0], "Grace")
    held = Held(chat.page, "**/messages?before=*")
    for _ in range(3):
        scroll(chat.page, 700)
        anchor = chat.page.evaluate(ANCHOR)
        chat.page.wait_for_timeout(SETTLING)
        before = chat.page.evaluate(POSITION, anchor["seq"])
        height = chat.page.locator(".thread").evaluate("thread => thread.scrollHeight")
        held.let_one_go()
        chat.page.wait_for_function(
            "height => document.querySelector('.thread').scrollHeight > height + 500", arg=height
        )
        chat.page.wait_for_timeout(300)
        assert abs(chat.page.evaluate(POSITION, anchor["seq"]) - before) < 1


def test_W5_W6_new_messages_do_not_shift_the_view_and_are_counted(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    ada, grace = pair
    chat = opened(signed_in, ada, "Grace")
    scroll(chat.page, 900)
    jump = chat.page.locator(".jump.is-shown")
    expect(jump).to_be_visible()
    chat.page.wait_for_timeout(500)
    anchor = chat.page.evaluate(ANCHOR)
    grace.send_all(ada, ["One more", "And another", "And the last"])
    expect(chat.page.get_by_role("button", name="Jump to newest, 3 new")).to_be_visible()
    assert abs(chat.page.evaluate(POSITION, anchor["seq"]) - anchor["at"]) < 1
    jump.click()
    expect(chat.bubble("And the last")).to_be_in_viewport()
    expect(jump).to_have_count(0)
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)


def test_W5_no_layout_shifts_while_a_conversation_is_opened_read_and_continued(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    ada, grace = pair
    chat = signed_in(ada)
    page = chat.page
    page.add_init_script(SHIFTS)
    page.goto(chat.address)
    chat.open("Grace")
    expect(page.locator(".message").last).to_be_visible()
    page.wait_for_timeout(SETTLING)
    page.mouse.move(800, 450)
    for _ in range(10):
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(60)
    grace.send_all(ada, [f"While you read {number}" for number in range(10)])
    jump = page.get_by_role("button", name="Jump to newest, 10 new")
    expect(jump).to_be_visible()
    assert page.evaluate("window.shifts") == []
    jump.click()
    expect(chat.bubble("While you read 9")).to_be_in_viewport()
    page.wait_for_function(AT_END)
    page.wait_for_timeout(SETTLING)
    begun = page.evaluate("performance.now()")  # the jump is a requested movement
    grace.send_all(ada, [f"While you look {number}" for number in range(10)])
    expect(chat.bubble("While you look 9")).to_be_in_viewport()
    shifts = page.evaluate("window.shifts")  # layout shifts are reported some time later
    assert [each for each in shifts if each[0] >= begun] == []


@pytest.mark.parametrize("count", [20, 200])
def test_W6_the_unread_line_is_a_quarter_down_the_view(
    person: Make, signed_in: Open, count: int
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send_all(ada, [f"Read {number}" for number in range(80)])
    ada.read(grace.messages(ada)[-1])
    grace.send_all(ada, [f"New {number} " + "word " * 30 for number in range(count)])
    chat = opened(signed_in, ada, "Grace")
    line = chat.page.locator(".unread")
    expect(line).to_have_text(f"{count} new messages")
    expect(chat.page.get_by_role("button", name=f"Jump to newest, {count} new")).to_be_visible()
    chat.page.wait_for_function(LINE_AT, arg=QUARTER)
    chat.page.get_by_role("button", name="Jump to newest").click()
    expect(chat.bubble(f"New {count - 1} ")).to_be_in_viewport()
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)
    # The page does not wait for the server.
    until(chat.page, lambda: read_by_other(grace) > count)


def read_by_other(person: Person) -> int:
    """The other member's read mark in the only conversation of a person."""
    (conversation,) = person.http.get("/v1/conversations").json()["items"]
    return int(conversation["theirs"]["read_seq"])


def test_W7_a_conversation_reopens_where_it_was_left(
    person: Make, pair: tuple[Person, Person], signed_in: Open
) -> None:
    ada, joan = pair[0], person("Joan")
    joan.send(ada, "Hello from Joan")
    chat = opened(signed_in, ada, "Grace")
    scroll(chat.page, 900)
    chat.page.wait_for_timeout(300)
    anchor = chat.page.evaluate(ANCHOR)
    chat.open("Joan")
    expect(chat.bubble("Hello from Joan")).to_be_visible()
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.open("Grace")
    expect(chat.page.locator(f'[data-seq="{anchor["seq"]}"]')).to_be_in_viewport()
    chat.page.wait_for_timeout(300)
    assert abs(chat.page.evaluate(POSITION, anchor["seq"]) - anchor["at"]) < 1
    assert [url for url in asked if "/messages" in url] == []


def test_the_day_is_shown_while_scrolling_and_steps_aside(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    chat = opened(signed_in, pair[0], "Grace")
    day = chat.page.locator(".floating-day")
    expect(day).to_be_attached()
    expect(day).not_to_have_class(re.compile("is-shown"))
    chat.page.locator(".thread").evaluate("thread => { thread.scrollTop -= 900 }")
    expect(day).to_have_class(re.compile("is-shown"))
    expect(day).to_have_text("Today")
    box = day.locator("span").bounding_box()
    thread = chat.page.locator(".thread").bounding_box()
    assert box is not None
    assert thread is not None
    assert 0 < box["y"] - thread["y"] < 20
    expect(day).not_to_have_class(re.compile("is-shown"))


def test_few_nodes_are_drawn_while_scrolling(pair: tuple[Person, Person], signed_in: Open) -> None:
    chat = opened(signed_in, pair[0], "Grace")
    thread = chat.page.locator(".thread")
    beginning = chat.page.get_by_text("This is the very beginning.")
    most = 0
    for _ in range(FAR):
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
