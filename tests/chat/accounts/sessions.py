"""Sessions of a test: begun, and whether they still count."""

import pytest

from backchannel.chat import logins
from backchannel.chat.core import Core
from backchannel.chat.logins import Session
from backchannel.domain.errors import Unauthenticated
from tests.support.core import PASSWORD


async def log_in(core: Core, identifier: str = "ada", password: str = PASSWORD) -> Session:
    return await logins.login(core, identifier=identifier, password=password, agent="a test")


async def refused(core: Core, session: Session) -> bool:
    """Whether neither of the session's tokens counts any more."""
    for attempt in (
        logins.authenticate(core, session.access_token),
        logins.refresh(core, session.refresh_token),
    ):
        with pytest.raises(Unauthenticated):
            await attempt
    return True


async def accepted(core: Core, session: Session) -> bool:
    identity = await logins.authenticate(core, session.access_token)
    return identity.login_id == session.login_id
