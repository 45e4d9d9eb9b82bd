"""Sessions with the assistant: answers that grow, are stopped, and are read aloud once."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.support.process import ServerProcess, server_process
from tests.web.model import Model, language_model
from tests.web.pages import ChatPage
from tests.web.people import Person, people_of
from tests.web.waiting import box_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

PAGE = "\n\n".join(f"Paragraph {number}, which is long enough." for number in range(40))


BOXES = """item => [item.querySelector("[role=checkbox], [type=checkbox]"), item]
  .map(each => each.getBoundingClientRect().toJSON())"""
"""The boxes of a task's checkbox and of the task."""
TEXTS = """answer => [...answer.querySelectorAll("p, li")]
  .map(each => each.getBoundingClientRect().toJSON())"""
"""The boxes of an answer's paragraphs and items, at once: the thread may be scrolling."""


@pytest.fixture
def model() -> Generator[Model]:
    with language_model() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, browser: object, model: Model) -> Generator[ServerProcess]:
    settings = {"responder_kind": "openai", "responder_url": model.url}
    with server_process(tmp_path, **settings, responder_model="tiny") as running:
        yield running


@pytest.fixture
def person(server: ServerProcess) -> Generator[Make]:
    with people_of(server.address) as make:
        yield make


def begin(page: ChatPage) -> None:
    page.page.get_by_role("button", name="Assistants").click()
    page.page.get_by_role("button", name="New session").click()
    expect(page.field).to_have_attribute("placeholder", "Ask Assistant")


def answer(page: ChatPage) -> Locator:
    return page.page.locator(".answer").last


def middle_of(element: Locator) -> float:
    box = box_of(element)
    return box["y"] + box["height"] / 2


