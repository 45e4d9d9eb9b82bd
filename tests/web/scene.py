"""A server with the conversations that the pictures show."""

import io
import math
from contextlib import ExitStack

from PIL import Image

from tests.web.people import Person, register

CODE = """Done, live in a minute:
```python
hours = {
  "fri": (19, 23),  # opening night
  "sat": (11, 18),
  "sun": (11, 16),
}
```
Set `hours["sun"]` to `None` when you want it closed again"""
LONG = (
    "They look like a small, very well-behaved choir.\n\n"
    "Here is what I think for Friday: doors at seven, nobody gives a speech before half past, and "
    "the blue one goes in the window exactly as it is, crack and all, with a card that says what "
    "happened. People remember the piece that has a story. If the rain holds off we open the yard "
    "too, and Daniel can do the coffee out there."
)
ARABIC = " ".join(  # noqa: FLY002 - one line would be too long
    [
        "أهلاً بكم في افتتاح المعرض مساء الجمعة الساعة السابعة.",
        "القهوة علينا، والقصة على المزهرية الزرقاء.",
    ]
)


SPEECH = bytes(int(30 + 210 * abs(math.sin(at * 0.9) * math.sin(at / 7 + 0.6))) for at in range(48))


def shelf() -> bytes:
    """A picture with something to see."""
    light = Image.radial_gradient("L").resize((1_200, 800))
    warm = [light.point(lambda v, c=c: c - v * c // 360) for c in (236, 196, 158)]
    content = io.BytesIO()
    Image.merge("RGB", warm).save(content, "PNG")
    return content.getvalue()


def paint(address: str) -> None:
    """Emre, whose pages are shown, and the users he chats with, mostly Mira."""
    with ExitStack() as closing:

        def known(name: str) -> Person:
            made = register(address, name.lower(), name)
            closing.callback(made.http.close)
            return made

        emre = known("Emre")
        for name, said in (
            ("Oskar", None),
            ("Priya", "Haha yes, exactly that one"),
            ("Elif", "The lease is signed"),
            ("Bao", "Same place?"),
            ("Saga", "Book club moved again, sorry all of me"),
            ("Jonah", "My uncle built a kiln in a garden shed once. Once."),
            ("Tomas", "Plinths fit behind the kiln, measured twice this time"),
            ("Daniel", "Thursday works"),
        ):
            other = known(name)
            _talk(emre, other, said)
            if name == "Priya":
                other.http.put(f"/v1/blocks/{emre.id}").raise_for_status()
        known("Ines").send(emre, "She has grown three leaves since you left")
        noor = known("Noor")
        for text in ("تمام", "تمام، نلتقي عند المدخل الساعة السادسة"):
            noor.send(emre, text)
        _request(emre, known("Rosa"))
        _mira(emre, known("Mira"))


def _request(emre: Person, rosa: Person) -> None:
    """Rosa, to whom Emre has not written, asks whether she may write."""
    emre.http.patch("/v1/me/privacy", json={"first_messages": "requests"}).raise_for_status()
    rosa.send(emre, "Hello Emre, Ines gave me your name")
    rosa.send(emre, "Would you have room for one more pot on Friday?")
    emre.http.patch("/v1/me/privacy", json={"first_messages": "everybody"}).raise_for_status()


def _talk(emre: Person, other: Person, text: str | None) -> None:
    if text is None:
        other.delete(other.send(emre, "I should not have text that"))
        return
    last = other.send(emre, text)
    emre.read(last)
    if other.username == "bao":
        answer = emre.send(other, "Deal. Same place, bring the ladder")
        other.read(answer)


def _mira(emre: Person, mira: Person) -> None:
    mira.send(emre, "The kiln is finally empty.")
    mira.send(emre, "Forty-two pieces in, forty-one out. Guess which one cracked")
    emre.send(mira, "Please not the tall blue one")
    sad = mira.send(emre, "The tall blue one.")
    emre.react(sad, "😭")
    mira.send(emre, "🫠")
    emre.send(mira, LONG)
    mira.send(emre, "Third try is the one. Can you put the hours on the site?")
    code = emre.send(mira, CODE.replace("minute", "moment"))
    emre.edit(code, CODE)
    mira.delete(mira.send(emre, "Wrong window"))
    mira.send(emre, "For anyone coming by tram: https://harbour-kiln.example/visit")
    mira.send(emre, "", files=[mira.upload("shelf.png", shelf())])
    mira.send(emre, "", files=[mira.record(42, SPEECH)])
    arabic = mira.send(emre, ARABIC)
    text = "Beautiful. I would not change a word, and I will send it to Noor to proofread"
    last = emre.send(mira, text, reply_to=arabic["seq"])
    mira.read(last)
    emre.read(last)
    mira.send(emre, "Noor says yes to both languages on the card")
    mira.send(emre, "And she is bringing her grandmother")
    clap = mira.send(emre, "Who apparently *also* throws pots??")
    mira.react(clap, "👏")
