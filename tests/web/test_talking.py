"""Two users chat, each in a separate browser, over a real server."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import PASSWORD, Person
from tests.web.waiting import Seen, box_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_the_first_account_is_created_at_the_bare_address(
    server: ServerProcess, context: Callable[[], BrowserContext]
) -> None:
    page = context().new_page()
    page.goto(server.address)
    expect(page.get_by_role("heading", name="Set up your server")).to_be_visible()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()
    stranger = context().new_page()
    stranger.goto(server.address)
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_rules_of_registration_are_shown_at_the_field(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> None:
    taken = person("Ada").username
    page = context().new_page()
    page.goto(f"{server.address}/sign-up")
    page.get_by_label("Username").fill(taken)
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("At least 8 characters. You have 5.")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone has this name already")


def test_a_wrong_password_is_reported_without_a_reload(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> None:
    username = person("Ada").username
    page = context().new_page()
    page.goto(f"{server.address}/sign-in")
    page.get_by_label("Email or username").fill(username)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Password", exact=True).fill("not that one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")


def test_W1_two_users_chat_and_see_delivered_and_read_ticks(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada_chat = signed_in(ada)
    ada_chat.find(grace.username)
    ada_chat.send("Half past eight?")
    expect(ada_chat.state("Half past eight?")).to_have_attribute("aria-label", "Sent")
    theirs = signed_in(grace)
    expect(theirs.row("Ada").locator(".badge")).to_contain_text("1")
    expect(ada_chat.state("Half past eight?")).to_have_attribute("aria-label", "Delivered")
    theirs.open("Ada")
    expect(theirs.bubble("Half past eight?")).to_be_visible()
    expect(ada_chat.state("Half past eight?")).to_have_attribute("aria-label", "Read")
    expect(theirs.row("Ada").locator(".badge")).to_have_count(0)
    theirs.send("Yes")
    expect(ada_chat.bubble("Yes")).to_be_visible()
    expect(ada_chat.status).to_have_text("online")
    statuses = Seen(ada_chat.page, ".bar__status")
    theirs.field.press_sequentially("And bring")
    statuses.wait_for("typing…")
    theirs.field.press("Enter")
    expect(ada_chat.bubble("And bring")).to_be_visible()
    expect(ada_chat.status).to_have_text("online")
    for chat in (ada_chat, theirs):
        chat.wait_for_texts("Half past eight?", "Yes", "And bring")


def test_W4_drafts_survive_a_reload_and_show_in_the_list(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    ada_chat.field.fill("I was about to")
    expect(ada_chat.row("Grace")).to_contain_text("Draft: I was about to")
    ada_chat.page.reload()
    expect(ada_chat.field).to_have_value("I was about to")
    # Typed, and left before the browser has had time to store it.
    with ada_chat.page.expect_event("load"):
        ada_chat.field.evaluate(TYPED_AND_LEFT, "I was about to leave")
    expect(ada_chat.field).to_have_value("I was about to leave")


TYPED_AND_LEFT = """(field, text) => {
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  location.reload();
}"""


def test_W4_typing_continues_at_the_end_of_a_draft(person: Make, signed_in: Open) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    for each in (grace, joan):
        each.send(ada, "Hello")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.field.fill("Good ")
    chat.open("Joan")
    chat.open("Grace")
    expect(chat.field).to_be_focused()
    chat.page.keyboard.type("morning")
    expect(chat.field).to_have_value("Good morning")


def test_reactions_do_not_cover_the_time_of_reading(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    said = ada.send(grace, "Seven o'clock")
    grace.react(said, "👍")
    grace.read(said)
    chat = signed_in(ada)
    chat.open("Grace")
    reaction = box_of(chat.page.locator(".reaction"))
    read = box_of(chat.page.locator(".state-line"))
    assert reaction["y"] + reaction["height"] <= read["y"]


def test_the_hover_bar_leads_to_all_reactions(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Shall we?")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.bubble("Shall we?").locator(".bubble").hover()
    chat.page.get_by_role("button", name="More reactions").click()
    dialog = chat.page.get_by_role("dialog", name="React")
    dialog.get_by_role("combobox").fill("sailboat")
    dialog.get_by_role("gridcell", name="sailboat").click()
    expect(dialog).to_have_count(0)
    expect(chat.bubble("Shall we?").locator(".reaction")).to_contain_text("⛵")


def test_W11_up_edits_the_last_message_in_an_empty_field_only(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Half past nine?")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("Half past nine?")).to_be_visible()
    ada_chat.field.fill("a draft")
    ada_chat.field.press("ArrowUp")
    expect(ada_chat.page.locator(".strip")).to_have_count(0)
    ada_chat.field.fill("")
    ada_chat.field.press("ArrowUp")
    expect(ada_chat.field).to_have_value("Half past nine?")
    ada_chat.field.fill("Half past eight?")
    ada_chat.field.press("Enter")
    expect(ada_chat.bubble("Half past eight?")).to_contain_text("Edited")
    expect(ada_chat.field).to_have_value("")


def test_W19_texts_of_other_users_create_no_elements_or_scripts(
    person: Make, signed_in: Open
) -> None:
    ada, eve = person("Ada"), person("<img src=x onerror=alert(1)>")
    hostile = [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "javascript:alert(1)",
        "[click](javascript:alert(1))",
        'https://example.org/"onmouseover=alert(1)',
        "```html\n<b>bold</b>\n```",
        "\u202egnp.exe",
    ]
    for text in hostile:
        eve.send(ada, text)
    ada_chat = signed_in(ada)
    faults: list[str] = []
    ada_chat.page.on("dialog", lambda dialog: faults.append(dialog.message))
    ada_chat.row("<img src=x").click()
    expect(ada_chat.bubble("<script>alert(1)</script>")).to_be_visible()
    assert ada_chat.page.locator(".thread :is(script, img, b:not(.quote b), iframe)").count() == 0
    for link in ada_chat.page.locator(".thread a").all():
        assert (link.get_attribute("href") or "").startswith("https://")
    assert faults == []
