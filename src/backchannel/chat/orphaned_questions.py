"""Questions whose node has ended before the answer: another node answers them.

The node that stored a question answers it. The leader looks for questions that have been waiting,
and asks the others which of them they are answering. If two answer the same one, one answer is
stored.
"""

import asyncio
import logging
from functools import partial

from backchannel.chat.answers import persist
from backchannel.chat.core import Core
from backchannel.domain.messages import Message
from backchannel.domain.signals import Answering, AnswerStopped, Notice, WhoAnswers

INTERVAL_SECONDS = 3.0
"""Seconds between two searches for such questions."""
AGE = 3_000
"""Milliseconds for which a question is left to the node that stored it."""
REPLY_SECONDS = 0.5
"""Seconds that the others have to say that they are answering."""
PAGE = 100

log = logging.getLogger(__name__)


class OrphanedQuestions:
    """Has unanswered questions answered, and announces those being answered here."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._claimed: set[str] = set()
        core.bus.listen_notices(self._notice_received)

    async def run(self) -> None:
        """Answer the questions from before a crash or a restart; with a bus, until cancelled."""
        if not self._core.bus.shared:
            await self._core.answers.resume()
            return
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            if self._core.nodes.is_leader and self._core.bus.connected:
                await self._search()

    async def _search(self) -> None:
        after = ""
        storage = self._core.storage
        while page := await persist(partial(storage.unanswered, after=after, limit=PAGE)):
            after = page[-1].id
            before = self._core.clock.now() - AGE
            await self._adopt([each for each in page if each.created_at <= before])

    async def _adopt(self, waiting: list[Message]) -> None:
        """Answer the questions that no other node is answering."""
        waiting = [each for each in waiting if not self._core.answers.is_asked(each.id)]
        if not waiting:
            return
        self._claimed.clear()
        self._core.bus.notify(WhoAnswers(tuple(each.id for each in waiting)))
        await asyncio.sleep(REPLY_SECONDS)
        orphans = [each for each in waiting if each.id not in self._claimed]
        if orphans:
            log.info("%d questions of a node that ended are answered here", len(orphans))
        for question in orphans:
            self._core.answers.ask(question)

    def _notice_received(self, notice: Notice, node_id: str) -> None:
        del node_id
        match notice:
            case WhoAnswers(message_ids):
                mine = tuple(filter(self._core.answers.is_asked, message_ids))
                if mine:
                    self._core.bus.notify(Answering(mine))
            case Answering(message_ids):
                self._claimed.update(message_ids)
            case AnswerStopped(conversation_id):
                self._core.answers.stop(conversation_id)
            case _:
                pass  # Not about answers.
