"""What people call the codes of the contract; docs/glossary.md has them in all three languages.

`N_` marks a sentence for the catalogues, and leaves it as it is.
"""

from collections.abc import Mapping

from projections.lengths import Unit


def N_(sentence: str) -> str:  # noqa: N802  gettext's own name, by which its tools find what is to be translated
    return sentence


def _both(one: str, many: str) -> tuple[str, str]:
    return one, many


AGENCIES: Mapping[str, str] = {
    "police": N_("Police"),
    "prosecution": N_("Prosecution"),
    "social": N_("Centre for Social Work"),
    "health": N_("Health"),
    "oversight": N_("Oversight"),
    "keeper": N_("Keeper of duties"),
    "nobody": N_("nobody"),
}
SERVICES: Mapping[str, str] = {
    "child-protection-assessment": N_("Child protection assessment"),
    "emergency-protection": N_("Emergency protection"),
    "accompaniment": N_("Accompanying the child"),
    "welfare-check": N_("Welfare check"),
    "criminal-investigation": N_("Criminal investigation"),
    "victim-advocacy": N_("Victim advocacy"),
    "urgent-medical-care": N_("Urgent medical care"),
    "psychological-support": N_("Psychological support"),
    "review": N_("Review by oversight"),
    "screening": N_("Screening of a concern"),
    "roundtable": N_("Roundtable of agencies"),
    "case-responsibility": N_("Responsibility for the case"),
    "prosecution": N_("Criminal prosecution"),
    "forensic-exam": N_("Forensic examination"),
    "forensic-analysis": N_("Analysis of evidence"),
    "child-interview": N_("Interview of the child"),
    "therapy": N_("Therapy"),
    "clearance": N_("Clearance to work with children"),
    "content-opening": N_("Opening of content"),
    "erasure": N_("Erasure of content"),
}
URGENCIES: Mapping[str, str] = {
    "immediate": N_("Immediate"),
    "urgent": N_("Urgent"),
    "routine": N_("Routine"),
}
STAGES: Mapping[str, str] = {
    "unopened": N_("not made yet"),
    "made": N_("made"),
    "acknowledged": N_("acknowledged"),
    "accepted": N_("accepted"),
    "started": N_("started"),
    "completed": N_("completed"),
    "transferred": N_("transferred"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
    "superseded": N_("superseded"),
    "expired": N_("expired"),
}
ACTS: Mapping[str, str] = {
    **STAGES,
    "received": N_("received"),
    "decided": N_("decided"),
    "asked": N_("information asked"),
    "given": N_("information given"),
    "refused": N_("information refused"),
}
LEGS: Mapping[str, str] = {
    "received": N_("until received"),
    "acknowledged": N_("until acknowledged"),
    "decided": N_("until decided"),
    "started": N_("until started"),
    "completed": N_("until completed"),
    "information": N_("until a question is answered"),
}
LEG_STATES: Mapping[str, str] = {
    "ended": N_("ended"),
    "under-way": N_("under way"),
    "cut-off": N_("cut off"),
}
STANDINGS: Mapping[str, str] = {
    "overdue": N_("Overdue"),
    "due-soon": N_("Due soon"),
    "absent": N_("Absent"),
    "met": N_("Met"),
    "excused": N_("Excused"),
    "withdrawn": N_("Withdrawn"),
}
STATES: Mapping[str, str] = {
    "open": N_("open"),
    "due-soon": N_("due soon"),
    "breached": N_("overdue"),
    "met": N_("met"),
    "excused": N_("excused"),
    "withdrawn": N_("withdrawn"),
}
TAGS: Mapping[str, str] = {
    "V": N_("read in the source"),
    "V2": N_("read in a secondary source"),
    "K": N_("general knowledge, unchecked"),
    "D": N_("a decision of Barnabus"),
}
ROLES: Mapping[str, str] = {
    "operator": N_("operator"),
    "investigator": N_("investigator"),
    "integrator": N_("integrator"),
    "oversight": N_("oversight officer"),
}
PARTS: Mapping[str, str] = {
    "flow": N_("Flow"),
    "duties": N_("Duties"),
    "handoffs": N_("Handoffs"),
    "health": N_("Health of the system"),
    "contracts": N_("Contracts"),
}
FINDINGS: Mapping[str, str] = {
    "ok": N_("in order"),
    "warn": N_("look at it"),
    "fail": N_("failing"),
}
TIERS: Mapping[str, str] = {
    "E": N_("envelope"),
    "O": N_("outcome code"),
    "S": N_("safety facts"),
    "A": N_("coded allegation and time window"),
    "I": N_("identity"),
    "P": N_("pointer: custodian and hash, never content"),
    "L": N_("law enforcement only"),
}
UNITS: Mapping[Unit, tuple[str, str]] = {
    Unit.SECONDS: _both("%(n)s second", "%(n)s seconds"),
    Unit.MINUTES: _both("%(n)s minute", "%(n)s minutes"),
    Unit.HOURS: _both("%(n)s hour", "%(n)s hours"),
    Unit.DAYS: _both("%(n)s day", "%(n)s days"),
}
KINDS: tuple[Mapping[str, str], ...] = (
    *(AGENCIES, SERVICES, URGENCIES, STAGES, ACTS, LEGS, LEG_STATES, STANDINGS, STATES, TAGS, ROLES, PARTS, FINDINGS),
    TIERS,
)
