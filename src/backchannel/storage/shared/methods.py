"""Functions over a database, as methods of a storage.

An adapter writes each operation once, as a function whose first argument is a view of the
database, a transaction or the database. A class in the same module makes methods of the storage
port from these functions:

    class LoginMethods(StorageMethods[Database]):
        create_login = writing(create_login)
        login = reading(read_login)
"""

from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")
D_co = TypeVar("D_co", covariant=True)
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Readable(Protocol[V_co]):
    """A database that can be read."""

    async def read(self, work: Callable[[V_co], Awaitable[T]], /) -> T: ...


class Writable(Protocol[V_co]):
    """A database that can be written."""

    async def write(self, work: Callable[[V_co], Awaitable[T]], /) -> T: ...


class StorageMethods(Generic[D_co]):
    """Base of the classes whose methods together implement the storage port on one database."""

    def __init__(self, database: D_co) -> None:
        self.database = database


def reading(
    function: Callable[Concatenate[V, P], Awaitable[T]],
) -> "Callable[Concatenate[StorageMethods[Readable[V]], P], CoroutineType[Any, Any, T]]":
    """A method that calls the function with one view of the database."""

    async def method(self: StorageMethods[Readable[V]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.read(lambda view: function(view, *args, **kwargs))

    return cast("Callable[..., Any]", method)


def writing(
    function: Callable[Concatenate[V, P], Awaitable[T]],
) -> "Callable[Concatenate[StorageMethods[Writable[V]], P], CoroutineType[Any, Any, T]]":
    """A method that calls the function in one transaction."""

    async def method(self: StorageMethods[Writable[V]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.write(lambda tx: function(tx, *args, **kwargs))

    return cast("Callable[..., Any]", method)


def using_database(
    function: Callable[Concatenate[D, P], Awaitable[T]],
) -> "Callable[Concatenate[StorageMethods[D], P], CoroutineType[Any, Any, T]]":
    """A method that calls the function with the database, so that it can open transactions."""

    async def method(self: StorageMethods[D], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await function(self.database, *args, **kwargs)

    return cast("Callable[..., Any]", method)
