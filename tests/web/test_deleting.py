"""Rule W11: a deleted message disappears at once, and Undo restores it within six seconds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import until

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]
NOW = datetime.now(UTC)
CLICK_AND_RELOAD = "(button) => { button.click(); location.reload(); }"


def test_W11_a_deleted_message_disappears_at_once_and_undo_restores_it(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Meet at the old bridge")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.clock.set_fixed_time(NOW)
    chat.delete("Meet at the old bridge")
    expect(chat.page.get_by_text("You deleted a message")).to_be_visible()
    expect(chat.row("Grace")).to_contain_text("Message deleted")
    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.bubble("Meet at the old bridge")).to_be_visible()
    expect(chat.row("Grace")).to_contain_text("Meet at the old bridge")
    chat.page.clock.set_fixed_time(NOW + timedelta(minutes=1))
    chat.page.wait_for_timeout(7_000)
    expect(chat.bubble("Meet at the old bridge")).to_be_visible()
    assert [each["deleted_at"] for each in ada.messages(grace)] == [None]


def test_W11_a_deletion_survives_a_reload_and_can_still_be_undone(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    for text in ("The first", "The second"):
        ada.send(grace, text)
    chat, theirs = signed_in(ada), signed_in(grace)
    chat.open("Grace")
    theirs.open("Ada")
    expect(theirs.bubble("The second")).to_be_visible()
    chat.page.clock.set_fixed_time(NOW)  # otherwise a busy machine could miss the six seconds
    chat.delete("The first")
    chat.page.clock.set_fixed_time(NOW + timedelta(seconds=1))
    chat.delete("The second")
    chat.page.reload()
    expect(chat.page.get_by_text("You deleted a message")).to_have_count(2)
    chat.page.get_by_role("button", name="Undo").last.click()
    expect(chat.bubble("The second")).to_be_visible()
    chat.page.clock.set_fixed_time(NOW + timedelta(minutes=1))
    expect(theirs.page.get_by_text("Ada deleted a message")).to_have_count(1)
    expect(theirs.bubble("The second")).to_be_visible()
    expect(chat.page.get_by_text("You deleted a message")).to_have_count(1)
    assert [each["body"] for each in ada.messages(grace)] == ["", "The second"]
    chat.page.reload()
    expect(chat.bubble("The second")).to_be_visible()


def test_W11_a_page_that_ends_at_once_keeps_deletions_and_undos(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Only for a moment")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.stop_clock()
    chat.bubble("Only for a moment").locator(".bubble").click(button="right")
    chat.page.get_by_role("menuitem", name="Delete").evaluate(CLICK_AND_RELOAD)
    undo = chat.page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    undo.evaluate(CLICK_AND_RELOAD)
    expect(chat.bubble("Only for a moment")).to_be_visible()
    expect(undo).to_have_count(0)


def test_W11_a_message_deleted_offline_is_deleted_when_the_server_is_back(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Not this one")
    chat, theirs = signed_in(ada), signed_in(grace)
    chat.open("Grace")
    theirs.open("Ada")
    chat.page.context.set_offline(offline=True)
    chat.delete("Not this one")
    expect(chat.page.get_by_text("You deleted a message")).to_be_visible()
    expect(chat.page.get_by_role("button", name="Undo")).to_have_count(0)
    assert ada.messages(grace)[0]["deleted_at"] is None
    chat.page.context.set_offline(offline=False)
    expect(theirs.page.get_by_text("Ada deleted a message")).to_be_visible()
    expect(chat.page.get_by_text("You deleted a message")).to_be_visible()


def test_W11_signing_out_carries_deletions_out_first(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Not this one")
    chat = signed_in(ada)
    chat.page.clock.set_fixed_time(NOW)
    chat.open("Grace")
    chat.delete("Not this one")
    chat.page.goto(f"{chat.address}/settings")
    chat.page.get_by_role("button", name="Sign out").first.click()
    expect(chat.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert grace.messages(ada)[0]["deleted_at"] is not None


def test_W11_each_recent_deletion_can_be_undone(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    for text in ("The first", "The second", "The third"):
        ada.send(grace, text)
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.clock.set_fixed_time(NOW)
    for text in ("The first", "The second", "The third"):
        chat.delete(text)
    undo = chat.page.get_by_role("button", name="Undo")
    expect(undo).to_have_count(3)
    undo.first.click()
    expect(chat.bubble("The first")).to_be_visible()
    expect(chat.page.get_by_text("You deleted a message")).to_have_count(2)
    expect(undo).to_have_count(2)


def test_W11_signing_out_offline_loses_no_deletion(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Not this one")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.get_by_role("link", name="Your account").click()
    chat.page.get_by_role("link", name="Back to conversations").click()
    chat.open("Grace")
    chat.page.context.set_offline(offline=True)
    chat.delete("Not this one")
    expect(chat.page.get_by_text("You deleted a message")).to_be_visible()
    chat.page.get_by_role("link", name="Your account").click()
    chat.page.get_by_role("button", name="Sign out").first.click()
    expect(chat.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert ada.messages(grace)[0]["deleted_at"] is None
    chat.page.context.set_offline(offline=False)
    chat.sign_in(ada.username)
    chat.open("Grace")
    expect(chat.page.get_by_text("You deleted a message")).to_be_visible()
    until(chat.page, lambda: ada.messages(grace)[0]["deleted_at"])
