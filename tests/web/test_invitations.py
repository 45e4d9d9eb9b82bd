"""Registration by invitation: links of the operator and of users."""

import re
import subprocess
import sys
from collections.abc import Callable, Generator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.process import ServerProcess, server_process
from tests.web.people import PASSWORD
from tests.web.waiting import Held


@pytest.fixture(scope="module")
def inviting(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    """A server on which only the invited may register, and users may invite."""
    settings = {"registration": "invitation", "user_invitations": "true"}
    with server_process(tmp_path_factory.mktemp("inviting"), **settings) as running:
        yield running


def join(page: Page, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("navigation", name="Conversations").wait_for()


def invitation_of_the_operator(server: ServerProcess) -> str:
    """The address of a new invitation."""
    command = [sys.executable, "-m", "backchannel", "user", "invite", "--data-dir"]
    printed = subprocess.run([*command, server.data], check=True, capture_output=True, text=True)
    return f"{server.address}/sign-up?{printed.stdout.strip().partition('?')[2]}"


def test_the_operator_invites_a_user_who_invites_others(
    inviting: ServerProcess, context: Callable[[], BrowserContext]
) -> None:
    page = context().new_page()
    page.goto(f"{inviting.address}/sign-up")
    expect(page.get_by_role("heading", name="By invitation only")).to_be_visible()
    page.goto(invitation_of_the_operator(inviting))
    join(page, "ada")
    page.goto(f"{inviting.address}/settings")
    page.get_by_role("link", name="Invitations").click()
    page.get_by_role("button", name="Create link").click()
    link = page.get_by_text("/sign-up?invitation=").inner_text()

    guest = context().new_page()
    guest.goto(link)
    expect(guest.get_by_text("ada invites you to")).to_be_visible()
    join(guest, "grace")
    late = context().new_page()
    late.goto(link)
    expect(late.get_by_text("This link has been used up")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="Create link").click()
    second = page.get_by_text("/sign-up?invitation=").inner_text()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("/sign-up?invitation=")).to_have_count(0)
    late.goto(second)
    expect(late.get_by_text("This link has been used up")).to_be_visible()


def test_an_empty_list_offers_an_invitation(
    inviting: ServerProcess, context: Callable[..., BrowserContext]
) -> None:
    page = context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(invitation_of_the_operator(inviting))
    join(page, "lin")
    page.get_by_role("button", name="Copy an invitation link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    guest = context().new_page()
    guest.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(guest.get_by_text("lin invites you to")).to_be_visible()


def test_the_current_section_stays_in_sight_when_invitations_join_the_others(
    inviting: ServerProcess, context: Callable[..., BrowserContext]
) -> None:
    page = context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(invitation_of_the_operator(inviting))
    join(page, "kim")
    held = Held(page, re.compile("/v1/config$"))
    page.goto(f"{inviting.address}/settings/language")
    current = page.get_by_role("link", name="Language")
    expect(current).to_be_in_viewport(ratio=1)
    held.let_go()
    expect(page.get_by_role("link", name="Invitations")).to_be_attached()
    expect(current).to_be_in_viewport(ratio=1)
