"""Validation that reports all faulty fields of a body at once, as express-validator does."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backchannel.dialects.shared.docs.texts import TEXT
from backchannel.domain.accounts import check_registration
from backchannel.domain.errors import Invalid


class InvalidFields(Invalid):
    """Fields are not what they should be: each of `faults` names one."""

    def __init__(self, text: str, *, faults: Sequence[Invalid] = ()) -> None:
        super().__init__(text, field=faults[0].field if faults else None)
        self.faults = tuple(faults)


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields are validated by `checked`: the decoder would stop at the first fault."""

    username: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["johndoe"])] = None
    email: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["john@example.com"])] = None
    password: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["securepassword123"])] = None

    def checked(self) -> tuple[str, str, str]:
        """Username, e-mail address and password. Raises `InvalidFields`."""
        given = texts({"username": self.username, "email": self.email, "password": self.password})
        username, email, password = given
        faults = check_registration(username=username, email=email, password=password)
        _require_none(faults)
        return username, email, password


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Validated by `checked`, like `SignUp`."""

    email: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["john@example.com"])] = None
    password: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["securepassword123"])] = None

    def checked(self) -> tuple[str, str]:
        """E-mail address and password. Raises `InvalidFields`."""
        email, password = texts({"email": self.email, "password": self.password})
        return email, password


def texts(fields: Mapping[str, object]) -> list[str]:
    """The values of fields that must all be there and be text. Raises `InvalidFields`."""
    faults = [
        Invalid(f"{name} {'is missing' if value is None else 'must be a string'}", field=name)
        for name, value in fields.items()
        if not isinstance(value, str)
    ]
    _require_none(faults)
    return [str(value) for value in fields.values()]


def _require_none(faults: Sequence[Invalid]) -> None:
    if faults:
        raise InvalidFields("; ".join(fault.text for fault in faults), faults=faults)
