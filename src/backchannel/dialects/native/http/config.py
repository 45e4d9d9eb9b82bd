"""The server's configuration for clients, before a user has logged in."""

from typing import Annotated

import msgspec
from litestar import get
from msgspec import Meta

from backchannel.chat import accounts
from backchannel.dialects.native.http.problems import problems
from backchannel.domain.accounts import PASSWORD_MINIMUM, Registration
from backchannel.domain.files import FILES_PER_MESSAGE
from backchannel.domain.messages import BODY_LIMIT
from backchannel.http.requests import InjectedCore


class ConfigBody(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the server's configuration that clients need to know."""

    registration: Annotated[
        bool, Meta(description="True unless registration is closed", examples=[True])
    ]
    invitation_needed: Annotated[
        bool, Meta(description="True if registration needs an invitation", examples=[False])
    ]
    user_invitations: Annotated[
        bool, Meta(description="True if users may invite others", examples=[False])
    ]
    first_run: Annotated[bool, Meta(description="There is no account yet", examples=[False])]
    password_minimum: Annotated[int, Meta(description="Characters", examples=[PASSWORD_MINIMUM])]
    message_limit: Annotated[int, Meta(description="Bytes", examples=[BODY_LIMIT])]
    file_limit: Annotated[int, Meta(description="Bytes", examples=[100 << 20])]
    files_per_message: Annotated[
        int, Meta(description="Files that a message may have", examples=[FILES_PER_MESSAGE])
    ]
    link_previews: Annotated[
        bool, Meta(description="True if the server previews linked web pages", examples=[False])
    ]


@get(
    "/config",
    summary="Get the server's public configuration",
    description="The settings that a client needs before a user has logged in.",
    responses=problems(),
)
async def get_config(core: InjectedCore) -> ConfigBody:
    policy = core.policy
    return ConfigBody(
        registration=policy.registration is not Registration.CLOSED,
        invitation_needed=policy.registration is Registration.INVITATION,
        user_invitations=policy.users_invite and policy.registration is not Registration.CLOSED,
        first_run=not await accounts.list_users(core, after=None, limit=1, search=None),
        password_minimum=PASSWORD_MINIMUM,
        message_limit=BODY_LIMIT,
        file_limit=policy.file_size,
        files_per_message=FILES_PER_MESSAGE,
        link_previews=core.previews.enabled,
    )


PUBLIC = [get_config]
