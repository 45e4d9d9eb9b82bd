"""Users, invitations and logins over MongoDB."""

from collections.abc import Mapping, Sequence

from backchannel.domain.events import Event
from backchannel.domain.invitations import Invitation
from backchannel.domain.privacy import Privacy, PrivacyPatch
from backchannel.domain.users import Account, Login, ProfilePatch, User
from backchannel.storage.mongodb import accounts, invitations, logins, profiles
from backchannel.storage.mongodb.database import MongoDatabase


class MongoAccounts:
    """Users and logins; `ports.storage.Accounts` says what each method promises."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def create_user(self, account: Account, *, invitation: str | None = None) -> None:
        await self._database.write(lambda tx: invitations.create_invited(tx, account, invitation))

    async def create_invitation(self, invitation: Invitation, *, limit: int) -> None:
        await self._database.write(
            lambda tx: invitations.create_invitation(tx, invitation, limit=limit)
        )

    async def invitation(self, code: str, *, at: int) -> Invitation | None:
        return await self._database.read(
            lambda view: invitations.read_invitation(view, code, at=at)
        )

    async def invitations(self, inviter_id: str | None, *, at: int) -> list[Invitation]:
        return await self._database.read(
            lambda view: invitations.read_invitations(view, inviter_id, at=at)
        )

    async def withdraw_invitation(self, inviter_id: str | None, code: str) -> None:
        await self._database.write(lambda tx: invitations.withdraw_invitation(tx, inviter_id, code))

    async def account(self, user_id: str) -> Account | None:
        return await self._database.read(lambda view: accounts.read_account(view, user_id))

    async def account_by_username(self, username: str) -> Account | None:
        return await self._database.read(
            lambda view: accounts.read_account_by_username(view, username)
        )

    async def account_by_email(self, email: str) -> Account | None:
        return await self._database.read(lambda view: accounts.read_account_by_email(view, email))

    async def users(self, user_ids: Sequence[str]) -> dict[str, User]:
        return await self._database.read(lambda view: accounts.read_users(view, user_ids))

    async def list_users(
        self, *, after: str | None, limit: int, search: str | None = None
    ) -> list[User]:
        return await self._database.read(
            lambda view: accounts.list_users(view, after=after, limit=limit, search=search)
        )

    async def set_password(self, user_id: str, password_hash: str, *, at: int) -> None:
        await self._database.write(
            lambda tx: accounts.set_password(tx, user_id, password_hash, at=at)
        )

    async def update_profile(self, user_id: str, patch: ProfilePatch, *, at: int) -> list[Event]:
        return await self._database.write(
            lambda tx: profiles.update_profile(tx, user_id, patch, at=at)
        )

    async def privacy(self, user_id: str) -> Privacy:
        return await self._database.read(lambda view: profiles.read_privacy(view, user_id))

    async def change_privacy(
        self, user_id: str, patch: PrivacyPatch, *, at: int
    ) -> tuple[Privacy, list[Event]]:
        return await self._database.write(
            lambda tx: profiles.change_privacy(tx, user_id, patch, at=at)
        )

    async def tell_profiles(self, *, at: int) -> list[Event] | None:
        if not await self._database.read(lambda view: profiles.is_due(view, at=at)):
            return None
        return await self._database.write(lambda tx: profiles.tell_profiles(tx, at=at))

    async def set_disabled(self, user_id: str, *, at: int | None) -> None:
        await self._database.write(lambda tx: accounts.set_disabled(tx, user_id, at=at))

    async def record_last_seen(self, seen: Mapping[str, int]) -> None:
        await self._database.write(lambda tx: accounts.record_last_seen(tx, seen))

    async def create_login(self, login: Login) -> None:
        await self._database.write(lambda tx: logins.create_login(tx, login))

    async def login(self, login_id: str) -> Login | None:
        return await self._database.read(lambda view: logins.read_login(view, login_id))

    async def logins(self, user_id: str, *, ended: bool = False) -> list[Login]:
        return await self._database.read(
            lambda view: logins.read_logins(view, user_id, ended=ended)
        )

    async def rotate_login(
        self, login_id: str, *, generation: int, at: int, until: int
    ) -> Login | None:
        return await self._database.write(
            lambda tx: logins.rotate_login(tx, login_id, generation=generation, at=at, until=until)
        )

    async def end_logins(
        self, user_id: str, *, login_id: str | None = None, keep: str | None = None, at: int
    ) -> list[str]:
        return await self._database.write(
            lambda tx: logins.end_logins(tx, user_id, login_id=login_id, keep=keep, at=at)
        )

    async def logins_ended_since(self, at: int) -> list[str]:
        return await self._database.read(lambda view: logins.read_ended_since(view, at))
