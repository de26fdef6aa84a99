"""The log, and what is folded out of it."""

from contracts.codes.code import Code, Then

CODES = {
    "projections.gap": Code(
        "The log does not follow on where a read model would fold it.",
        "Nothing after that place was folded. Look with `barnabus doctor`; a log is restored with `reconcile`.",
        Then.HALT,
        503,
        1,
    ),
    "projections.stale": Code(
        "The read models were folded by another version of this software.",
        "Fold them anew: `barnabus projections rebuild`.",
        http=503,
        exit=1,
    ),
    "projections.unavailable": Code(
        "The read models cannot be read or written.",
        "Bring their database back, or BARNABUS_PROJECTIONS in order; the log has all that they hold.",
        Then.RETRY,
        503,
        1,
    ),
    "projections.missing": Code(
        "There are no read models here yet.",
        "Build them: `barnabus projections rebuild`, or keep them up to date with `barnabus projections run`.",
        http=503,
        exit=1,
    ),
    "year.refused": Code(
        "An adapter did not take what the synthetic year planned.",
        "This is a fault of the plan or of a rule: say it to the developers, with the seed.",
        http=500,
        exit=1,
    ),
    "home.not-new": Code(
        "This is played in a home of its own, and this folder is in use.",
        "Name a folder that does not exist yet with --home, or leave --home out.",
        http=409,
        exit=1,
    ),
    "log.other-kind": Code(
        "The log holds made-up cases and this gateway writes real ones, or the other way round.",
        "Give each a home of its own: BARNABUS_HOME. Made-up cases: `barnabus simulate` writes, `up` shows them.",
        Then.HALT,
        503,
        1,
    ),
    "log.moved": Code(
        "Another gateway wrote to the log.",
        "Nothing to do: this one has stepped back and the submission is tried again.",
        Then.RETRY,
        503,
    ),
    "log.unavailable": Code(
        "The log cannot be reached.",
        "Nothing is lost: acts stay recorded and are sent when it is back.",
        Then.RETRY,
        503,
        1,
    ),
    "log.damaged": Code(
        "The log does not hold together at a position.",
        "Nothing is written to it. `barnabus reconcile` says what is lost and restores it: docs/operate.md.",
        Then.HALT,
        500,
        1,
    ),
    "log.unproven": Code(
        "What stood at a position of the log cannot be proven by the evidence given.",
        "Nothing is restored behind it. Give the evidence of every agency, and any older copy of the log.",
        Then.HALT,
        500,
        1,
    ),
    "log.misconfigured": Code(
        "A stream's configuration is not what was provisioned.",
        "A missing one: `barnabus provision --streams`. A changed one: put it back as in bus/streams.py.",
        Then.HALT,
        503,
        1,
    ),
}
