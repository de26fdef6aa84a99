"""Has the log say by which directory of public keys an agency goes, whenever that has become another."""

from datetime import datetime

import structlog

from bus import seal
from bus.chains import ADOPTED
from bus.directory import Live
from bus.drafting import Drafting
from bus.mending import own_id
from bus.store import Statement, Store
from bus.submission import Outgoing
from contracts import subjects
from contracts.events.post import DIRECTORY_LIMIT, DirectoryAdopted

_log = structlog.get_logger()
Said = tuple[Outgoing, list[Statement]]


class Adopting:
    """The first one that it goes by is noted and not said: nothing has changed by then."""

    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live
        self._noted: str | None = None

    def next(self, drafting: Drafting, now: datetime) -> Said | None:
        """What is to be said of another directory, with the write that notes it; None while it is the same."""
        token = self._live.signed
        digest = seal.digest(token)
        if digest == self._noted:
            return None
        rows = self._store.read("SELECT digest FROM directory_noted")
        if not rows:
            self._store.write(Statement("INSERT INTO directory_noted (one, digest) VALUES (1, ?)", (digest,)))
        self._noted = str(rows[0]["digest"]) if rows else digest
        if self._noted == digest:
            return None
        if len(token) > DIRECTORY_LIMIT:  # nothing that an agency says waits for it
            _log.error("directory.too-long", symbols=len(token), limit=DIRECTORY_LIMIT)
            self._noted = digest
            return None
        said = DirectoryAdopted(before=self._noted, directory=token)
        outgoing = Outgoing(
            record_id=own_id(drafting.agency, drafting.outbox.head().number + 1),
            type=ADOPTED,
            subject=subjects.own(drafting.agency),
            time=now,
            about=None,
            values=said.model_dump(mode="json"),
        )
        return outgoing, [Statement("UPDATE directory_noted SET digest = ?", (digest,))]
