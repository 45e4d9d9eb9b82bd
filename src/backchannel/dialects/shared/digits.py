"""Whole numbers in paths and queries, which are written in ASCII digits.

The framework would read `2.0` and `2e0` as 2.
"""

import re
from functools import cache
from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from backchannel.domain.errors import Invalid

_WHOLE = re.compile(r"-?[0-9]+")


def require_digits(request: Request[Any, Any, Any]) -> None:
    """Raise `Invalid`, naming the parameter, for a number that is written in another way."""
    for name in _whole_numbers(request.route_handler):
        value = request.path_params.get(name) or request.query_params.get(name)
        if isinstance(value, str) and not _WHOLE.fullmatch(value):
            raise Invalid(f"{name} must be a whole number", field=name)


@cache
def _whole_numbers(handler: HTTPRouteHandler) -> frozenset[str]:
    """The names of a handler's parameters that are whole numbers."""
    fields = handler.parsed_fn_signature.parameters
    return frozenset(
        name for name, field in fields.items() if int in {field.annotation, *field.args}
    )
