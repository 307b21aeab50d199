"""The calls that are going on, in this process's memory: nothing of a conversation is written down."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kb_service.answering.assist.rules import Utterance
from kb_service.answering.following import Subject
from kb_service.core.ids import new_id

# A line that drops is back within minutes; a call is over long before this.
KEPT: Final = timedelta(minutes=15)
MOST_CALLS: Final = 1000
MOST_UTTERANCES: Final = 200


@dataclass
class Call:
    """`owner` is who began it: nobody else goes on with it. Personal data in it is starred out."""

    id: str
    owner: str
    region: str | None
    used_at: datetime
    utterances: OrderedDict[int, Utterance] = field(default_factory=OrderedDict)
    subject: Subject | None = None

    @property
    def seq(self) -> int:
        return max(self.utterances, default=0)

    def hear(self, utterance: Utterance, now: datetime) -> None:
        """Adds an utterance, or replaces the one of its number; the oldest go where there are too many."""
        self.utterances[utterance.seq] = utterance
        self.used_at = now
        while len(self.utterances) > MOST_UTTERANCES:
            del self.utterances[min(self.utterances)]

    def said(self) -> list[Utterance]:
        return [self.utterances[seq] for seq in sorted(self.utterances)]


class Calls:
    """Safe from any thread, bounded in number and in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, Call] = OrderedDict()

    def open(self, owner: str, call: str | None, region: str | None, now: datetime) -> tuple[Call, bool]:
        """The call named, where this owner has it, and whether it went on; else a new one."""
        with self._lock:
            self._forget(now)
            known = self._calls.get(call or "")
            if known is not None and known.owner == owner:
                known.used_at = now
                self._calls.move_to_end(known.id)
                return known, True
            made = Call(new_id(), owner, region, now)
            self._calls[made.id] = made
            return made, False

    def close(self, call: Call) -> None:
        with self._lock:
            self._calls.pop(call.id, None)

    def _forget(self, now: datetime) -> None:
        for known in [each.id for each in self._calls.values() if now - each.used_at > KEPT]:
            del self._calls[known]
        while len(self._calls) >= MOST_CALLS:
            self._calls.popitem(last=False)
