"""Who has looked into a case, from the log alone; and whom a case is open to."""

from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts import bypass
from contracts.agencies import Agency
from contracts.bypass import Bypass
from contracts.catalogue.accounting import EMERGENCY, LOOKED, WITHDRAWN_FROM
from contracts.credential import Credential
from projections.case_fold import case_file, folded
from projections.case_log import CaseLog

SHOWN = frozenset({LOOKED, EMERGENCY})


def opens(credential: Credential, case: CaseLog, case_ref: str, *, emergency: bool) -> bool:
    """Does it open the case, as it stands? Who may not look cannot tell from this why not.

    `emergency`: two people vouch for it that this person looks into this case.
    """
    named = emergency or case_ref in credential.cases
    return bool(case.records) and named and credential.id not in withdrawn(case) and credential.agency not in out(case)


def withdrawn(case: CaseLog) -> frozenset[UUID]:
    """The credentials that oversight has withdrawn from this case."""
    records = (logged for logged in case.records if logged.record.type == WITHDRAWN_FROM)
    return frozenset(UUID(logged.codes["credential"]) for logged in records)


def out(case: CaseLog) -> frozenset[Agency]:
    """The agencies that a bypass keeps out of the case now."""
    around = (one.codes for one in case_file(folded(case.records)).bypasses)
    return bypass.kept_out(Bypass(bypass.conflicted(codes["conflicted"]), codes["office"]) for codes in around)


def accesses(case: CaseLog) -> list[dict[str, Any]]:
    """Each look, and each emergency, in the log's order, with stable keys."""
    return [access(logged) for logged in case.records if logged.record.type in SHOWN]


def access(logged: Logged) -> dict[str, Any]:
    """One look, or one emergency. Without `person` and `credential`, its agency's own system has said it of its own."""
    record, codes = logged.record, logged.codes
    about, by = record.data.about, codes["by"] or {"person": None, "credential": None}
    return {
        "position": logged.stamp.position,
        "logged_at": logged.stamp.logged_at.isoformat(),
        "id": str(record.id),
        "type": record.type,
        "person": by["person"],
        "agency": record.sender,
        "role": about.post.role.value if about else None,
        "credential": by["credential"],
        "purpose": codes.get("purpose"),
        "ground": codes.get("ground"),
        "emergency": str(record.id) if record.type == EMERGENCY else codes["emergency"],
        "vouched_by": (codes.get("voucher") or {}).get("person"),
        "until": codes.get("until"),
        "replayed": codes.get("replayed"),
        "opened": codes["opened"],
    }
