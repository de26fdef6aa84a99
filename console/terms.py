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
YES, NO = N_("yes"), N_("no")
PURPOSES: Mapping[str, str] = {
    "case-work": N_("work on the case"),
    "supervision": N_("supervision"),
    "inspection": N_("inspection"),
    "complaint": N_("a complaint"),
    "court-request": N_("a court's request"),
}
POSTS: Mapping[str, str] = {
    "duty-officer": N_("duty officer"),
    "investigator": N_("investigator"),
    "case-manager": N_("case manager"),
    "supervisor": N_("supervisor"),
    "prosecutor": N_("prosecutor"),
    "victim-advocate": N_("victim advocate"),
    "clinician": N_("clinician"),
    "inspector": N_("inspector"),
    "records-system": N_("records system"),
}
"""The role in which somebody acts."""
GROUNDS: Mapping[str, str] = {
    "danger-to-life": N_("danger to life"),
    "child-missing": N_("a child is missing"),
    "suspect-at-large": N_("a suspect is at large"),
}
REPLAYS: Mapping[str, str] = {
    "log": N_("all events"),
    "state": N_("what it had come to"),
    "timeline": N_("cause and effect"),
    "accesses": N_("who had looked"),
    "content": N_("what letters said"),
}
VIEWS: Mapping[str, str] = {
    "handoffs": N_("Handoffs"),
    "lanes": N_("Lanes"),
    "records": N_("Every record"),
    "causes": N_("Cause and effect"),
    "knowledge": N_("What it knew"),
    "duties": N_("Duties"),
    "accesses": N_("Who has looked"),
}
PHASES: Mapping[str, str] = {
    "intervention": N_("intervention"),
    "investigation": N_("investigation"),
    "reintegration": N_("reintegration"),
}
CLOCKS: Mapping[str, str] = {
    "occurred": N_("occurred"),
    "known": N_("known"),
    "received": N_("received"),
    "recorded": N_("recorded"),
}
PERSONS: Mapping[str, str] = {"child": N_("child"), "suspect": N_("suspect")}
PERSON_FACTS: Mapping[str, str] = {
    "safe_contact": N_("a safe contact was found"),
    "missing_since": N_("missing since"),
    "victim_advocate": N_("victim advocate"),
    "case_manager": N_("case manager"),
    "exam": N_("forensic examination"),
    "interviews": N_("interviews"),
    "first_protected": N_("first protected"),
    "first_cared_for": N_("first cared for"),
    "age": N_("age"),
    "custody": N_("custody"),
    "custody_since": N_("custody since"),
    "measures": N_("protective measures"),
    "verdict": N_("verdict"),
}
MOMENTS = frozenset({"missing_since", "first_protected", "first_cared_for", "custody_since"})
"""Of these facts."""
VOIDS: Mapping[str, str] = {
    "not-a-party": N_("Whoever said it is no party to this handoff."),
    "not-yours": N_("It was the other party's act to do."),
    "not-made": N_("No such handoff had been made."),
    "already-made": N_("The handoff had been made already."),
    "already-acknowledged": N_("It had been acknowledged already."),
    "not-accepted": N_("Nobody had accepted it yet."),
    "already-accepted": N_("It had been accepted already."),
    "already-started": N_("It had been started already."),
    "already-completed": N_("It had been completed already."),
    "already-transferred": N_("The case had been taken over already."),
    "already-declined": N_("It had been declined already."),
    "already-withdrawn": N_("It had been withdrawn already."),
    "already-superseded": N_("Another had taken its place already."),
    "already-expired": N_("It had expired already."),
    "not-expired": N_("Its time was not over yet."),
    "withdrawal-not-asked": N_("Nobody had asked for its withdrawal."),
    "withdrawal-already-asked": N_("Its withdrawal had been asked for already."),
    "not-asked": N_("No such question was open to whoever answered."),
    "refused-by-gateway": N_("The gateway could not log it."),
}
CHECKS: Mapping[str, str] = {
    "there": N_("The record is in the log"),
    "record": N_("Its sender signed it"),
    "stamp": N_("A gateway stamped it"),
    "place": N_("The stamp is of these bytes at this place"),
    "chain": N_("It follows its sender's record before"),
    "receipt": N_("A receiver signed for its letter"),
}
REFUSALS: Mapping[str, str] = {
    "purpose.missing": N_("Say what for, as a code and in your own words."),
    "field.invalid": N_("This is no case reference, or it is mistyped."),
    "credential.missing": N_(
        "Your account has no credential. Ask oversight for one, and whoever keeps the accounts to add it."
    ),
    "credential.invalid": N_("Your account's credential is none that oversight signed."),
    "credential.ended": N_("Your credential has ended. Ask oversight for a new one."),
    "credential.not-for-case": N_("Your credential opens no case of this reference."),
    "access.unrecorded": N_("That you look could not be logged, so nothing is shown. Try again in a moment."),
    "purpose.unrecorded": N_("That you look could not be written down, so nothing is shown."),
    "case.not-found": N_("The log holds no such case."),
    "vouching.invalid": N_("This is no emergency that two people have signed."),
    "vouching.own": N_("Nobody vouches for themselves."),
    "vouching.ended": N_("The time for this emergency is over."),
    "log.damaged": N_("The log does not hold here, so nothing is shown. Tell whoever runs this installation."),
}
AGENCIES_SHORT: Mapping[str, str] = {**AGENCIES, "social": N_("Social work"), "keeper": N_("Keeper")}
"""Above a lane."""
CONTRACTS_BREAK_FOR: Mapping[str, str] = {
    **AGENCIES,
    "log": N_("whoever reads the log"),
    "system": N_("every agency's own system"),
}
PARTS: Mapping[str, str] = {
    "flow": N_("Flow"),
    "duties": N_("Duties"),
    "handoffs": N_("Handoffs"),
    "parked": N_("Parked"),
    "cases": N_("Cases"),
    "accesses": N_("Access log"),
    "health": N_("Health of the system"),
    "contracts": N_("Contracts"),
}
FINDINGS: Mapping[str, str] = {
    "ok": N_("in order"),
    "warn": N_("look at it"),
    "fail": N_("failing"),
}
GROUPS: Mapping[str, str] = {
    "home": N_("This machine"),
    "processes": N_("Processes"),
    "log": N_("Log and posts"),
    "clocks": N_("Clocks"),
    "keys": N_("Keys and certificates"),
    "stores": N_("Stores"),
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
    *(
        TIERS,
        GROUPS,
        PURPOSES,
        POSTS,
        GROUNDS,
        REPLAYS,
        VIEWS,
        PHASES,
        CLOCKS,
        PERSONS,
        PERSON_FACTS,
        VOIDS,
        CHECKS,
        REFUSALS,
    ),
    AGENCIES_SHORT,
    CONTRACTS_BREAK_FOR,
)
