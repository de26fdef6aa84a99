"""The investigation phase: the crime report, suspects, the exam, interviews, measures, and what courts decide."""

from contracts.agencies import EVERYBODY, Institution
from contracts.catalogue.parties import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL, spoken_for
from contracts.entry import act, fact, seen
from contracts.events import exam, interview, investigation
from contracts.standing import Move
from contracts.tiers import LOGGED, Tier
from contracts.vocabulary.asking import Service

_COURT = spoken_for(Institution.COURT)
_BY_COURT = {"speaks_for": Institution.COURT, "sponsors": _COURT}
_CRIME, _EXAM, _INTERVIEW = (
    frozenset({service}) for service in (Service.PROSECUTION, Service.FORENSIC_EXAM, Service.CHILD_INTERVIEW)
)

CONSENT, EXAMINED = "exam-consent.recorded", "forensic-exam.completed"
BY_CONSENT = frozenset({CONSENT, EXAMINED})
"""The facts that themselves rest on consent."""

ENTRIES = (
    act(
        "crime-report.filed", investigation.CrimeReportFiled, Move.MAKE,
        seen(EOAIPL=(PROSECUTION,), EO=EVERYBODY - {POLICE}), command="crime-report.file",
        senders=frozenset({POLICE}), asked=frozenset({PROSECUTION}), told=frozenset({SOCIAL}),
        service=Service.PROSECUTION,
    ),
    act(
        "case.registered", investigation.CaseRegistered, Move.ACCEPT, "EO", command="case.register",
        services=_CRIME, senders=frozenset({PROSECUTION}), told=frozenset({POLICE, SOCIAL}),
    ),
    fact(
        "suspect.identified", investigation.SuspectIdentified, "suspect.identify",
        seen(EOL=(PROSECUTION,), EO=(OVERSIGHT,)), POLICE, told=(PROSECUTION,),
    ),
    fact(
        "suspect.arrested", investigation.SuspectArrested, "suspect.arrest",
        seen(EOL=(PROSECUTION,), EO=(SOCIAL, OVERSIGHT)), POLICE, told=(PROSECUTION, SOCIAL),
    ),
    fact(
        "suspect.released", investigation.SuspectReleased, "suspect.release", "EOS",
        POLICE, PROSECUTION, told=(SOCIAL, POLICE, PROSECUTION), sponsors=_COURT,
    ),
    fact(
        "protective-measure.changed", investigation.ProtectiveMeasureChanged, "protective-measure.change", "EOS",
        POLICE, PROSECUTION, told=(POLICE, SOCIAL, PROSECUTION), sponsors=_COURT,
    ),
    act(
        "forensic-exam.ordered", exam.ForensicExamOrdered, Move.MAKE,
        seen(EOSAI=(HEALTH,), EO=EVERYBODY), command="forensic-exam.order",
        senders=frozenset({POLICE, PROSECUTION}), asked=frozenset({HEALTH}),
        told=frozenset({POLICE, PROSECUTION, SOCIAL}), service=Service.FORENSIC_EXAM,
    ),
    fact(
        CONSENT, exam.ExamConsentRecorded, "exam-consent.record", "EO", HEALTH, told=(PROSECUTION,),
    ),
    act(
        EXAMINED, exam.ForensicExamCompleted, Move.COMPLETE,
        seen(EOP=(POLICE, PROSECUTION), EO=EVERYBODY - {HEALTH}), command="forensic-exam.complete",
        services=_EXAM, senders=frozenset({HEALTH}), told=frozenset({POLICE, PROSECUTION, SOCIAL}),
    ),
    act(
        "forensic-exam.not-done", exam.ForensicExamNotDone, Move.COMPLETE, "EO",
        command="forensic-exam.state-not-done", services=_EXAM, senders=frozenset({HEALTH, PROSECUTION}),
        told=frozenset({PROSECUTION, SOCIAL, OVERSIGHT}),
    ),
    act(
        "evidence.transferred", exam.EvidenceTransferred, Move.MAKE,
        seen(EOPL=(HEALTH,), EO=EVERYBODY - {POLICE}), command="evidence.transfer",
        senders=frozenset({POLICE}), asked=frozenset({HEALTH}), told=frozenset({PROSECUTION}),
        service=Service.FORENSIC_ANALYSIS,
    ),
    act(
        "expert-report.delivered", exam.ExpertReportDelivered, Move.COMPLETE,
        seen(EOP=(PROSECUTION,), EO=EVERYBODY - {HEALTH}), command="expert-report.deliver",
        services=frozenset({Service.FORENSIC_ANALYSIS}), senders=frozenset({HEALTH}),
        told=frozenset({PROSECUTION}), sponsors=spoken_for(Institution.FORENSICS),
    ),
    act(
        "child-interview.scheduled", interview.ChildInterviewScheduled, Move.MAKE,
        seen(EOS=(POLICE, SOCIAL, OVERSIGHT), EO=(HEALTH,)), command="child-interview.schedule",
        senders=frozenset({PROSECUTION}), asked=frozenset({POLICE, SOCIAL}), told=frozenset({POLICE, SOCIAL}),
        shown=LOGGED | {Tier.S}, service=Service.CHILD_INTERVIEW,
    ),
    act(
        "child-interview.completed", interview.ChildInterviewCompleted, Move.COMPLETE,
        seen(EOP=(PROSECUTION,), EO=EVERYBODY), command="child-interview.complete",
        services=_INTERVIEW, senders=frozenset({POLICE, PROSECUTION, SOCIAL}),
        told=frozenset({PROSECUTION, SOCIAL}), sponsors=spoken_for(Institution.SHELTER),
    ),
    fact(
        "child-interview.repeat-requested", interview.InterviewRepeatRequested, "child-interview.request-repeat", "EO",
        PROSECUTION, told=(SOCIAL,), sponsors=_COURT,
    ),
    act(
        "investigation.decided", investigation.InvestigationDecided, Move.COMPLETE, "EO",
        command="investigation.decide", services=_CRIME, senders=frozenset({PROSECUTION}),
        told=frozenset({POLICE, SOCIAL}),
    ),
    fact(
        "hearing.adjourned", investigation.HearingAdjourned, "hearing.adjourn", "EO",
        PROSECUTION, told=(SOCIAL,), **_BY_COURT,
    ),
    fact(
        "judgment.given", investigation.JudgmentGiven, "judgment.give", "EO", PROSECUTION, told=(SOCIAL,), **_BY_COURT,
    ),
    fact(
        "professional.suspected", investigation.ProfessionalSuspected, "professional.suspect", seen(EOL=(OVERSIGHT,)),
        POLICE, PROSECUTION, told=(OVERSIGHT,),
    ),
)  # fmt: skip
