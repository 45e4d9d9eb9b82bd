"""`broken_server.py FAULT serve …`: the server with a guarantee broken on purpose."""

import sys
import time
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from backchannel.chat.group_commit import GroupCommit, Outcome, Reply
from backchannel.cli import main
from backchannel.domain.ids import new_id
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.storage.sql.sqlite.writer import Writer

COMMIT_EVERY = 1.0


def forget_keys() -> None:
    """Store every send as a new message, even a repeated one."""
    submit = GroupCommit.submit

    def forgetful(self: GroupCommit, draft: Draft, reply: Reply) -> None:
        def reply_named(outcome: Outcome) -> None:
            if isinstance(outcome, Stored):
                named = replace(outcome.message, client_id=draft.client_id)
                outcome = replace(outcome, message=named)
            reply(outcome)

        submit(self, replace(draft, client_id=new_id()), reply_named)

    GroupCommit.submit = forgetful  # type: ignore[method-assign]


class Lazy:
    """A connection that commits once a second, as soon as messages are stored."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._committed = 0.0
        self._is_lazy = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql.startswith("BEGIN") and self._driver.in_transaction:
            return None
        self._is_lazy |= sql.startswith("INSERT OR FAIL INTO message ")
        if sql == "COMMIT" and self._is_lazy:
            if time.monotonic() < self._committed + COMMIT_EVERY:
                return None
            self._committed = time.monotonic()
        return self._driver.execute(sql, *parameters)


def acknowledge_early() -> None:
    """Acknowledge messages a second before they are on disk."""
    begin = Writer.__init__

    def lazy(self: Writer, driver: Any, *given: Any) -> None:
        begin(self, Lazy(driver), *given)

    Writer.__init__ = lazy  # type: ignore[assignment]


FAULTS: dict[str, Callable[[], None]] = {
    "forget-keys": forget_keys,
    "acknowledge-early": acknowledge_early,
}

if __name__ == "__main__":
    FAULTS[sys.argv.pop(1)]()
    main()
