"""What an agency's own systems are told, read from the feed: each item an event of CloudEvents 1.0, structured JSON.

Its `data` is the very document that is told on NATS. It is made anew whenever it is asked for: a standing is what the
handoff has come to by now, and what was erased since is told as erased.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bus import seal
from bus.feed import Line
from contracts import web
from contracts.envelope import dataschema
from contracts.errors import Refused
from services.letters import Letters


@dataclass(frozen=True, slots=True)
class Page:
    """Items in the order of their numbers; ask again from `next`. It may lie further on than the last of them."""

    items: tuple[Mapping[str, Any], ...]
    next: int

    def document(self) -> dict[str, Any]:
        return {"items": list(self.items), "next": self.next}


class Telling(Letters):
    def told(self, after: int, *, limit: int = web.PAGE_LIMIT, types: Collection[str] | None = None) -> Page:
        """What was told above this number of the feed, of these types or of all: at most `limit` items, not too long.

        Raises Refused `feed.ahead` if the feed has never come so far.
        """
        end = self.feed.end()
        if after > end:
            raise Refused("feed.ahead", field="after")
        items, size = list[Mapping[str, Any]](), 0
        for line in self.feed.lines(after=after, up_to=end, limit=limit, types=types):
            items.append(self.item(line))
            size += len(seal.dump(items[-1]))
            if size > web.PAGE_LIMIT_BYTES:
                break
        else:
            if len(items) < limit:  # nothing of these types is left up to the end
                return Page(tuple(items), end)
        return Page(tuple(items), items[-1]["feed"])

    def item(self, line: Line) -> dict[str, Any]:
        """One line as it is told now."""
        if line.sender is None:
            void = dict(line.void or {})
            return _event(line, f"/agencies/{self.agency}", web.VOIDED, void["case_ref"], void)
        told = self._told_of_letter(line)
        source, when = f"/agencies/{line.sender}", {"time": told["logged_at"]}
        if "content" not in told:
            return _event(line, source, web.ERASED, told["case_ref"], told, **when)
        schema = {"dataschema": dataschema(line.type, told["version"])}
        return _event(line, source, line.type, told["case_ref"], told, **when, **schema)

    def _told_of_letter(self, line: Line) -> Mapping[str, Any]:
        """The letter; or, if its person was erased, that there was one."""
        assert line.sender is not None
        assert line.letter is not None
        row = self.inbox.at(line.sender, line.letter)
        assert row, "a line names a letter that is here"
        told = self._told_again_of(row)
        return told or {
            "id": row["record_id"],
            "type": line.type,
            "case_ref": row["case_ref"],
            "sender": line.sender.value,
            "number": row["number"],
            "position": row["position"],
            "logged_at": row["logged_at"],
            "received_at": row["received_at"],
        }


def _event(
    line: Line, source: str, type_name: str, subject: str, data: Mapping[str, Any], **more: str
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(line.id),
        "source": source,
        "type": type_name,
        "subject": subject,
        "datacontenttype": "application/json",
        **more,
        "feed": line.number,
        "data": dict(data),
    }
