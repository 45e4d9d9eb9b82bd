"""Steps of tests: log in, and check whether tokens are valid."""

import pytest

from backchannel.chat import logins
from backchannel.chat.core import Core
from backchannel.chat.logins import IssuedTokens
from backchannel.domain.errors import Unauthenticated
from tests.support.core import PASSWORD


async def log_in(core: Core, identifier: str = "ada", password: str = PASSWORD) -> IssuedTokens:
    return await logins.login(core, identifier=identifier, password=password, agent="a test")


async def refused(core: Core, tokens: IssuedTokens) -> bool:
    """True if neither token is valid."""
    for attempt in (
        logins.authenticate(core, tokens.access_token),
        logins.refresh(core, tokens.refresh_token),
    ):
        with pytest.raises(Unauthenticated):
            await attempt
    return True


async def accepted(core: Core, tokens: IssuedTokens) -> bool:
    identity = await logins.authenticate(core, tokens.access_token)
    return identity.login_id == tokens.login_id
