"""Privacy settings."""

from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from backchannel.domain.patches import Patch


class Audience(StrEnum):
    EVERYBODY = "everybody"
    NOBODY = "nobody"


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """A user's privacy settings. Each is mutual: a user who hides it does not see it of others.

    `last_seen` is also whether the user is online, `receipts` are read receipts. `everybody` is
    everybody with whom presence is shared at all.
    """

    last_seen: Audience = Audience.EVERYBODY
    receipts: Audience = Audience.EVERYBODY
    typing: Audience = Audience.EVERYBODY


class PrivacyPatch(Patch, frozen=True, kw_only=True):
    """New values for a user's `Privacy`."""

    last_seen: Audience | UnsetType = UNSET
    receipts: Audience | UnsetType = UNSET
    typing: Audience | UnsetType = UNSET


class Shared(StrEnum):
    """The information that two users who have written to each other share unless one hides it."""

    LAST_SEEN = "last_seen"
    TYPING = "typing"
