"""Two people talk, each in a browser of their own, over a real server."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import PASSWORD, Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_the_first_account_is_made_at_the_bare_address(
    server: ServerProcess, context: Callable[[], BrowserContext]
) -> None:
    page = context().new_page()
    page.goto(server.address)
    expect(page.get_by_role("heading", name="Set up your server")).to_be_visible()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Quiet in here")).to_be_visible()
    stranger = context().new_page()
    stranger.goto(server.address)
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_registering_needs_is_said_at_the_field(
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


def test_a_wrong_password_is_said_without_a_reload(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> None:
    username = person("Ada").username
    page = context().new_page()
    page.goto(f"{server.address}/sign-in")
    page.get_by_label("Email or username").fill(username)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Password", exact=True).fill("not that one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not match")


def test_W1_two_people_talk_and_see_how_far_it_got(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    hers = signed_in(ada)
    hers.find(grace.username)
    hers.say("Half past eight?")
    expect(hers.state("Half past eight?")).to_have_attribute("aria-label", "Sent")
    theirs = signed_in(grace)
    expect(theirs.row("Ada").locator(".badge")).to_contain_text("1")
    expect(hers.state("Half past eight?")).to_have_attribute("aria-label", "Delivered")
    theirs.open("Ada")
    expect(theirs.bubble("Half past eight?")).to_be_visible()
    expect(hers.state("Half past eight?")).to_have_attribute("aria-label", "Read")
    expect(theirs.row("Ada").locator(".badge")).to_have_count(0)
    theirs.say("Yes")
    expect(hers.bubble("Yes")).to_be_visible()
    expect(hers.status).to_have_text("online")
    theirs.field.press_sequentially("And bring")
    expect(hers.status).to_have_text("typing…")
    theirs.field.press("Enter")
    expect(hers.bubble("And bring")).to_be_visible()
    expect(hers.status).to_have_text("online")
    assert hers.texts() == theirs.texts() == ["Half past eight?", "Yes", "And bring"]


def test_W4_drafts_survive_a_reload_and_show_in_the_list(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    hers = signed_in(ada)
    hers.open("Grace")
    hers.field.fill("I was about to")
    expect(hers.row("Grace")).to_contain_text("Draft: I was about to")
    hers.page.reload()
    expect(hers.field).to_have_value("I was about to")


def test_W11_up_edits_the_last_message_in_an_empty_field_only(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.say(grace, "Half past nine?")
    hers = signed_in(ada)
    hers.open("Grace")
    expect(hers.bubble("Half past nine?")).to_be_visible()
    hers.field.fill("a draft")
    hers.field.press("ArrowUp")
    expect(hers.page.locator(".strip")).to_have_count(0)
    hers.field.fill("")
    hers.field.press("ArrowUp")
    expect(hers.field).to_have_value("Half past nine?")
    hers.field.fill("Half past eight?")
    hers.field.press("Enter")
    expect(hers.bubble("Half past eight?")).to_contain_text("Edited")
    expect(hers.field).to_have_value("")


def test_W19_texts_of_others_make_no_elements_and_no_scripts(person: Make, signed_in: Open) -> None:
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
        eve.say(ada, text)
    hers = signed_in(ada)
    faults: list[str] = []
    hers.page.on("dialog", lambda dialog: faults.append(dialog.message))
    hers.row("<img src=x").click()
    expect(hers.bubble("<script>alert(1)</script>")).to_be_visible()
    assert hers.page.locator(".thread :is(script, img, b:not(.quote b), iframe)").count() == 0
    for link in hers.page.locator(".thread a").all():
        assert (link.get_attribute("href") or "").startswith("https://")
    assert faults == []
