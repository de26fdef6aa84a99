"""What an agency opens of its letters to an investigator, and what that proves."""

from contracts.codes.code import Code

CODES = {
    "content.not-vouched": Code(
        "The credential is another agency's, or does not name this case.",
        "Use the credential with which oversight lets this agency's investigator into this case.",
        http=403,
    ),
    "content.not-asked": Code(
        "Nobody asked for this to be opened.",
        "Open records and fields that `content.asked` names; whoever needs others asks anew.",
        http=409,
    ),
    "content.not-held": Code(
        "This agency has no letter that came with such a record in this case.",
        "Name another record; if none is held, say content.refuse with not-held.",
        http=404,
    ),
    "content.parked": Code(
        "The letter is parked: nobody here has read it.",
        "Mend what keeps it (`barnabus parked list`), then open it; or open the others.",
        http=409,
    ),
    "content.erased": Code(
        "What the letter said was erased here.",
        "Open the others; if nothing is left, say content.refuse with erased.",
        http=410,
    ),
    "content.other-person": Code(
        "The letter concerns another person than the asking, and would escape that person's erasure.",
        "Ask for letters of one person at a time.",
        http=409,
    ),
    "content.no-such-field": Code(
        "The letter has no such field.", "What it has is told with content.asked, in `opening.letters`.", http=422
    ),
    "content.too-large": Code(
        "What is to be opened does not fit into one letter.",
        "Open fewer records, or fewer of their fields; the rest can be asked for anew.",
        http=413,
    ),
    "content.not-opened": Code(
        "Nothing is opened to this asking here, or nothing yet.",
        "`barnabus content list` shows how far each asking is.",
        http=404,
        exit=1,
    ),
    "content.unproven": Code(
        "What was opened does not agree with what the log has, so nothing of it is shown.",
        "Ask anew, and tell oversight: somebody between the first sender and you has altered or exchanged it.",
        http=409,
        exit=1,
    ),
}
