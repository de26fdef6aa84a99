"""The ways in and out of an adapter: HTTP, tokens, feed, webhooks."""

from contracts.codes.code import Code, Then

CODES = {
    "token.invalid": Code(
        "No token was given, or none that is known here.",
        "Send `Authorization: Bearer TOKEN`; `barnabus systems add AGENCY NAME` makes one.",
        http=401,
    ),
    "token.out-of-scope": Code(
        "This system's token is not for that.",
        "`barnabus systems list AGENCY` shows what each system may send and hear.",
        http=403,
    ),
    "media.unsupported": Code(
        "The body is of a kind that is not taken here.",
        "Send application/json or application/cloudevents+json, in UTF-8: docs/integrate.md.",
        http=415,
    ),
    "path.unknown": Code("There is nothing at this path.", "GET /openapi.json describes what there is.", http=404),
    "method.not-allowed": Code(
        "This path does not take this method.", "GET /openapi.json describes what there is.", http=405
    ),
    "request.too-slow": Code(
        "The request did not arrive within its time.", "Send it again, with the same id.", Then.RETRY, 408
    ),
    "requests.too-many": Code(
        "Too many requests or streams are open at once.",
        "Wait, and ask again; limits are in docs/integrate.md.",
        Then.RETRY,
        429,
    ),
    "feed.ahead": Code(
        "The feed does not go so far: this agency's store was put back to an older copy.",
        "Ask again from `after=0`; what you have had already, you know by its id.",
        http=409,
    ),
    "system.known": Code(
        "There is a system of this name already.", "Take another name, or remove that one first.", http=409
    ),
    "system.unknown": Code("There is no such system.", "List them with `barnabus systems list AGENCY`.", http=404),
    "systems.too-many": Code("There are as many systems as there may be.", "Remove one first.", http=409),
    "webhook.invalid": Code(
        "This webhook cannot be used.",
        "Give an address that begins with https, and a file with its signing secret that its owner alone can read.",
    ),
    "webhook.unreachable": Code(
        "The system's webhook could not be reached.",
        "It is tried again, each time later. Then parked: `barnabus systems failed AGENCY`.",
        Then.RETRY,
        504,
        1,
    ),
    "webhook.untrusted": Code(
        "The system's webhook could not prove who it is.",
        "Mend its certificate: who vouches for it must be known to this machine.",
        Then.RETRY,
        502,
        1,
    ),
    "webhook.refused": Code(
        "The system's webhook answered with a refusal.",
        "Look up the number of the answer, and see the log of that system.",
        Then.RETRY,
        502,
        1,
    ),
    "webhook.not-parked": Code(
        "Nothing of this id is parked.", "List it with `barnabus systems failed AGENCY`.", http=404, exit=1
    ),
}
