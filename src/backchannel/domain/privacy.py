"""What users let others learn of them."""

from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from backchannel.domain.patches import Patch


class Audience(StrEnum):
    EVERYBODY = "everybody"
    NOBODY = "nobody"


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """Who learns what of a user. Each is mutual: who hides it does not see it of others either.

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
    """What two users who have written to each other share unless one of them hides it."""

    LAST_SEEN = "last_seen"
    TYPING = "typing"
