"""Videos and sounds play in their message, by signed addresses and in parts (W10)."""

from base64 import b64decode
from collections.abc import Callable

from playwright.sync_api import Page, Request, Route, expect

from tests.support.media import wav
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.voice_steps import record_button
from tests.web.waiting import at_least, eventually

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

FILM = """async () => {
  const canvas = document.createElement("canvas");
  canvas.width = 320; canvas.height = 180;
  const paint = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  const done = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  for (let at = 0; at < 30; at += 1) {
    paint.fillStyle = `hsl(${at * 12} 60% 50%)`;
    paint.fillRect(0, 0, 320, 180);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  recorder.stop();
  await done;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""
PLAYED = "document.querySelector('video').currentTime > 0.3"
LOADED = "document.querySelector('video')?.readyState >= 1"


def film(page: Page) -> bytes:
    """A short video, recorded by the browser itself."""
    page.goto("about:blank")
    return b64decode(page.evaluate(FILM))


def test_W10_a_video_plays_in_its_message_by_a_signed_address(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    chat = signed_in(ada)
    page = chat.page
    content = film(page)
    grace.send(ada, "", files=[grace.upload("glaze.webm", content)])
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each) if "signature=" in each.url else None)
    page.goto(chat.address)
    expect(chat.row("Grace")).to_contain_text("Video")
    chat.open("Grace")
    video = page.locator("video")
    expect(video).to_have_attribute("aria-label", "glaze.webm")
    expect(page.get_by_role("button", name="Download: glaze.webm")).to_be_visible()
    eventually(page, LOADED, wanted=True)  # a new address would interrupt the playback
    video.evaluate("video => { video.muted = true; return video.play(); }")
    eventually(page, PLAYED, wanted=True)
    assert {each.headers.get("range", "")[:6] for each in asked} == {"bytes="}


def test_W10_a_video_continues_after_its_signed_url_expired(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    chat = signed_in(ada)
    page = chat.page
    grace.send(ada, "", files=[grace.upload("glaze.webm", film(page))])
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        url = route.request.url
        if refused:
            route.continue_()
        else:
            refused.append(url)
            route.fulfill(status=401)

    page.route("**/v1/files/*?signature=*", refuse_once)
    page.goto(chat.address)
    chat.open("Grace")
    eventually(page, LOADED, wanted=True)
    assert len(refused) == 1


def test_W10_a_sound_file_shows_its_name(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "", files=[grace.upload("song.wav", wav(2))])
    chat = signed_in(ada)
    expect(chat.row("Grace")).to_contain_text("song.wav")
    chat.open("Grace")
    expect(chat.page.get_by_role("button", name="Play voice message, 0:02")).to_be_visible()
    expect(chat.page.get_by_role("button", name="Download: song.wav")).to_be_visible()


def test_W10_a_video_and_a_voice_message_do_not_play_at_once(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    chat = signed_in(ada)
    page = chat.page
    content = film(page)
    grace.send(ada, "", files=[grace.upload("glaze.webm", content)])
    grace.send(ada, "", files=[grace.record(40, bytes(range(48)))])
    page.context.grant_permissions(["microphone"])
    page.goto(chat.address)
    chat.open("Grace")
    eventually(page, LOADED, wanted=True)
    video = page.locator("video")
    begin = "video => { video.loop = true; return video.play(); }"
    playing = "!document.querySelector('video').paused"
    voice = page.locator(".voice")
    voice.get_by_role("button", name="Play voice message").click()
    expect(voice.get_by_role("button", name="Pause voice message")).to_be_visible()
    expect(voice.get_by_role("slider")).to_have_attribute("aria-valuenow", at_least(1))
    video.evaluate(begin)
    expect(voice.get_by_role("button", name="Play voice message")).to_be_visible()
    voice.get_by_role("button", name="Play voice message").click()
    eventually(page, playing, wanted=False)
    video.evaluate(begin)
    record_button(page).click()
    eventually(page, playing, wanted=False)