def test_W18_an_answer_grows_and_send_is_stop_until_it_is_complete(
    model: Model, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("What will go wrong first?")
    expect(answer(chat)).to_contain_text("Working")
    stop = chat.page.get_by_role("button", name="Stop answering")
    expect(stop).to_be_visible()
    model.send("The **kettle**")
    expect(answer(chat).locator("strong")).to_have_text("kettle")
    chat.field.fill("and then?")
    chat.field.press("Enter")
    expect(chat.field).to_have_value("and then?")
    model.send(" of course.")
    model.end()
    expect(answer(chat)).to_contain_text("The kettle of course.")
    expect(stop).to_have_count(0)
    expect(chat.page.locator(".answer")).to_have_count(1)
    expect(chat.page.get_by_role("log")).to_have_text("Assistant: The kettle of course.")
    expect(chat.row("What will go wrong first?")).to_be_visible()


def test_W18_a_stopped_answer_keeps_its_text(model: Model, person: Make, signed_in: Open) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("Tell me everything")
    model.send("This much")
    expect(answer(chat)).to_contain_text("This much")
    chat.page.get_by_role("button", name="Stop answering").click()
    expect(chat.page.get_by_role("button", name="Copy answer")).to_be_visible()
    expect(answer(chat)).to_contain_text("This much")
    model.end()
    chat.page.reload()
    expect(answer(chat)).to_contain_text("This much")


def test_W18_an_answer_stopped_before_its_first_word_is_not_a_failure(
    person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("Tell me everything")
    chat.page.get_by_role("button", name="Stop answering").click()
    expect(answer(chat)).to_contain_text("You stopped this answer.")
    expect(answer(chat).locator(".is-danger")).to_have_count(0)
    expect(chat.row("Tell me everything")).to_contain_text("You stopped this answer.")


def test_a_session_deleted_elsewhere_says_so_where_it_is_open(
    person: Make, signed_in: Open
) -> None:
    ada = person("Ada")
    chat = signed_in(ada)
    begin(chat)
    chat.field.fill("half a question")
    session = chat.page.url.rpartition("/")[2]
    ada.http.delete(f"/v1/sessions/{session}").raise_for_status()
    expect(chat.page.get_by_text("It may have been deleted")).to_be_visible()
    chat.page.get_by_role("link", name="Back to conversations").click()
    expect(chat.page.locator(".row")).to_have_count(0)


def test_W18_an_answer_that_is_stopped_without_a_connection_ends_once_there_is_one(
    model: Model, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("Tell me everything")
    model.send("This much")
    expect(answer(chat)).to_contain_text("This much")
    chat.page.context.set_offline(offline=True)
    expect(chat.status).to_have_text("Connecting…")
    chat.page.get_by_role("button", name="Stop answering").click()
    chat.page.context.set_offline(offline=False)
    expect(chat.page.get_by_role("button", name="Copy answer")).to_be_visible()
    expect(answer(chat)).to_contain_text("This much")


def test_long_words_of_an_answer_stay_in_sight(model: Model, person: Make, phone: Open) -> None:
    chat = phone(person("Ada"))
    begin(chat)
    chat.send("Where is it?")
    model.send(f"https://example.org/{'a' * 200} {'b' * 200}")
    model.end()
    expect(chat.page.get_by_role("button", name="Copy answer")).to_be_visible()
    wide = answer(chat).locator(".prose").evaluate("prose => prose.scrollWidth - prose.clientWidth")
    assert wide == 0


def test_a_task_of_an_answer_has_its_checkbox_before_its_text(
    model: Model, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("What is left to do?")
    model.send("- [x] cups\n- [ ] flasks ")
    model.end()
    for task in ("cups", "flasks"):
        item = answer(chat).get_by_role("listitem").filter(has_text=task)
        expect(item.get_by_role("checkbox", name=task)).to_be_visible()
        # At once, since the thread may be scrolling.
        checkbox, text = item.evaluate(BOXES)
        assert checkbox["right"] < text["left"]
        assert abs(checkbox["top"] - text["top"]) < checkbox["height"]


@pytest.mark.parametrize("marks", [("-", "-"), ("1.", "2.")], ids=["bullets", "numbers"])
def test_the_items_of_a_list_are_indented_and_apart(
    model: Model, person: Make, signed_in: Open, marks: tuple[str, str]
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("What is left to do?")
    model.send("This:\n\n" + "\n".join(f"{mark} wash the cups" for mark in marks) + " ")
    model.end()
    expect(answer(chat).get_by_role("listitem")).to_have_count(2)
    text, *items = answer(chat).evaluate(TEXTS)
    assert [item["left"] - text["left"] for item in items] == [22, 22]
    assert items[1]["top"] - items[0]["bottom"] == 6


def test_a_session_without_a_message_has_its_name_beside_its_time(
    person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    row = chat.page.locator(".row")
    name, time = (middle_of(row.locator(each)) for each in (".row__name", ".row__time"))
    assert abs(name - time) < 1


def test_W18_an_answer_continues_after_a_disconnect_and_a_reload(
    model: Model, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("Tell me slowly")
    model.send("First this.")
    expect(answer(chat)).to_contain_text("First this.")
    chat.page.context.set_offline(offline=True)
    expect(chat.status).to_have_text("Connecting…")
    expect(answer(chat)).to_contain_text("First this.")
    model.send(" Then that.")
    chat.page.context.set_offline(offline=False)
    chat.page.reload()
    model.send(" At last this.")
    expect(answer(chat)).to_contain_text("First this. Then that. At last this.")
    model.end()
    expect(chat.page.get_by_role("button", name="Copy answer")).to_be_visible()


def test_W18_the_thread_follows_a_growing_answer_only_while_it_is_at_its_end(
    model: Model, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("Tell me a lot")
    model.send(PAGE)
    last = answer(chat).get_by_text("Paragraph 39")
    expect(last).to_be_in_viewport()
    thread = chat.page.get_by_role("region", name="Messages")
    thread.evaluate("element => element.scrollBy(0, -400)")
    jump = chat.page.get_by_role("button", name="Jump to newest")
    expect(jump).to_be_visible()
    before = thread.evaluate("element => element.scrollTop")
    model.send("\n\nMore, below.")
    expect(answer(chat).get_by_text("More, below.")).to_be_attached()
    assert thread.evaluate("element => element.scrollTop") == before
    jump.click()
    model.send("\n\nThe end.")
    model.end()
    expect(answer(chat).get_by_text("The end.")).to_be_in_viewport()


def test_W19_html_in_an_answer_is_shown_as_text(
    model: Model, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.send("Show me")
    model.send(
        "<img src=x onerror=alert(1)> [click](javascript:alert(1)) ![x](http://evil.example/x.png)",
        "\n\n```python\nreturn 'open'\n```",
    )
    model.end()
    expect(chat.page.get_by_role("button", name="Copy answer")).to_be_visible()
    expect(answer(chat)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(answer(chat).locator("img, script")).to_have_count(0)
    hrefs = answer(chat).locator("a").evaluate_all("all => all.map((each) => each.href)")
    assert hrefs == ["http://evil.example/x.png"]
    expect(answer(chat).locator("pre .code-keyword")).to_have_text("return")


def test_a_session_is_renamed_and_deleted(person: Make, signed_in: Open) -> None:
    chat = signed_in(person("Ada"))
    begin(chat)
    chat.page.get_by_role("button", name="Details").click()
    chat.page.get_by_label("Name of the session").fill("Wall text")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.row("Wall text")).to_be_visible()
    chat.page.get_by_role("button", name="Delete session").click()
    chat.page.get_by_role("button", name="Delete session").last.click()
    expect(chat.row("Wall text")).to_have_count(0)
    chat.page.reload()
    expect(chat.page.get_by_role("navigation", name="Conversations")).to_be_visible()
    expect(chat.row("Wall text")).to_have_count(0)
