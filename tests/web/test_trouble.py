"""The server ends, the network fails, the page is reloaded: no typed text is lost."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import until

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_W2_messages_written_while_the_server_is_down_are_sent_once(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Are you there?")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("Are you there?")).to_be_visible()
    ada_chat.field.press_sequentially("Wait, I am ty")
    server.kill()
    ada_chat.field.press_sequentially("ping")
    expect(ada_chat.page.get_by_text("What you write is kept and sent later.")).to_be_visible()
    expect(ada_chat.status).to_have_text("Connecting…")
    ada_chat.field.press("Enter")
    ada_chat.send("And a second one")
    expect(ada_chat.state("Wait, I am typing")).to_have_attribute("aria-label", "Sending")
    server.start()
    expect(ada_chat.state("And a second one")).to_have_attribute("aria-label", "Sent")
    expect(ada_chat.page.get_by_text("What you write is kept and sent later.")).to_have_count(0)
    told = [each["body"] for each in grace.messages(ada)]
    assert told == ["Are you there?", "Wait, I am typing", "And a second one"]


def test_W2_unsent_messages_survive_a_reload_without_a_server(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("Hello")).to_be_visible()
    ada_chat.page.context.set_offline(offline=True)
    server.kill()
    ada_chat.send("Written in a tunnel")
    expect(ada_chat.state("Written in a tunnel")).to_have_attribute("aria-label", "Sending")
    expect(ada_chat.row("Grace")).to_contain_text("Written in a tunnel")
    expect(ada_chat.row("Grace").get_by_role("img", name="Sending")).to_be_visible()
    ada_chat.page.context.set_offline(offline=False)
    server.start()
    ada_chat.page.reload()
    expect(ada_chat.state("Written in a tunnel")).to_have_attribute("aria-label", "Sent")
    assert [each["body"] for each in grace.messages(ada)] == ["Hello", "Written in a tunnel"]


def test_W3_a_reload_shows_stored_messages_before_the_server_answers(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    for number in range(5):
        grace.send(ada, f"Message {number}")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("Message 4")).to_be_visible()
    ada_chat.page.route("**/v1/**", lambda _: None)  # the server never answers
    ada_chat.page.reload()
    expect(ada_chat.bubble("Message 4")).to_be_visible()
    ada_chat.wait_for_texts(*(f"Message {number}" for number in range(5)))


def test_missed_messages_arrive_in_order_and_once(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "before")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("before")).to_be_visible()
    ada_chat.page.goto("about:blank")
    for number in range(30):
        grace.send(ada, f"missed {number}")
    ada_chat.page.goto(ada_chat.address)
    ada_chat.open("Grace")
    jump = ada_chat.page.get_by_role("button", name="Jump to newest")
    expect(ada_chat.bubble("missed 29").or_(jump).first).to_be_visible()
    if jump.is_visible():
        jump.click()
    expect(ada_chat.bubble("missed 29")).to_be_visible()
    until(
        ada_chat.page, lambda: in_order(ada_chat)
    )  # the list draws what is around it a moment later


def in_order(chat: ChatPage) -> bool:
    """True if several of the missed messages are drawn, up to the last one."""
    texts = [text for text in chat.texts() if text.startswith("missed")]
    return len(texts) > 1 and texts == [f"missed {at}" for at in range(30 - len(texts), 30)]


def test_W4_an_expired_login_keeps_the_draft(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    ada_chat.field.fill("half a thought")
    expect(ada_chat.row("Grace")).to_contain_text("Draft: half a thought")
    for login in ada.http.get("/v1/logins").json()["items"]:
        if not login["current"]:
            ada.http.delete(f"/v1/logins/{login['id']}").raise_for_status()
    expect(ada_chat.page.get_by_role("alert")).to_contain_text("You have been signed out")
    ada_chat.sign_in(ada.username)
    ada_chat.open("Grace")
    expect(ada_chat.field).to_have_value("half a thought")


def test_a_refused_message_can_be_edited_tried_again_or_discarded(
    person: Make, signed_in: Open, context: Callable[[], BrowserContext]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("Hello")).to_be_visible()
    grace.http.put(f"/v1/blocks/{ada.id}").raise_for_status()
    ada_chat.send("Can you hear me?")
    expect(ada_chat.bubble("Can you hear me?")).to_contain_text("Not sent")
    expect(ada_chat.page.get_by_text("You cannot write to each other.")).to_be_visible()
    expect(ada_chat.row("Grace")).to_contain_text("Not sent: Can you hear me?")
    grace.http.delete(f"/v1/blocks/{ada.id}").raise_for_status()
    ada_chat.page.get_by_role("button", name="Retry").click()
    expect(ada_chat.state("Can you hear me?")).to_have_attribute("aria-label", "Sent")
