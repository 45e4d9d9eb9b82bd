"""Several tabs of one user: one socket, one state, and a successor for a closed tab."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def another_tab(first: ChatPage, sockets: list[str]) -> ChatPage:
    """Open the same page in a new tab, which records the sockets that it opens."""
    tab = ChatPage(first.page.context.new_page(), first.address)
    tab.page.on("websocket", lambda socket: sockets.append(socket.url))
    tab.page.goto(first.page.url)
    return tab


def test_W16_several_tabs_share_one_socket_and_one_state(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    first = signed_in(ada)
    first.open("Grace")
    sockets: list[str] = []
    second = another_tab(first, sockets)
    expect(second.bubble("Hello")).to_be_visible()
    second.send("From the second tab")
    expect(second.state("From the second tab")).to_have_attribute("aria-label", "Sent")
    expect(first.bubble("From the second tab")).to_be_visible()
    grace.send(ada, "Heard by both")
    expect(first.bubble("Heard by both")).to_be_visible()
    expect(second.bubble("Heard by both")).to_be_visible()
    assert sockets == []
    first.page.close()
    grace.send(ada, "Received by the successor")
    expect(second.bubble("Received by the successor")).to_be_visible()
    assert len(sockets) == 1


def test_W16_what_one_tab_cannot_send_yet_is_shown_in_the_other(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    first = signed_in(ada)
    first.open("Grace")
    second = another_tab(first, [])
    expect(second.bubble("Hello")).to_be_visible()
    first.page.context.set_offline(offline=True)
    first.send("From the tunnel")
    expect(second.bubble("From the tunnel")).to_be_visible(timeout=30_000)
    second.send("From the tunnel, too")
    expect(first.bubble("From the tunnel, too")).to_be_visible()
    first.page.context.set_offline(offline=False)
    for tab in (first, second):
        expect(tab.state("From the tunnel, too")).to_have_attribute("aria-label", "Sent")
        tab.wait_for_texts("Hello", "From the tunnel", "From the tunnel, too")


def test_W16_of_three_tabs_one_takes_over_when_the_leader_closes(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    first = signed_in(ada)
    first.open("Grace")
    sockets: list[str] = []
    second, third = another_tab(first, sockets), another_tab(first, sockets)
    for tab in (second, third):
        expect(tab.bubble("Hello")).to_be_visible()
    second.field.fill("half a thought")
    expect(third.field).to_have_value("half a thought")
    assert sockets == []
    first.page.close()
    third.send("Sent by the tab that has the socket")
    for tab in (second, third):
        tick = tab.state("Sent by the tab that has the socket")
        expect(tick).to_have_attribute("aria-label", "Sent")
    grace.send_all(ada, [f"Line {number}" for number in range(5)])
    for tab in (second, third):
        expect(tab.bubble("Line 4")).to_be_visible()
        tab.wait_for_texts(*(f"Line {number}" for number in range(5)), of="Line")
    assert len(sockets) == 1
