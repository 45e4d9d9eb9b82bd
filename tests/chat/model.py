"""A model of the use cases that follows only their rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from backchannel.domain.errors import (
    Blocked,
    ChatError,
    ClientIdReused,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
)

Refusal = type[ChatError]
Pair = frozenset[str]


@dataclass
class Note:
    """A message as it is now."""

    sender: str
    body: str
    revision: int = 0
    deleted: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)

    def react(self, user: str, emoji: str, *, active: bool) -> None:
        users = self.reactions.get(emoji, [])
        if (user in users) == active:
            return
        users = [*users, user] if active else [each for each in users if each != user]
        self.reactions = {key: some for key, some in self.reactions.items() if key != emoji} | (
            {emoji: users} if users else {}
        )
        self.revision += 1


@dataclass
class Model:
    """Conversations of pairs of users. Each method returns the answer that the core must give."""

    notes: dict[Pair, list[Note]] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[Pair, int, str]] = field(default_factory=dict)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    read: dict[tuple[str, Pair], int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def send(self, sender: str, to: str, key: str, body: str) -> int | Refusal:
        """The `seq` of the message."""
        pair = frozenset((sender, to))
        if sender == to:
            return Invalid
        if (sender, key) in self.keys:
            known, seq, original = self.keys[sender, key]
            return seq if (known, original) == (pair, body) else ClientIdReused
        if self._is_blocked(pair):
            return Blocked
        notes = self.notes.setdefault(pair, [])
        notes.append(Note(sender, body))
        self.keys[sender, key] = pair, len(notes), body
        return len(notes)

    def edit(self, user: str, pair: Pair, seq: int, body: str) -> Refusal | None:
        note = self._own(user, pair, seq)
        if not isinstance(note, Note):
            return note
        if note.deleted:
            return Conflict
        if self._is_blocked(pair):
            return Blocked
        if note.body != body:
            note.body = body
            note.revision += 1
        return None

    def delete(self, user: str, pair: Pair, seq: int) -> Refusal | None:
        note = self._own(user, pair, seq)
        if not isinstance(note, Note):
            return note
        if not note.deleted:
            note.body, note.reactions, note.deleted = "", {}, True
            note.revision += 1
        return None

    def react(self, user: str, pair: Pair, seq: int, emoji: str, *, active: bool) -> Refusal | None:
        note = self._seen(user, pair, seq)
        if note is None:
            return NotFound
        if note.deleted:
            return Conflict
        if self._is_blocked(pair):
            return Blocked
        note.react(user, emoji, active=active)
        return None

    def mark_read(self, user: str, pair: Pair, seq: int) -> Refusal | None:
        if user not in pair or pair not in self.notes:
            return NotFound
        if not 0 <= seq <= len(self.notes[pair]):
            return Invalid
        self.read[user, pair] = max(seq, self.read.get((user, pair), 0))
        return None

    def unread(self, user: str, pair: Pair) -> int:
        later = self.notes[pair][self.read.get((user, pair), 0) :]
        return sum(note.sender != user and not note.deleted for note in later)

    def page(
        self, user: str, pair: Pair, bounds: Sequence[int | None], limit: int
    ) -> list[int] | Refusal:
        """The `seq`s of a page next to `before`, `after` or `around`."""
        before, after, around = bounds
        if not 1 <= limit <= 200 or len(bounds) - bounds.count(None) > 1:
            return Invalid
        if user not in pair or pair not in self.notes:
            return NotFound
        seqs = list(range(1, len(self.notes[pair]) + 1))
        if after is not None:
            return [seq for seq in seqs if seq > after][:limit]
        if around is not None:
            older = [seq for seq in seqs if seq <= around][-(limit // 2 + 1) :]
            return older + [seq for seq in seqs if seq > around][: limit - len(older)]
        return [seq for seq in seqs if before is None or seq < before][-limit:]

    def end_login(self, login_id: str) -> Refusal | None:
        if login_id in self.ended:
            return NotFound
        self.ended.add(login_id)
        return None

    def _is_blocked(self, pair: Pair) -> bool:
        return any(pair == {user, other} for user, other in self.blocks)

    def _seen(self, user: str, pair: Pair, seq: int) -> Note | None:
        notes = self.notes.get(pair, [])
        return notes[seq - 1] if user in pair and 1 <= seq <= len(notes) else None

    def _own(self, user: str, pair: Pair, seq: int) -> Note | Refusal:
        note = self._seen(user, pair, seq)
        if note is None:
            return NotFound
        return note if note.sender == user else Forbidden
