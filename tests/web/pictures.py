"""`make pictures`: the client's pages and states, at three widths and in both themes."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, FilePayload, Page, sync_playwright

from tests.support.chromium import PROGRAM
from tests.support.process import ServerProcess, server_process
from tests.web.account_steps import AFTER_LOGIN, BEFORE_LOGIN, sign_in
from tests.web.chat_steps import CHAT_STATES
from tests.web.dialog_steps import DIALOG_STATES, menu, open_mira
from tests.web.media_steps import MEDIA_STATES, MICROPHONE
from tests.web.scene import paint
from tests.web.session_steps import SESSION_STATES, endless_answers

SIZES = {"360": (360, 740), "768": (768, 1024), "1280": (1280, 900)}
THEMES = ("light", "dark")
Step = Callable[[Page, str], None]


def with_text(page: Page, address: str) -> None:
    open_mira(page, address)
    page.get_by_label("Message Mira").fill("Then she gets the good chair")


def new_conversation(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("Name or username").fill("o")
    page.locator(".option").first.wait_for()


def list_only(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".row").first.wait_for()


def hover(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator(".message--in .bubble").last.hover()


def reply_with_files(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator(".message--in .bubble").last.click(button="right")
    page.get_by_role("menuitem", name="Reply").click()
    page.locator("input[type=file]").set_input_files(
        [picture("harbour.png", (150, 90, 120)), picture("plant.png", (80, 120, 90))]
    )
    page.locator("input[type=file]").set_input_files(
        [FilePayload(name="seating.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 seats")]
    )
    page.locator(".tray__item--file").wait_for()
    page.get_by_label("Message Mira").fill("Tell her she is very welcome")
    page.wait_for_timeout(600)


def palette(page: Page, address: str) -> None:
    open_mira(page, address)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("kiln")
    page.locator("mark").first.wait_for()


def search_filters(page: Page, address: str) -> None:
    open_mira(page, address)
    page.keyboard.press("Control+f")
    page.keyboard.type("kiln")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From", exact=True).select_option(label="Mira")
    page.locator("mark").first.wait_for()


def palette_people(page: Page, address: str) -> None:
    open_mira(page, address)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("mi")
    page.locator(".option", has_text="@mira").wait_for()


def keyboard(page: Page, address: str) -> None:
    open_mira(page, address)
    page.keyboard.press("Control+/")
    page.get_by_role("dialog", name="Keyboard").wait_for()


def details(page: Page, address: str) -> None:
    open_mira(page, address)
    page.get_by_role("button", name="Details").click()


def emoji(page: Page, address: str) -> None:
    open_mira(page, address)
    page.get_by_role("button", name="Emoji").click()


def offline(page: Page, address: str) -> None:
    open_mira(page, address)
    page.context.set_offline(offline=True)
    page.wait_for_timeout(2_600)
    page.get_by_label("Message Mira").fill("Written in a tunnel")
    page.get_by_role("button", name="Send").click()
    page.wait_for_timeout(500)


def online_again(page: Page) -> None:
    page.context.set_offline(offline=False)
    page.wait_for_timeout(800)


def settings(page: Page, address: str) -> None:
    page.goto(f"{address}/settings")
    page.locator(".setting--icon").first.wait_for()


def settings_appearance(page: Page, address: str) -> None:
    page.goto(f"{address}/settings/appearance")
    page.locator(".themes").wait_for()


def picture(name: str, colour: tuple[int, int, int]) -> FilePayload:
    """A picture with something to see."""
    image = Image.linear_gradient("L").resize((800, 600))
    tint = Image.merge("RGB", [image.point(lambda v, c=c: (v + c) // 2) for c in colour])
    content = BytesIO()
    tint.save(content, "PNG")
    return FilePayload(name=name, mimeType="image/png", buffer=content.getvalue())


STATES: dict[str, Step] = {
    "list": list_only,
    "chat": open_mira,
    "compose": with_text,
    "hover": hover,
    "menu": menu,
    "emoji": emoji,
    "details": details,
    "palette": palette_people,
    "search": palette,
    "search-filters": search_filters,
    "keyboard": keyboard,
    "new": new_conversation,
    "settings": settings,
    "settings-appearance": settings_appearance,
    "offline": offline,
    "tray": reply_with_files,
    **CHAT_STATES,
    **DIALOG_STATES,
    **MEDIA_STATES,
    **SESSION_STATES,
}


@contextmanager
def painted(folder: Path) -> Generator[ServerProcess]:
    """A server with the people and conversations that the pictures show."""
    with (
        endless_answers() as model,
        server_process(
            folder,
            limits_registrations_per_address="1000",
            limits_logins_per_address="1000",
            user_invitations="true",
            responder_kind="openai",
            responder_url=model,
            responder_model="tiny",
        ) as server,
    ):
        paint(server.address)
        yield server


def take_screenshots(folder: Path, only: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=MICROPHONE)
        for size in SIZES:
            for theme in THEMES:
                _screenshot_look(browser, folder, (size, theme), only)
        browser.close()


def _screenshot_look(browser: Browser, folder: Path, look: tuple[str, str], only: str) -> None:
    """Use a new server for each look, so that no picture depends on the previous one."""
    size, theme = look
    width, height = SIZES[size]
    with (
        tempfile.TemporaryDirectory() as scratch,
        painted(Path(scratch)) as server,
        browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            has_touch=size == "360",
            locale="en-GB",
        ) as context,
    ):
        page = context.new_page()
        page.on("pageerror", _tell)

        def shoot_it(name: str) -> None:
            page.wait_for_timeout(300)
            page.screenshot(path=folder / f"{name}-{size}-{theme}.png")

        _screenshot_states(page, server.address, only, shoot_it)


def _screenshot_states(
    page: Page, address: str, only: str, shoot_it: Callable[[str], None]
) -> None:
    for name, step in BEFORE_LOGIN.items():
        if only in name:
            step(page, address)
            shoot_it(name)
    sign_in(page, address)
    for name, step in STATES.items():
        if only in name:
            step(page, address)
            shoot_it(name)
            online_again(page)
    if only in "typing":
        _screenshot_typing(page, address, shoot_it)
    for name, step in AFTER_LOGIN.items():
        if only in name:
            step(page, address)
            shoot_it(name)


def _screenshot_typing(page: Page, address: str, shoot_it: Callable[[str], None]) -> None:
    """Mira is online, has read everything, and is typing."""
    browser = page.context.browser
    if browser is None:
        return
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        chat = context.new_page()
        sign_in(chat, address, "mira")
        chat.locator(".row", has_text="Emre").click()
        field = chat.get_by_label("Message Emre")
        field.wait_for()
        open_mira(page, address)
        field.press_sequentially("Tell her")
        page.locator(".bubble.typing").wait_for()
        shoot_it("typing")


def _tell(error: Error) -> None:
    print(f"{error.name}: {error.message}", file=sys.stderr)  # noqa: T201 - for who looks


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/pictures"))
    parser.add_argument("--only", default="", help="part of a state's name")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    take_screenshots(given.folder, given.only)
