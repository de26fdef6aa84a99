"""Looking into a case: first why, in a form that names the case, so that no address does; then its pages."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from console import case_pages
from console.asked import Asked, link
from console.looks import Asking, Look, Looks
from console.pages import Page, drawn
from console.replay import Replay
from console.sources import Sources
from contracts import bypass
from contracts.catalogue.accounting import WITHDRAWN_FROM
from contracts.emergency import TOKEN_LIMIT
from contracts.errors import BarnabusError, Refused
from contracts.vocabulary.accounting import AccessPurpose
from projections import owed
from projections.records import Records
from projections.snapshot import snapshot

FORM_LIMIT_BYTES = 4 * TOKEN_LIMIT
"""What two people have signed for an emergency is three tokens long."""
WORDS_LIMIT = 500
_RECORDS = Records.table
_log = structlog.get_logger()


class Looking:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.looks = Looks(sources.look, self._may_be_shut, sources.clock)

    async def form(self, asked: Asked) -> Page:
        """Where somebody says which case and why; and the looks that are not over."""
        asked.query("next")
        return self._form(asked, asked.request.query_params.get("next", ""), {}, None)

    async def begin(self, asked: Asked, said: Mapping[str, str]) -> Response:
        """Once the log has the look, to the case; what keeps it from being shown is said above the form."""
        assert asked.account
        after = said.get("next", "")
        asking = Asking(
            case_ref=said.get("case_ref", "").strip().lower(),
            words=said.get("words", "").strip()[:WORDS_LIMIT],
            purpose=said.get("purpose", ""),
            who=f"console: {asked.account.name}",
            credential=asked.account.credential,
            emergency="".join(said.get("emergency", "").split()),
        )
        try:
            if asking.purpose not in list(AccessPurpose):
                raise Refused("purpose.missing", field="purpose")
            look = await self.looks.begin(asked.session, asking)
        except BarnabusError as error:
            _log.warning("console.look-refused", code=error.code)
            return drawn(asked, self._form(asked, after, said, error))
        _log.info("console.looked", role=asked.account.role.value, made_up=look.seen.person is None)
        home = f"/cases/{look.number}"
        again = after == home or after.startswith((f"{home}?", f"{home}/"))
        return RedirectResponse(after if again and "//" not in after else home, 303)

    def _form(self, asked: Asked, after: str, said: Mapping[str, str], error: BarnabusError | None) -> Page:
        document = {
            "looks": [
                {"case_ref": look.case_ref, "number": look.number, **look.document()} for look in self._own(asked)
            ],
            "error": error.problem() if error else None,
        }
        more = {"said": said, "next": after, "purposes": list(AccessPurpose), "words_limit": WORDS_LIMIT}
        return Page("cases.html", document, more, error.row.http if error else 200)

    def _own(self, asked: Asked) -> Sequence[Look]:
        return self.looks.all(asked.session)

    async def case(self, asked: Asked) -> Page:
        """Raises `look.missing`, and what its readings raise."""
        look = await self._of(asked)
        return await asyncio.to_thread(case_pages.case, asked, look, self._owed)

    async def record(self, asked: Asked) -> Page:
        """With its proof, fetched and verified anew, if that is asked for."""
        look, said = await self._of(asked), asked.query("verify")
        position = case_pages.number(str(asked.request.path_params["position"]))
        case, proof = look.seen.case, None
        if "verify" in said and any(one.stamp.position == position for one in case.records):
            proof = await self._sources.prove(look.case_ref, position, case.receipts(position))
        return await asyncio.to_thread(case_pages.record, asked, look, proof)

    async def _of(self, asked: Asked) -> Look:
        return await self.looks.of(asked.session, case_pages.number(str(asked.request.path_params["number"])))

    async def _may_be_shut(self, case_ref: str, since: int) -> bool:
        """Has a credential been withdrawn from the case, or a bypass invoked in it? Whoever still may looks again."""

        def look() -> bool:
            shuts = (_RECORDS.c.case_ref == case_ref, _RECORDS.c.position > since)
            asked = select(_RECORDS.c.position).where(*shuts, _RECORDS.c.type.in_((WITHDRAWN_FROM, bypass.INVOKED)))
            with self._sources.view() as view, view.connect() as connection:
                return connection.execute(asked.limit(1)).first() is not None

        return await asyncio.to_thread(look)

    def _owed(self, found: Replay) -> Sequence[Mapping[str, Any]]:
        """As of the moment that is replayed: by what was said until then, each duty as it stood."""
        with self._sources.view() as view, snapshot(view) as connection:
            present = owed.folded(connection).present(self._sources.clock())
            among = owed.Among(found.at or present, closed=True, case_ref=found.look.case_ref)
            every, failing = owed.owed(connection, among, self._sources.rules)
        if code := failing.get(found.look.case_ref):
            raise BarnabusError("case.unreadable", detail=code)
        return [owed.row(one) for one in every]


def begin_again(asked: Asked) -> str:
    """Where somebody whose look is over says once more why."""
    return link("/cases", next=asked.here)
