"""Which names the server answers to (rule S14)."""

from collections.abc import Iterable


class Hosts:
    """The allow-list for the Host header; an empty one allows every name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)

    def allow(self, host: str | None) -> bool:
        return not self._names or (host is not None and bare_name(host) in self._names)


def bare_name(host: str) -> str:
    """A Host header's name without its port; an IPv6 address keeps its brackets."""
    name = host.strip().lower()
    end = name.rfind("]")
    name = name[: end + 1] if end >= 0 else name.partition(":")[0]
    return name.rstrip(".")
