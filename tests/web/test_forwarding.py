"""A message is sent to another user: a copy in that user's draft, with its files."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def forward(chat: ChatPage, text: str, username: str) -> None:
    chat.bubble(text).locator(".bubble").click(button="right")
    chat.page.get_by_role("menuitem", name="Send to someone else").click()
    dialog = chat.page.get_by_role("dialog", name="Send to someone else")
    dialog.get_by_label("Name or username").fill(username)
    dialog.locator(".option", has_text=f"@{username}").click()
    expect(dialog).to_have_count(0)


def test_a_message_of_another_user_is_copied_with_its_files(person: Make, signed_in: Open) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    files = [grace.upload("plan.txt", b"first this, then that"), grace.record(1, bytes(range(48)))]
    grace.send(ada, "The plan", files=files)
    chat = signed_in(ada)
    chat.open("Grace")
    forward(chat, "The plan", joan.username)
    expect(chat.field).to_have_value("The plan")
    chat.wait_for_uploads("plan.txt", "voice.wav")
    chat.field.press("Enter")
    expect(chat.state("The plan")).to_have_attribute("aria-label", "Sent")
    [copy] = joan.messages(ada)
    assert copy["body"] == "The plan"
    assert [each["name"] for each in copy["files"]] == ["plan.txt", "voice.wav"]
    assert not {each["id"] for each in copy["files"]} & set(files)
    assert [bool(each["waveform"]) for each in copy["files"]] == [False, True]


def test_a_forwarded_own_message_is_appended_to_the_draft(person: Make, signed_in: Open) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    joan.send(ada, "Any news?")
    file = ada.upload("plan.txt", b"first this, then that")
    ada.send(grace, "The plan", files=[file])
    chat = signed_in(ada)
    chat.open("Joan")
    chat.field.fill("This one:")
    chat.open("Grace")
    forward(chat, "The plan", joan.username)
    expect(chat.field).to_have_value("This one:\nThe plan")
    chat.field.press("Enter")
    expect(chat.state("This one:")).to_have_attribute("aria-label", "Sent")
    assert [each["id"] for each in joan.messages(ada)[-1]["files"]] == [file]


def test_W8_a_draft_with_too_many_files_waits_until_some_are_removed(
    person: Make, signed_in: Open
) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    for text in ("First", "Second"):
        names = [f"{text}-{number}.txt" for number in range(6)]
        ada.send(grace, text, files=[ada.upload(name, b"plan") for name in names])
    chat = signed_in(ada)
    chat.open("Grace")
    forward(chat, "First", joan.username)
    chat.open("Grace")
    forward(chat, "Second", joan.username)
    problem = chat.page.get_by_text("A message has at most 10 files")
    expect(problem).to_be_visible()
    send = chat.page.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_disabled()
    for number in (0, 1):
        chat.page.get_by_role("button", name=f"Remove First-{number}.txt").click()
    expect(problem).to_have_count(0)
    send.click()
    expect(chat.state("Second")).to_have_attribute("aria-label", "Sent")
    assert len(joan.messages(ada)[-1]["files"]) == 10


def test_a_file_that_cannot_be_copied_changes_nothing(person: Make, signed_in: Open) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    file = grace.upload("plan.txt", b"first this, then that")
    grace.send(ada, "The plan", files=[file])
    chat = signed_in(ada)
    chat.open("Grace")

    def fail(route: Route) -> None:
        route.abort()

    chat.page.route(f"**/v1/files/{file}*", fail)
    toasts = Seen(chat.page, ".toast")
    forward(chat, "The plan", joan.username)
    toasts.wait_for("The server cannot be reached")
    expect(chat.page.get_by_label("Message Grace")).to_be_visible()
    chat.find(joan.username)
    expect(chat.field).to_have_value("")
