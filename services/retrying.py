"""Trying parked letters again: when somebody asks for it, and by themselves once what they waited for has come."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from eventsourcing.persistence import IntegrityError

from bus import arrivals
from bus.inbox import OUT_OF_PLACE
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import Postmark
from contracts.errors import BarnabusError
from services.letters import Heard, Letters

Row = Mapping[str, Any]
"""A letter as the inbox has it."""


class Retrying(Letters):
    def retry_parked(self, record_ids: Sequence[str] = ()) -> list[Heard]:
        """Try parked letters again in the log's order: all, or these, those set aside too.

        What one sender says in a case goes on only behind its first letter; what says that one again is tried before.
        """
        wanted = set(record_ids)
        first = [row for row in self._rows(wanted) if (not wanted or row["record_id"] in wanted) and self._again(row)]
        done, tried = [self._try(row) for row in first], {(row["sender"], row["number"]) for row in first}
        left = [row for row in self._rows(wanted) if (row["sender"], row["number"]) not in tried]
        return done + self._in_order(left, wanted)

    def _rows(self, wanted: set[str]) -> list[Row]:
        aside = [row for row in self.inbox.parked("set-aside") if row["record_id"] in wanted and row["jwe"]]
        return [*self.inbox.parked(), *aside]

    def _behind(self, mark: Postmark, heard: Heard) -> tuple[Heard, ...]:
        """What had waited for this letter. If it comes once more, a crash may have come between: all is told again."""
        done = [self._try(row) for row in self.inbox.waiting_for(mark.sender, mark.record_id)]
        line = (mark.sender, mark.case_ref)
        done += self._in_order(row for row in self.inbox.parked_of(*line) if row["reason"] not in OUT_OF_PLACE)
        if heard.state == "repeated" and heard.told:
            between = self.inbox.between(*line, heard.told["number"], mark.number)
            marks = [arrivals.postmark(row["postmark"], self.agency, self._directory) for row in between]
            done += [Heard("repeated", mark.sender, self._told_again(one)) for one in marks]
        return tuple(done)

    def _in_order(self, rows: Iterable[Row], wanted: set[str] | frozenset[str] = frozenset()) -> list[Heard]:
        done, blocked = [], set[tuple[str, str]]()
        for row in rows:
            line = (row["sender"], row["case_ref"])
            if row["state"] == "parked" and (line in blocked or (wanted and row["record_id"] not in wanted)):
                blocked.add(line)
                continue
            done.append(self._try(row))
            if done[-1].state == "parked" and done[-1].reason not in OUT_OF_PLACE:
                blocked.add(line)
        return done

    def _try(self, row: Row) -> Heard:
        try:
            return self._taken_in(row)
        except BarnabusError as error:
            sender = Agency(row["sender"])
            self.store.write(self.inbox.parked_again(sender, row["number"], error.code))
            return Heard("parked", sender, reason=error.code)

    def _taken_in(self, row: Row) -> Heard:
        """Raises the coded reason for which it stays parked."""
        sender, number = Agency(row["sender"]), row["number"]
        opened, mark = self._opened(row)
        done = self._apply(opened, mark, datetime.fromisoformat(row["received_at"]))
        type_name = SAID_AGAIN if opened.letter.said_again else opened.letter.type
        heard = self.inbox.heard(sender, number, type_name, done.item if done else None)
        if done is None:
            self.store.write(heard)
            return Heard("heard", sender)
        try:
            self._save(done.part, also=[*done.writes, heard, *self._fed(mark, opened, done)])
        except IntegrityError:  # the adapter wrote to the same part meanwhile, or it cannot be taken in at all
            raise BarnabusError("letter.failed") from None
        return Heard("heard", sender, self._told_of(opened, done), voided=done.voided)

    def _again(self, row: Row) -> bool:
        """Does it say an earlier letter again?"""
        try:
            return bool(row["opened"] and self._opened(row)[0].letter.said_again)
        except BarnabusError:
            return False

    def _opened(self, row: Row) -> tuple[arrivals.Opened, Postmark]:
        mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
        before = self.inbox.place(mark.sender, mark.number).before
        return arrivals.open_letter(row["jwe"], mark, before, self._sealing_keys, self._directory), mark
