"""Message requests: they wait apart from the conversations until they are answered."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def take_requests(person: Person) -> None:
    answer = person.http.patch("/v1/me/privacy", json={"first_messages": "requests"})
    answer.raise_for_status()


def test_a_request_is_in_a_list_of_its_own_until_it_is_accepted(
    person: Make, signed_in: Open
) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    hers = signed_in(ada)
    bob.send(ada, "May I ask you something?")
    requests = hers.page.get_by_role("button", name="Message requests")
    expect(requests).to_contain_text("1")
    expect(hers.row("Bob")).to_have_count(0)
    expect(hers.page).to_have_title("Backchannel")
    requests.click()
    hers.row("Bob").click()
    expect(hers.page.get_by_text("Bob wants to write to you")).to_be_visible()
    expect(hers.page.locator(".bubble", has_text="May I ask you something?")).to_be_visible()
    expect(hers.page.get_by_label("Message Bob")).to_have_count(0)
    hers.page.get_by_role("button", name="Accept").click()
    expect(hers.page.get_by_label("Message Bob")).to_be_visible()
    hers.page.reload()
    hers.page.get_by_role("button", name="All", exact=True).click()
    expect(hers.row("Bob")).to_be_visible()
    expect(requests).to_have_count(0)


def test_a_declined_request_is_gone_on_every_device(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    bob.send(ada, "Hello")
    hers, other = signed_in(ada), signed_in(ada)
    for page in (hers, other):
        page.page.get_by_role("button", name="Message requests").click()
        expect(page.row("Bob")).to_be_visible()
    hers.row("Bob").click()
    hers.page.get_by_role("button", name="Decline").click()
    for page in (hers, other):
        expect(page.row("Bob")).to_have_count(0)
        expect(page.page.get_by_text("No requests")).to_be_visible()
    bob.send(ada, "Hello?")
    expect(hers.row("Bob")).to_have_count(0)


def test_a_declined_request_is_accepted_in_the_settings(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    declined = bob.send(ada, "Hello")["conversation_id"]
    ada.http.post(f"/v1/requests/{declined}/decline").raise_for_status()
    hers = signed_in(ada)
    page = hers.page
    page.goto(f"{hers.address}/settings/blocked")
    section = page.get_by_role("region", name="Declined requests")
    expect(section).to_contain_text(bob.username)
    section.get_by_role("link", name="Bob").click()
    expect(page.get_by_text("You have declined this request")).to_be_visible()
    page.go_back()
    section.get_by_role("button", name="Accept: Bob").click()
    expect(section).to_have_count(0)
    page.goto(hers.address)
    expect(hers.row("Bob")).to_be_visible()


def test_a_request_is_reported_with_its_messages(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    bob.send(ada, "Buy my pots")
    hers = signed_in(ada)
    hers.page.get_by_role("button", name="Message requests").click()
    hers.row("Bob").click()
    expect(hers.page.locator(".bubble", has_text="Buy my pots")).to_be_visible()
    hers.page.get_by_role("button", name="Report").click()
    dialog = hers.page.get_by_role("dialog", name="Report Bob")
    dialog.get_by_label("Spam").check()
    dialog.get_by_label("Anything to add? (optional)").fill("Again")
    dialog.get_by_label("Block Bob").check()
    toasts = Seen(hers.page, ".toast")
    with hers.page.expect_request("**/v1/reports") as asked:
        dialog.get_by_role("button", name="Send report").click()
    sent = asked.value.post_data_json
    assert sent == {"user": bob.id, "reason": "spam", "comment": "Again", "messages": [1]}
    toasts.wait_for("Your report has been sent")
    assert [each["id"] for each in ada.http.get("/v1/blocks").json()["items"]] == [bob.id]


def test_the_setting_is_among_the_privacy_settings(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    hers = signed_in(ada)
    hers.page.goto(hers.page.url.split("/c/")[0].rstrip("/") + "/settings")
    setting = hers.page.get_by_role("checkbox", name="Anyone can write to you")
    expect(setting).to_be_enabled()
    with hers.page.expect_response("**/v1/me/privacy"):
        setting.uncheck(force=True)
    assert ada.http.get("/v1/me/privacy").json()["first_messages"] == "requests"
    bob.send(ada, "Hello")
    assert ada.http.get("/v1/conversations").json()["items"] == []


def test_a_message_is_reported_from_its_own_menu(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    ada.send(bob, "Hello")
    bob.send_all(ada, ["Buy my pots", "Or my pans"])
    hers = signed_in(ada)
    hers.open("Bob")
    hers.bubble("Hello").click(button="right")
    expect(hers.page.get_by_role("menuitem", name="Delete")).to_be_visible()
    expect(hers.page.get_by_role("menuitem", name="Report")).to_have_count(0)
    hers.page.keyboard.press("Escape")
    hers.bubble("Buy my pots").click(button="right")
    hers.page.get_by_role("menuitem", name="Report").click()
    dialog = hers.page.get_by_role("dialog", name="Report Bob")
    expect(dialog).to_contain_text("your report and the message you were sent")
    toasts = Seen(hers.page, ".toast")
    with hers.page.expect_request("**/v1/reports") as asked:
        dialog.get_by_role("button", name="Send report").click()
    sent = asked.value.post_data_json
    assert sent == {"user": bob.id, "reason": "spam", "comment": "", "messages": [2]}
    toasts.wait_for("Your report has been sent")
