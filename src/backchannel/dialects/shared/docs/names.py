"""The names in the OpenAPI document: plain for the native API, with the dialect's for others.

A client generator makes a class of each schema and a function of each operation, so the names
are unique and read well in code.
"""

from litestar.handlers import HTTPRouteHandler
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

PLAIN = {"native", "shared"}
"""The packages whose names stand alone."""


def schema_name(kind: type) -> str:
    """The name of a type's schema: `Message` of the native API, `ChatSocketMessage` of another."""
    own = kind.__name__.strip("_").removesuffix("Body")
    return _pascal(_dialect(kind.__module__)) + own


def operation_id(
    handler: HTTPRouteHandler,
    method: Method,  # noqa: ARG001 - the framework passes it
    path: list[str | PathParameterDefinition],
) -> str:
    """The name of an operation: that of its function, such as `sendMessage`.

    A function that serves several paths gives the longer ones the name of their last part.
    """
    name = _pascal(handler.fn.__name__)
    if len(handler.paths) > 1 and len(path) > 1:
        name += f"In{_pascal(str(path[-1]))}"
    whole = _pascal(_dialect(handler.fn.__module__)) + name
    return whole[0].lower() + whole[1:]


def _dialect(module: str) -> str:
    """The package of a dialect that a module is in, empty where names stand alone."""
    package, _, rest = module.removeprefix("backchannel.").partition(".")
    name = rest.partition(".")[0]
    return "" if package != "dialects" or name in PLAIN else name


def _pascal(snake: str) -> str:
    return "".join(word.title() for word in snake.split("_"))
