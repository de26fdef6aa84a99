"""What an agency's adapter decides by the law of a handoff, and by what it knows of the case."""

from contracts.codes.code import Code

CODES = {
    "command.id-reused": Code(
        "This id was used for a different command.", "Use a new id for every new command.", http=409
    ),
    "case.mismatch": Code(
        "The handoff belongs to another case.",
        "In a command: check the reference, or leave it out. In a parked letter: its sender is at fault, tell it.",
        http=409,
    ),
    "case.not-found": Code("The log holds no such case.", "Check the reference.", http=404, exit=1),
    "handoff.unknown": Code(
        "This agency holds no such handoff.", "Check `data.handoff_id`: the id of the act that made it.", http=404
    ),
    "handoff.void": Code(
        "The handoff's standing does not allow this act.",
        "Look at the standing with `barnabus inbox`; see docs/handoff.md.",
        http=409,
    ),
    "handoff.open": Code(
        "The handoff has not ended, so its file is not closed.",
        "Wait for its end, ask to withdraw it, or, while nobody has taken it on, supersede it or let it expire.",
        http=409,
    ),
    "handoff.closed": Code("The handoff's file is closed already.", "Nothing to do.", http=409),
    "handoff.not-begun": Code(
        "What was done had begun: its start is not recorded.",
        "Record the start first, with when it began; what was not done needs none.",
        http=409,
    ),
    "handoff.other-course": Code(
        "This act does not belong to such a handoff.",
        "See the acts of services, concerns and transfers in docs/catalogue.md.",
        http=409,
    ),
    "handoff.other-person": Code(
        "The handoff is about another person.",
        "Check data.concerns and data.handoff_id; what was done for another child is said on its own handoff.",
        http=409,
    ),
    "transfer.not-yours": Code(
        "The case is not this agency's to give: it has offered or given it away already.",
        "Wait for the answer, ask to withdraw, or have it transferred back.",
        http=409,
    ),
    "case.not-held": Code(
        "This agency does not hold the case, or a receiver does not.",
        "Only who holds a case may lead around somebody in it or tie it to another.",
        http=403,
    ),
    "danger.unstated": Code("An immediate referral does not say what the danger is.", "Fill in data.safety.", http=422),
    "post.not-named": Code(
        "An act that takes or refuses responsibility names no office.", "Fill in post.office.", http=422
    ),
    "post.not-entitled": Code("This post may not do this act.", "See who may in the agency's README.", http=403),
}
