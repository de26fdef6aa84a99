"""Who may look into a case, and that it is written down first."""

from contracts.codes.code import Code

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
}
