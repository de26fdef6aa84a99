"""The web console: who may come in, and what may be shown to whom."""

from contracts.codes.code import Code, Then

CODES = {
    "accounts.none": Code(
        "Nobody has an account of the console yet.",
        "Make one: `barnabus console accounts add NAME --role operator`.",
        exit=1,
    ),
    "accounts.damaged": Code(
        "The file of the console's accounts cannot be read.",
        "Put it back from a backup, or move it away and make the accounts anew.",
        http=503,
        exit=1,
    ),
    "accounts.exposed": Code(
        "The file of the console's accounts can be read by others.",
        "chmod go= on it, and give every account a new password.",
        http=503,
        exit=1,
    ),
    "account.exists": Code("There is an account of this name.", "Choose another name, or remove that one first."),
    "account.unknown": Code("There is no account of this name.", "See `barnabus console accounts list`."),
    "account.name-invalid": Code(
        "This cannot be the name of an account.",
        "Write 1 to 40 of a-z, 0-9, dot, hyphen and underscore; it begins with a letter.",
    ),
    "account.without-cases": Code(
        "An account of this role looks into no case.",
        "Give a credential to accounts of investigators and of oversight alone.",
    ),
    "password.unfit": Code(
        "This password is too short or too long.", "Take 12 to 200 characters: a few words that belong together to you."
    ),
    "sign-in.refused": Code(
        "Name and password do not belong together.", "Try again, or ask who keeps the accounts.", http=401
    ),
    "sign-in.too-many": Code(
        "Too many tries to sign in.", "Wait a quarter of an hour, and try again.", Then.RETRY, 429, 1
    ),
    "session.missing": Code("Nobody is signed in.", "Sign in.", http=401),
    "form.stale": Code(
        "This form was not made for you, or too long ago.", "Open the page anew, and send it again.", http=403
    ),
    "look.missing": Code(
        "No look into this case is under way here.",
        "Say which case and why. A look is over after half an hour, or when the case may have been closed to you.",
        http=403,
    ),
    "record.not-found": Code("The case has no record at this position.", "Take a position out of its list.", http=404),
    "case.too-long": Code(
        "This case has more records than it is reckoned what is owed of.",
        "Look into it by hand, and into who said so much in it.",
        http=503,
        exit=1,
    ),
    "case.unreadable": Code(
        "Of this case it cannot be reckoned what is owed.",
        "See `barnabus projections status`; tell whoever runs this installation the code.",
        http=503,
        exit=1,
    ),
    "role.not-allowed": Code(
        "This page is not for your role.", "Ask whoever keeps the accounts which role your work needs.", http=403
    ),
}
