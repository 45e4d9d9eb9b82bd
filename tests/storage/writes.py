"""Every kind of write, with a few users, for tests of their interaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from backchannel.domain.accounts import Invitation
from backchannel.domain.conversations import SettingsPatch
from backchannel.domain.erasures import new_erasure
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.events import EventKind
from backchannel.domain.files import FileRecord, Upload, attach
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, new_id
from backchannel.domain.ids import session_conversation_id as session_id
from backchannel.domain.messages import Draft
from backchannel.domain.reports import Report
from backchannel.domain.revisions import delete, edit, react
from backchannel.domain.users import Audience, FirstMessages, PrivacyPatch, ProfilePatch
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from tests.storage.people import AT, add_login, make_account, make_login, make_user

KEYS = ("a", "b")


@dataclass
class WriteContext:
    """The users, logins and files that the writes choose from."""

    users: list[str]
    logins: dict[str, str]
    rng: Random
    files: list[FileRecord] = field(default_factory=list)

    def pair(self) -> tuple[str, str]:
        one, other = self.rng.sample(self.users, 2)
        return one, other

    def user(self) -> str:
        return self.rng.choice(self.users)


async def make_context(storage: Storage, rng: Random, *, users: int = 4) -> WriteContext:
    ids = [await make_user(storage) for _ in range(users)]
    logins = {user_id: make_login(user_id) for user_id in ids}
    for login in logins.values():
        await add_login(storage, login)
    return WriteContext(ids, {user_id: login.id for user_id, login in logins.items()}, rng)


Write = Callable[[Storage, WriteContext], Awaitable[object]]


async def append(storage: Storage, context: WriteContext) -> None:
    drafts = []
    for _ in range(context.rng.randint(1, 4)):
        sender, recipient = context.pair()
        conversation_id = direct_conversation_id(sender, recipient)
        drafts.append(Draft(conversation_id, sender, recipient, new_id(), "text"))
    await storage.append(drafts, at=AT)


async def append_file(storage: Storage, context: WriteContext) -> None:
    if not context.files:
        return
    file = context.rng.choice(context.files)
    sender = file.owner_id
    recipient = next(user_id for user_id in context.users if user_id != sender)
    conversation_id = direct_conversation_id(sender, recipient)
    draft = Draft(conversation_id, sender, recipient, new_id(), "", files=attach([file]))
    await storage.append([draft], at=AT)


async def ask(storage: Storage, context: WriteContext) -> None:
    user_id, key = context.user(), context.rng.choice(KEYS)
    await storage.append(
        [Draft(session_id(user_id, key), user_id, RESPONDER_ID, new_id(), "?")], at=AT
    )


async def change(storage: Storage, context: WriteContext) -> None:
    one, other = context.pair()
    revise = context.rng.choice(
        [
            (EventKind.EDIT, edit(one, f"text {new_id()}", at=AT)),
            (EventKind.DELETE, delete(one, at=AT)),
            (EventKind.REACTION, react(one, "👍", active=context.rng.random() > 0.5)),
        ]
    )
    seq = context.rng.randint(1, 6)
    await storage.change(direct_conversation_id(one, other), seq, *revise)


async def acknowledge(storage: Storage, context: WriteContext) -> None:
    chosen = context.rng.sample(context.users, 2)
    await storage.acknowledge(
        [
            Acknowledgement(user_id, context.logins[user_id], context.rng.randint(1, 60))
            for user_id in chosen
        ]
    )


async def mark_read(storage: Storage, context: WriteContext) -> None:
    pairs = [context.pair() for _ in range(2)]
    await storage.mark_read(
        [
            ReadMark(one, direct_conversation_id(one, other), context.rng.randint(1, 20))
            for one, other in pairs
        ]
    )


async def block(storage: Storage, context: WriteContext) -> None:
    one, other = context.pair()
    await storage.set_blocked(one, other, blocked=context.rng.random() > 0.6, at=AT)


async def answer_request(storage: Storage, context: WriteContext) -> None:
    one, other = context.pair()
    accepted = context.rng.random() > 0.4
    conversation_id = direct_conversation_id(one, other)
    await storage.answer_request(one, conversation_id, accepted=accepted, at=AT)


async def change_settings(storage: Storage, context: WriteContext) -> None:
    one, other = context.pair()
    patch = SettingsPatch(pinned=context.rng.random() > 0.5, marked_unread=True)
    await storage.change_settings(one, direct_conversation_id(one, other), patch, at=AT)


async def change_privacy(storage: Storage, context: WriteContext) -> None:
    patch = PrivacyPatch(
        receipts=context.rng.choice(list(Audience)),
        first_messages=context.rng.choice(list(FirstMessages)),
    )
    await storage.change_privacy(context.user(), patch, at=AT)


async def create_direct(storage: Storage, context: WriteContext) -> None:
    await storage.create_direct(*context.pair(), at=AT)


async def create_session(storage: Storage, context: WriteContext) -> None:
    await storage.create_session(context.user(), context.rng.choice(KEYS), name="one", at=AT)


async def rename_session(storage: Storage, context: WriteContext) -> None:
    await storage.rename_session(context.user(), context.rng.choice(KEYS), name="two", at=AT)


async def delete_session(storage: Storage, context: WriteContext) -> None:
    await storage.delete_session(context.user(), context.rng.choice(KEYS), at=AT)


async def update_profile(storage: Storage, context: WriteContext) -> None:
    at = AT + context.rng.randint(0, 100) * 1_000
    await storage.update_profile(context.user(), ProfilePatch(display_name=new_id()), at=at)


async def choose_avatar(storage: Storage, context: WriteContext) -> None:
    if context.files:
        file = context.rng.choice(context.files)
        avatar = context.rng.choice([file.id, None])
        await storage.update_profile(file.owner_id, ProfilePatch(avatar=avatar), at=AT)


async def notify_of_profiles(storage: Storage, context: WriteContext) -> None:
    await storage.notify_of_profiles(at=AT + context.rng.randint(0, 300) * 1_000)


async def invite(storage: Storage, context: WriteContext) -> None:
    made = Invitation(
        code=new_id(),
        inviter_id=context.user(),
        uses=1,
        created_at=AT,
        expires_at=AT + context.rng.randint(1, 9),
    )
    await storage.create_invitation(made, limit=3)
    if context.rng.random() > 0.5:
        await storage.create_user(make_account(f"user-{new_id()}"), invitation=made.code)
    else:
        await storage.withdraw_invitation(made.inviter_id, made.code)


async def report(storage: Storage, context: WriteContext) -> None:
    reporter_id, user_id = context.pair()
    made = Report(
        id=new_id(),
        reporter_id=reporter_id,
        user_id=user_id,
        reason="spam",
        comment="",
        messages="[]",
        created_at=AT,
    )
    await storage.create_report(made, limit=3, forget=AT)
    if context.rng.random() > 0.5:
        await storage.close_report(made.id, note="", at=AT)


async def record_last_seen(storage: Storage, context: WriteContext) -> None:
    chosen = context.rng.sample(context.users, 3)
    await storage.record_last_seen({each: AT + context.rng.randint(0, 99) for each in chosen})


async def log_in_and_out(storage: Storage, context: WriteContext) -> None:
    login = make_login(context.user())
    await add_login(storage, login)
    await storage.rotate_login(login.id, generation=0, at=AT, until=AT + 9_000)
    await storage.end_logins(login.user_id, keep=context.logins[login.user_id], at=AT)


async def upload(storage: Storage, context: WriteContext) -> None:
    owner = context.user()
    begun = Upload(id=new_id(), owner_id=owner, name="f", media_type="", size=3, created_at=AT)
    await storage.create_upload(begun, quota=60)
    if context.rng.random() > 0.7:
        await storage.cancel_upload(begun.id, at=AT)
        return
    record = FileRecord(
        id=begun.id,
        owner_id=owner,
        name="f",
        media_type="text/plain",
        size=3,
        sha256="0" * 64,
        created_at=AT,
        blocks="0" * 64,
        upload_size=3,
    )
    await storage.finish_upload(record)
    context.files.append(record)


async def give_up_files(storage: Storage, context: WriteContext) -> None:
    if context.files:
        file = context.rng.choice(context.files)
        await storage.mark_file_deleted(file.owner_id, file.id, at=AT)
    await storage.forget_files(await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT))


async def trim(storage: Storage, context: WriteContext) -> None:
    await storage.trim_logs(before=AT, keep=context.rng.randint(5, 50))


async def erase(storage: Storage, context: WriteContext) -> None:
    leaver = await make_user(storage)
    other = context.user()
    conversation_id = direct_conversation_id(leaver, other)
    drafts = [Draft(conversation_id, leaver, other, new_id(), "bye") for _ in range(3)]
    await storage.append(drafts, at=AT)
    erasure = new_erasure(leaver, at=AT)
    await storage.request_erasure(erasure)
    while not (await storage.erase_part(erasure.id, limit=2, at=AT)).complete:
        pass
    await storage.complete_erasure(erasure.id, at=AT, signature="signed")


WRITES: Mapping[str, Write] = {
    each.__name__: each
    for each in (
        append,
        append_file,
        ask,
        change,
        acknowledge,
        mark_read,
        block,
        change_settings,
        change_privacy,
        answer_request,
        create_direct,
        create_session,
        rename_session,
        delete_session,
        update_profile,
        choose_avatar,
        notify_of_profiles,
        invite,
        report,
        record_last_seen,
        log_in_and_out,
        upload,
        give_up_files,
        trim,
        erase,
    )
}


async def do(write: Write, storage: Storage, context: WriteContext) -> None:
    """Carry out a write. A refusal is a valid outcome, unless the write could never succeed."""
    try:
        await write(storage, context)
    except ChatError as refusal:
        if refusal.status >= 500 or isinstance(refusal, Invalid):
            raise
