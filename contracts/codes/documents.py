"""What is wrong with a document, and who may say what to whom."""

from contracts.codes.code import Code, Then

_DOCUMENT = "See contracts/schemas and contracts/examples for a document that passes."

CODES = {
    "document.not-json": Code("The document is not one JSON object in UTF-8.", _DOCUMENT),
    "document.too-large": Code(
        "The document is larger than its limit.", "Send less; limits are in docs/integrate.md.", http=413
    ),
    "document.too-deep": Code("The document is nested deeper than 32 levels.", _DOCUMENT),
    "document.duplicate-key": Code("The document names a key twice.", "Name every key once.", http=400),
    "field.missing": Code("A required field is missing.", _DOCUMENT, http=422),
    "field.unknown": Code(
        "A field is not part of this type.", "Remove it, or check its spelling and its place.", http=422
    ),
    "content.never-travels": Code(
        "This may never travel over the bus, in any tier.",
        "Keep it where it is; send a code, or a pointer and its hash.",
        http=422,
    ),
    "field.invalid": Code("A field does not fit its type.", _DOCUMENT, http=422),
    "type.unknown": Code(
        "This type is not in the catalogue.",
        "List the types with `barnabus contracts catalogue`; a gateway that is older is to be updated first.",
        Then.HALT,
        http=422,
    ),
    "version.unknown": Code(
        "This version of the type is not known here.",
        "Update this installation, then retry what is parked.",
        Then.HALT,  # of a gateway that is older than its sender: nothing becomes void for that (bus/aside.py)
        http=422,
    ),
    "sender.not-allowed": Code(
        "This agency may not send this type.", "See the type's senders in docs/catalogue.md.", http=403
    ),
    "receiver.not-allowed": Code(
        "This type may not go to this receiver.", "See the type's receivers in docs/catalogue.md.", http=403
    ),
    "receiver.none": Code("Nobody would receive this.", "Name a receiver other than yourself.", http=422),
    "receiver.twice": Code("A receiver is named twice.", "Name every receiver once.", http=422),
    "receiver.left-out": Code(
        "Somebody who must be told gets no letter.", "Send it to all whom docs/catalogue.md lists.", http=422
    ),
    "route.bypassed": Code(
        "A bypass leads around this receiver in this case.",
        "Turn to the receiver that the bypass names, or to oversight.",
        http=403,
    ),
    "receiver.not-notified": Code(
        "Somebody who must hear every act on such a handoff is neither asked nor notified.",
        "Name in data.notified whom docs/catalogue.md lists for this type.",
        http=422,
    ),
    "tier.not-allowed": Code(
        "This receiver may not see a tier that the letter holds.", "Leave those fields out for it.", http=403
    ),
    "tier.in-record": Code(
        "A record holds a field that only a sealed letter may carry.",
        "Fix the sender: records carry tiers E and O only.",
        http=403,
    ),
    "sponsor.not-allowed": Code(
        "This agency does not sponsor the institution it speaks for.",
        "See the sponsors in docs/catalogue.md.",
        http=403,
    ),
    "sponsor.missing": Code(
        "This is an institution's word, and nobody says that it is.",
        "Name the institution in on_behalf_of; only its sponsor may say it.",
        http=422,
    ),
    "service.not-offered": Code(
        "The receiver does not offer this service.", "See the services in docs/catalogue.md.", http=422
    ),
    "basis.consent": Code(
        "Consent is no legal basis for this: a report, or a protective service.",
        "Name the duty that it rests on.",
        http=422,
    ),
    "correction.not-possible": Code(
        "This field is not put right by a correction.",
        "Correct codes and moments, and what the first said of a person in the same tier; all else is said anew.",
        http=422,
    ),
    "duty.not-yours": Code("Only its owner excuses a duty.", "Name your own agency in data.owner.", http=403),
}
