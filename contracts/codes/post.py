"""Accounts, signatures, chains, and what becomes of letters."""

from contracts.codes.code import Code, Then

_KEYS = "Compare the agency's key files with the signed directory; run `barnabus doctor`."
_CHAIN = "Stop: do not edit the store. Compare store and log with `barnabus doctor` before going on."

CODES = {
    "account.mismatch": Code(
        "The account, the sender and the signing key do not belong together.", _KEYS, Then.HALT, 403
    ),
    "signature.invalid": Code("The signature does not verify.", _KEYS, Then.HALT, 403),
    "key.unknown": Code("The directory has no such key for this agency.", _KEYS, Then.HALT, 403),
    "key.ended": Code(
        "The key that signed this had ended by then.",
        "Nothing, if a newer key is in its place: it is signed anew. Else a new one: `barnabus keys rotate`.",
        Then.HALT,
        403,
    ),
    "directory.invalid": Code(
        "The directory of public keys is missing or not signed by the root.",
        "Provision this home, or restore its directory.",
        Then.HALT,
        503,
        1,
    ),
    "digest.mismatch": Code(
        "A letter is not the one its record names.",
        "The bytes were altered on their way; they are asked for again.",
        Then.HALT,
    ),
    "content.unreadable": Code(
        "A sealed letter cannot be opened with this agency's key.",
        "Restore the sealing key, then `barnabus parked retry`. Lost: `barnabus recover AGENCY --new-sealing-key`.",
        Then.HALT,
    ),
    "chain.forked": Code("The same number was already used for other bytes.", _CHAIN, Then.HALT, 409),
    "chain.gap": Code("Numbers are missing before this one.", _CHAIN, Then.HALT, 409),
    "chain.broken": Code("The digest of the one before does not fit.", _CHAIN, Then.HALT, 409),
    "record.id-reused": Code("The sender has used this record's id before.", _CHAIN, Then.HALT, 409),
    "receipt.out-of-place": Code("A receipt does not follow on the last receipt of its link.", _CHAIN, Then.HALT, 409),
    "letter.after-parked": Code(
        "An earlier letter of its sender in this case is parked.",
        "Clear the earlier letter or set it aside, then `barnabus parked retry`.",
    ),
    "letter.awaited": Code(
        "It says again an earlier letter that is not here yet.",
        "Nothing to do: it is taken in once that one has come, which has been asked for.",
    ),
    "letter.not-said": Code(
        "It speaks of what this sender has not said like that, or not to this receiver.",
        "Fix the sender: of whom, to whom, about which case and in which tiers is as it was the first time.",
        http=409,
    ),
    "letter.failed": Code(
        "The letter could not be handled after the bounded number of tries.",
        "Read the process log for this letter id, mend the cause, then `barnabus parked retry`.",
    ),
}
