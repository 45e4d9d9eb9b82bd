"""Screen readers: the order of the page, names, and new messages once (rule W15)."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import eventually

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

NAMED = {"button", "link", "textbox", "checkbox", "combobox", "menuitem", "option", "radio"}
NOTED = """() => {
  window.announced = [];
  const log = document.querySelector('[role=log]');
  new MutationObserver(() => window.announced.push(log.textContent)).observe(
    log, {childList: true, subtree: true, characterData: true});
}"""
UNREAD = 150
"""Messages; more than the page loads at once."""
FAR = 1_000
"""Steps of scrolling, of which a busy machine needs more."""


def tree(page: Page) -> list[tuple[str, str]]:
    """The role and the name of each node of the accessibility tree, in order."""
    session = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {each["nodeId"]: each for each in nodes}
    found: list[tuple[str, str]] = []

    def walk(node: dict[str, Any]) -> None:
        if not node["ignored"]:
            name = node.get("name", {}).get("value", "")
            found.append((node["role"]["value"], name.strip()))
        for child in node.get("childIds", []):
            if child in by_id:
                walk(by_id[child])

    walk(nodes[0])
    return found


def nameless(page: Page) -> list[str]:
    return [role for role, name in tree(page) if role in NAMED and not name]


def test_W15_a_conversation_is_read_in_its_order_with_names(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    first = grace.send(ada, "Are you there?")
    ada.send(grace, "I am", reply_to=first["seq"])
    ada.react(first, "👍")
    chat = signed_in(ada)
    chat.open("Grace")
    expect(chat.bubble("I am")).to_be_visible()
    wanted = [
        ("link", "Skip to the message field"),
        ("navigation", "Conversations"),
        ("button", "New conversation"),
        ("main", "Conversation with Grace"),
        ("heading", "Conversation with Grace"),
        ("region", "Messages"),
        ("heading", "Today"),
        ("article", "Grace, "),
        ("button", "👍 You"),
        ("article", "You, "),
        ("textbox", "Message Grace"),
    ]
    eventually(chat.page, lambda: missing(tree(chat.page), wanted), None)
    articles = [name for role, name in tree(chat.page) if role == "article"]
    assert [name.split(": ")[1] for name in articles] == ["Are you there?", "I am"]


def missing(read: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> str | None:
    """The first of the wanted nodes that does not come after those before it."""
    at = 0
    for role, name in wanted:
        places = [
            index
            for index, (its_role, its_name) in enumerate(read)
            if index >= at and its_role == role and its_name.startswith(name)
        ]
        if not places:
            return f"{role} “{name}”"
        at = places[0]
    return None


def test_W15_every_control_of_every_page_has_a_name(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    seen = {"list": nameless(page)}
    chat.open("Grace")
    expect(chat.bubble("Hello")).to_be_visible()
    seen["conversation"] = nameless(page)
    page.get_by_role("button", name="Details").click()
    page.get_by_role("complementary", name="Details").wait_for()
    seen["details"] = nameless(page)
    chat.bubble("Hello").locator(".bubble").click(button="right")
    page.get_by_role("menuitem").first.wait_for()
    seen["menu"] = nameless(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("option").first.wait_for()
    seen["palette"] = nameless(page)
    page.keyboard.press("Escape")
    page.goto(f"{chat.address}/settings")
    page.get_by_role("button", name="Sign out", exact=True).first.wait_for()
    seen["settings"] = nameless(page)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_label("Email or username").wait_for()
    seen["sign in"] = nameless(page)
    page.goto(f"{chat.address}/sign-up")
    page.get_by_label("Username").wait_for()
    seen["sign up"] = nameless(page)
    assert {name: each for name, each in seen.items() if each} == {}


def test_W15_new_messages_are_announced_once_and_history_is_not(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send_all(ada, [f"Old {number}" for number in range(UNREAD)])
    chat = signed_in(ada)
    page = chat.page
    page.evaluate(NOTED)
    chat.open("Grace")
    jump = page.get_by_role("button", name=f"Jump to newest, {UNREAD} new")
    expect(jump).to_be_visible()
    thread = page.locator(".thread")
    last = chat.bubble(f"Old {UNREAD - 1}")
    for _ in range(FAR):  # more is loaded below the reader
        thread.evaluate("thread => { thread.scrollTop += 900 }")
        page.wait_for_timeout(60)
        if last.is_visible():
            break
    expect(last).to_be_visible()
    assert page.evaluate("window.announced") == []
    ada.send(grace, "I answer elsewhere")
    said = grace.send(ada, "A new one")
    eventually(page, "window.announced", ["Grace: A new one"])
    expect(chat.bubble("A new one")).to_be_visible()
    grace.edit(said, "A new one, edited")
    expect(chat.bubble("A new one, edited")).to_be_visible()
    grace.send(ada, "And another")
    expect(chat.bubble("And another")).to_be_visible()
    both = ["Grace: A new one", "Grace: And another"]
    eventually(page, "window.announced", both)
    page.wait_for_timeout(300)
    assert page.evaluate("window.announced") == both
