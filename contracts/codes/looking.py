"""Who may look into a case, and that it is written down first."""

from contracts.codes.code import Code, Then

CODES = {
    "credential.invalid": Code(
        "This is no credential that oversight signed.",
        "Ask oversight for one, and hand over its file as it is.",
        http=403,
        exit=1,
    ),
    "credential.ended": Code(
        "This credential is not good now.",
        "Ask oversight for a new one.",
        http=403,
        exit=1,
    ),
    "credential.missing": Code(
        "A credential is needed to read a case.",
        "Name its file with --credential or BARNABUS_CREDENTIAL; oversight gives one out: `barnabus access grant`.",
        http=403,
    ),
    "credential.without-key": Code(
        "The private key of this credential is not beside it.",
        "Keep a credential in the folder in which it was given out. Lost: ask oversight for a new one.",
        http=403,
        exit=1,
    ),
    "credential.not-for-case": Code(
        "This credential opens no case of this reference.",
        "Check the reference. What a credential opens, and whether it still does, oversight alone says.",
        http=403,
        exit=1,
    ),
    "oversight.missing": Code(
        "Only oversight gives out credentials, and its signing key is not here.",
        "Run this where the keys of oversight are.",
        http=403,
        exit=1,
    ),
    "access.unrecorded": Code(
        "That somebody looks could not be logged, so nothing is shown.",
        "Bring back what is named above (`barnabus doctor` shows what does not run), and ask again.",
        Then.RETRY,
        503,
        1,
    ),
    "vouching.invalid": Code(
        "This is no emergency that two people have signed.",
        "Ask with `barnabus access emergency`; let another person `barnabus access vouch` for that file as it is.",
        http=403,
        exit=1,
    ),
    "vouching.own": Code(
        "Nobody vouches for themselves.",
        "Let another person vouch, with a credential of their own.",
        http=403,
        exit=1,
    ),
    "vouching.ended": Code(
        "The time for this emergency is over.",
        "If there still is one, ask anew: `barnabus access emergency`.",
        http=403,
        exit=1,
    ),
}
