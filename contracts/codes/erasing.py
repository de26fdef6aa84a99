"""What keeps content from being erased, and what is wrong with a file of retention periods."""

from contracts.codes.code import Code

CODES = {
    "erasure.nothing": Code(
        "This agency keeps no such content in this case.",
        "Check case, person and types; what was erased once is not erased again.",
        http=404,
    ),
    "erasure.parked": Code(
        "Letters of this case are parked: what they say is not known yet.",
        "Take them in with `barnabus parked retry`, or give them up with `barnabus parked set-aside`; then erase.",
        http=409,
    ),
    "erasure.held": Code(
        "The case is under a hold: nothing of it is erased.",
        "See `barnabus retention holds`; whoever set the hold lifts it.",
        http=409,
    ),
    "erasure.too-early": Code(
        "The case is open, or something is still owed in it: no period has begun.",
        "Wait for its end; what must go before that goes by another authority.",
        http=409,
    ),
    "erasure.too-many": Code(
        "More records would be erased at once than one entry of the log can name.",
        "Name types with --type, and erase in several steps.",
        http=409,
    ),
    "retention.invalid": Code(
        "A file of retention periods cannot be used.",
        "Mend it at the place that is named; docs/operate.md says what it may hold.",
    ),
}
