"""States of a conversation and of the list that need no media."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.web.dialog_steps import open_mira

FILE_OVER = """(element) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([new Uint8Array(9)], "plan.bin"));
  const options = { dataTransfer, bubbles: true, cancelable: true };
  element.dispatchEvent(new DragEvent("dragover", options));
}"""
LONG = "A text that would rather be a file. " * 120


def open_row(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.locator(".row", has_text=name).click()
    page.locator("textarea#message-field").wait_for()


def jump(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator(".thread").evaluate("thread => thread.scrollBy(0, -600)")
    page.locator(".jump.is-shown").wait_for()


def beginning(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator(".thread").evaluate("thread => thread.scrollTo(0, 0)")
    page.locator(".beginning").wait_for()


def failed(page: Page, address: str) -> None:
    """Priya has blocked Emre."""
    open_row(page, address, "Priya")
    field = page.locator("textarea#message-field")
    field.fill("Can you bring the spare key for the yard?")
    field.press("Enter")
    page.locator(".state-line__reason").last.wait_for()


def toast(page: Page, address: str) -> None:
    open_row(page, address, "Bao")
    field = page.locator("textarea#message-field")
    field.fill("Wrong window")
    field.press("Enter")
    message = page.locator(".message--out", has_text="Wrong window").last
    message.locator(".tick").wait_for()
    message.locator(".bubble").click(button="right")
    page.locator(".menu__item--danger").first.click()
    page.locator(".toast").wait_for()


def drop(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator("main.conversation").evaluate(FILE_OVER)
    page.locator(".dropzone").wait_for()


def loading(page: Page, address: str) -> None:
    page.route("**/messages?*", lambda _: None, times=1)  # it is never answered
    page.goto(address)
    page.locator(".row", has_text="Saga").click()
    page.locator(".thread .skeleton").wait_for()


def editing(page: Page, address: str) -> None:
    open_row(page, address, "Bao")
    page.locator(".message--out").first.wait_for()
    page.locator("textarea#message-field").press("ArrowUp")
    page.locator(".strip").wait_for()


def long_text(page: Page, address: str) -> None:
    open_row(page, address, "Tomas")
    page.locator("textarea#message-field").fill(LONG)
    page.locator(".strip .btn").wait_for()
    page.locator("textarea#message-field").evaluate("field => field.blur()")


def row_menu(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".row", has_text="Daniel").click(button="right")
    page.locator(".context").wait_for()


def nothing_found(page: Page, address: str) -> None:
    open_mira(page, address)
    page.keyboard.press("Control+f")
    page.keyboard.type("zzzz")
    page.locator(".empty--list").wait_for()


def nobody_found(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("Name or username").fill("zzzz")
    page.locator(".no-matches").wait_for()


def missing(page: Page, address: str) -> None:
    page.goto(f"{address}/c/none")
    page.locator(".empty h2").first.wait_for()


def _section(name: str) -> Callable[[Page, str], None]:
    """The settings, at one of their sections."""

    def step(page: Page, address: str) -> None:
        page.goto(f"{address}/settings/{name}")
        page.locator(f"#{name}").wait_for()
        page.wait_for_timeout(300)

    return step


SECTIONS = ("notifications", "devices", "password", "export", "blocked", "storage")
CHAT_STATES: dict[str, Callable[[Page, str], None]] = {
    "jump": jump,
    "beginning": beginning,
    "failed": failed,
    "toast": toast,
    "drop": drop,
    "loading": loading,
    "editing": editing,
    "long-text": long_text,
    "row-menu": row_menu,
    "nothing-found": nothing_found,
    "nobody-found": nobody_found,
    "missing": missing,
    **{f"settings-{name}": _section(name) for name in (*SECTIONS, "keyboard", "language")},
}
