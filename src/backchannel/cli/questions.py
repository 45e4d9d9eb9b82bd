"""Questions to the operator before something that cannot be undone."""

import sys

from backchannel.domain.errors import Invalid


def confirm(question: str) -> None:
    """Ask, and go on only after a yes. Raises `Invalid`, `KeyboardInterrupt`."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().lower()
    if answer not in {"y", "yes"}:
        raise Invalid("nothing was changed")
