"""The throttle port: how often something may be tried (rule S9)."""

from typing import Protocol


class Throttle(Protocol):
    async def admit(self, *keys: str) -> None:
        """Count one attempt against each key, such as `login:account:ada`.

        Raises `Throttled` with `retry_after` in seconds; then nothing is counted, so waiting
        that long is always enough.
        """
        ...

    async def forgive(self, *keys: str) -> None:
        """Forget the attempts of these keys: the right password was given."""
        ...

    async def refund(self, *keys: str) -> None:
        """Give back one attempt of each key: it did no harm."""
        ...
