"""What each agency's own policies ask of a case before an act."""

from contracts.codes.code import Code

CODES = {
    "suspect.no-own-case": Code(
        "A suspect under 18 has no case of its own that this agency knows.",
        "Report a concern about that child first, and name its case in data.own_case.",
        http=409,
    ),
    "suspect.unknown": Code(
        "Nobody has identified this suspect in this case.",
        "Say suspect.identify first, or check the reference.",
        http=409,
    ),
    "suspect.too-young": Code(
        "A child under criminal age is not arrested.",
        "Take protection at once, and refer the child to social services.",
        http=409,
    ),
    "suspect.in-custody": Code(
        "This suspect is in custody already.",
        "Nothing to do; a release is said first.",
        http=409,
    ),
    "suspect.not-in-custody": Code(
        "This suspect was released already, and nobody has said since that it is in custody.",
        "Check the reference; a further arrest is said first.",
        http=409,
    ),
    "measure.not-yours": Code(
        "Who orders or refuses a measure is a court; who asks for one is not.",
        "The prosecution says it on behalf of the court.",
        http=409,
    ),
    "measure.not-in-force": Code(
        "This measure was refused and not ordered against this suspect, as far as this agency knows.",
        "Check measure and suspect, or ask for the measure.",
        http=409,
    ),
    "interview.out-of-order": Code(
        "This is not the interview that comes next.",
        "Count the interviews of this child in this case that were completed.",
        http=409,
    ),
    "interview.repeat-unasked": Code(
        "A child is heard again only for a reason, by an authority.",
        "Say child-interview.request-repeat first.",
        http=409,
    ),
    "interview.authority": Code(
        "The authority for hearing a child again is not the one that says so.",
        "A court says it through on_behalf_of; a prosecutor without.",
        http=409,
    ),
    "exam.ordered-already": Code(
        "An exam of this child is ordered here or taken on, and has not ended.",
        "Wait for it, or ask to withdraw it.",
        http=409,
    ),
    "exam.not-ordered": Code(
        "Nobody has ordered an exam of this child, as far as this agency knows.",
        "Ask the prosecution or the police to order it.",
        http=409,
    ),
    "exam.no-consent": Code(
        "There is no consent to this exam.",
        "Record it first; without it, say forensic-exam.state-not-done with the reason.",
        http=409,
    ),
    "exam.reason": Code(
        "The reason does not fit: never-ordered is said exactly where no exam was ordered.",
        "See the exams of this child in this case.",
        http=409,
    ),
    "window.contradicts": Code(
        "The window does not fit the moments that are given.",
        "Give the window that they come to; exactly at a limit is inside.",
        http=409,
    ),
    "contact.not-safe": Code(
        "There is no safe contact for this child.",
        "Say safe-contact.choose first: the guardian may be the suspect.",
        http=409,
    ),
    "contact.contradicts": Code(
        "Whether a safe contact was found does not fit the contact.",
        "Say found as false exactly where none is known.",
        http=409,
    ),
    "roundtable.not-convened": Code(
        "This agency has convened no such roundtable in this case.",
        "Check data.roundtable_id.",
        http=409,
    ),
    "plan.no-needs": Code(
        "There is no assessment of needs that the plan could answer.",
        "Say needs.assess first.",
        http=409,
    ),
    "case.open": Code(
        "Something in the case is still open, so it is not closed.",
        "See what is open in the detail; finish it, decline it or close its file.",
        http=409,
    ),
    "case.closed-already": Code(
        "The case is closed already.",
        "Nothing to do.",
        http=409,
    ),
    "case.not-closed": Code(
        "The case is not closed.",
        "Nothing to do.",
        http=409,
    ),
    "case.not-registered": Code(
        "The prosecution has not registered this case.",
        "Say case.register first.",
        http=409,
    ),
    "case.not-indicted": Code(
        "There is no indictment in this case.",
        "Say investigation.decide first, or check the reference.",
        http=409,
    ),
    "register.own-file": Code(
        "What belongs to the register stands under a reference of its own.",
        "Leave case_ref out: a new one is opened.",
        http=409,
    ),
    "register.no-entry": Code(
        "The register file holds no such entry, or it was removed already.",
        "Check data.of_id and case_ref.",
        http=409,
    ),
    "register.too-long": Code(
        "An answer of the register may be relied on for 180 days at most.",
        "Choose an earlier data.expires_at.",
        http=409,
    ),
}
