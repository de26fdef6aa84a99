"""Does what the keeper said follow from the log? Reckoned again from what each notice says it went by; pure.

Keeper and check use one fold, so what this finds is a notice that was forged or altered, a protocol that was changed
under its own name, or a keeper that runs another version of this code.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from contracts.agencies import Agency
from contracts.catalogue.accounting import BREACHED, DUE_SOON, ESCALATED, KEPT_OPEN, MET, OPENED, WITHDRAWN
from contracts.dated import Dated
from contracts.duties import KeptOpen, fold, kept_open
from contracts.duties.duty import Duty, State
from contracts.duties.notices import about, same
from contracts.protocol import Protocol


def disagreements(dated: Collection[Dated], protocol: Protocol, after: int = 0) -> Iterator[Dated]:
    """The keeper's notices of a case behind a position in the log that do not follow from it."""
    own = (one for one in dated if one.by is Agency.KEEPER and one.said.position > after)
    for (position, at), notices in groupby(sorted(own, key=_went_by), _went_by):
        known = [one for one in dated if one.said.position <= position and one.at <= at]
        duties, void = fold(known, protocol, at), kept_open(known, protocol, at)
        yield from (one for one in notices if one.at < at or not _follows(one, duties, void))  # nobody knows what comes


def _went_by(notice: Dated) -> tuple[int, datetime]:
    return int(notice.said.codes["position"]), notice.clocks.occurred


def _follows(notice: Dated, duties: Collection[Duty], void: Collection[KeptOpen]) -> bool:
    codes = notice.said.codes
    if notice.said.type == KEPT_OPEN:
        closing = next((one for one in void if str(one.closing.said.id) == codes["closing_id"]), None)
        return closing is not None and codes["open"] == len(closing.duties)
    of_it = {name: codes[name] for name in ("rule", "trigger_id", "trigger_by", "owner")}
    duty = next((one for one in duties if about(one) == of_it), None)
    return duty is not None and codes["version"] == duty.version and _is_so(notice, duty)


def _is_so(notice: Dated, duty: Duty) -> bool:
    codes, ended_by = notice.said.codes, str(duty.ending.record_id) if duty.ending else None
    due_at = duty.due_at.isoformat() if duty.due_at else None
    holds = {
        OPENED: duty.owed and same(codes.get("due_at"), due_at),
        DUE_SOON: duty.state is State.DUE_SOON and same(codes.get("due_at"), due_at),
        BREACHED: duty.missed and same(codes.get("due_at"), due_at),
        ESCALATED: duty.owed and duty.past is not None and duty.past >= timedelta(hours=codes.get("after_hours", 0)),
        MET: duty.state is State.MET and ended_by == codes.get("met_by") and duty.on_time == codes.get("on_time"),
        WITHDRAWN: duty.state is State.WITHDRAWN and ended_by == codes.get("withdrawn_by"),
    }
    return holds[notice.said.type]
