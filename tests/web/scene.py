"""A server with the conversations that the pictures show."""

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


def paint(address: str) -> tuple[Person, Person]:
    """Emre, whose pages are shown, and Mira, whom he talks to most."""
    emre = register(address, "emre", "Emre")
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
        other = register(address, name.lower(), name)
        _talk(emre, other, said)
    ines = register(address, "ines", "Ines")
    ines.say(emre, "She has grown three leaves since you left")
    noor = register(address, "noor", "Noor")
    for text in ("تمام", "تمام، نلتقي عند المدخل الساعة السادسة"):
        noor.say(emre, text)
    mira = register(address, "mira", "Mira")
    _mira(emre, mira)
    return emre, mira


def _talk(emre: Person, other: Person, said: str | None) -> None:
    if said is None:
        other.delete(other.say(emre, "I should not have said that"))
        return
    last = other.say(emre, said)
    emre.read(last)
    if other.username == "bao":
        answer = emre.say(other, "Deal. Same place, bring the ladder")
        other.read(answer)


def _mira(emre: Person, mira: Person) -> None:
    mira.say(emre, "The kiln is finally empty.")
    mira.say(emre, "Forty-two pieces in, forty-one out. Guess which one cracked")
    emre.say(mira, "Please not the tall blue one")
    sad = mira.say(emre, "The tall blue one.")
    emre.react(sad, "😭")
    mira.say(emre, "🫠")
    emre.say(mira, LONG)
    mira.say(emre, "Third try is the one. Can you put the hours on the site?")
    code = emre.say(mira, CODE.replace("minute", "moment"))
    emre.edit(code, CODE)
    mira.delete(mira.say(emre, "Wrong window"))
    mira.say(emre, "For anyone coming by tram: https://harbour-kiln.example/visit")
    arabic = mira.say(emre, ARABIC)
    text = "Beautiful. I would not change a word, and I will send it to Noor to proofread"
    last = emre.say(mira, text, reply_to=arabic["seq"])
    mira.read(last)
    emre.read(last)
    mira.say(emre, "Noor says yes to both languages on the card")
    mira.say(emre, "And she is bringing her grandmother")
    clap = mira.say(emre, "Who apparently *also* throws pots??")
    mira.react(clap, "👏")
