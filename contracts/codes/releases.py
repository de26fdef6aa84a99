"""Releases of the contracts, and the gate that holds to them."""

from contracts.codes.code import Code

CODES = {
    "release.not-found": Code(
        "There is no such release of the contracts.",
        "Name one of those listed, `now`, or a file that `barnabus contracts release` wrote.",
    ),
    "release.altered": Code(
        "A release of the contracts is not as it was released.",
        "Take its files back from the history: a release is never edited.",
        exit=1,
    ),
    "release.refused": Code(
        "The contracts cannot be released like this.",
        "Do as named above, then `barnabus contracts gate`; docs/contracts.md has every step.",
        exit=1,
    ),
    "contract.step-missing": Code(
        "A contract has changed, and no version says so.",
        "Raise it by the step named above; docs/contracts.md says where it stands.",
        exit=1,
    ),
    "contract.unsaid": Code(
        "A contract has changed, and the changelog does not say it.",
        "Name it in a line of CHANGELOG.md, under the heading of the coming version of the contracts.",
        exit=1,
    ),
    "contract.unshown": Code(
        "A field has changed, and no valid example shows it.",
        "Let the type's example in contracts/examples hold it.",
        exit=1,
    ),
    "contract.upcast-missing": Code(
        "No way leads from an older version of a type to today's.",
        "Write an upcast for it in contracts/upcasts.py.",
        exit=1,
    ),
    "contract.record-unread": Code(
        "What was said in an older version is no longer read.",
        "Mend the change, or its upcast: the log holds such records for ever.",
        exit=1,
    ),
    "contract.consumer-hurt": Code(
        "A declared consumer is hurt by a step that is to break nothing.",
        "Let its system follow and its file say so, or make the step a major one.",
        exit=1,
    ),
    "consumer.invalid": Code(
        "The file of a consumer cannot be used.",
        "Mend it at that line; docs/contracts.md says what it may say.",
    ),
}
