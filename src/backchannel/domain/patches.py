"""Partial changes: new values for some fields, the others stay as they are."""

from typing import TypeVar

import msgspec
from msgspec import UNSET

T = TypeVar("T", bound=msgspec.Struct)


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """New values for fields of another Struct; a field that is `UNSET` is not changed."""

    def applied_to(self, old: T) -> T:
        """`old` with the new values."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(self).items()
            if value is not UNSET
        }
        return msgspec.structs.replace(old, **given)
