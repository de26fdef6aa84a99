"""Every refusal and failure that an agency, an operator or a process can meet, each with a stable code.

A code is part of the contract: it is never renamed and never reused. The table says what happened, what to do
next, and what a relay does with a submission that was refused with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Then(StrEnum):
    """What follows when a gateway refuses a submission with a code."""

    VOID = "void"  # the act can never be logged: its number is freed by `submission.refused`
    RETRY = "retry"  # the same bytes may go through later
    HALT = "halt"  # chain or keys do not fit: sending on would hide the fault, so the relay waits and alarms


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table. `http` is the status of its problem document (RFC 9457), `exit` the command's exit code."""

    message: str
    hint: str
    then: Then = Then.VOID
    http: int = 400
    exit: int = 2


_DOCUMENT = "See contracts/schemas and contracts/examples for a document that passes."
_KEYS = "Compare the agency's key files with the signed directory; run `barnabus doctor`."
_CHAIN = "Stop: do not edit the store. Compare store and log with `barnabus doctor` before going on."

CODES: Mapping[str, Code] = MappingProxyType(
    {
        # documents
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
            Then.HALT,  # of a gateway that is older than its sender: nothing becomes void for that
            http=422,
        ),
        # who may say what to whom
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
        # the agency's own decision
        "command.id-reused": Code(
            "This id was used for a different command.", "Use a new id for every new command.", http=409
        ),
        "case.mismatch": Code(
            "The handoff belongs to another case.",
            "In a command: check the reference, or leave it out. In a parked letter: its sender is at fault, tell it.",
            http=409,
        ),
        "case.not-found": Code("The log holds no such case.", "Check the reference.", http=404, exit=1),
        "handoff.unknown": Code(
            "This agency holds no such handoff.", "Check `data.handoff_id`: the id of the act that made it.", http=404
        ),
        "handoff.void": Code(
            "The handoff's standing does not allow this act.",
            "Look at the standing with `barnabus inbox`; see docs/handoff.md.",
            http=409,
        ),
        "handoff.open": Code(
            "The handoff has not ended, so its file is not closed.",
            "Wait for its end, ask to withdraw it, or, while nobody has taken it on, supersede it or let it expire.",
            http=409,
        ),
        "handoff.closed": Code("The handoff's file is closed already.", "Nothing to do.", http=409),
        "handoff.not-begun": Code(
            "What was done had begun: its start is not recorded.",
            "Record the start first, with when it began; what was not done needs none.",
            http=409,
        ),
        "handoff.other-course": Code(
            "This act does not belong to such a handoff.",
            "See the acts of services, concerns and transfers in docs/catalogue.md.",
            http=409,
        ),
        "handoff.other-person": Code(
            "The handoff is about another person.",
            "Check data.concerns and data.handoff_id; what was done for another child is said on its own handoff.",
            http=409,
        ),
        "transfer.not-yours": Code(
            "The case is not this agency's to give: it has offered or given it away already.",
            "Wait for the answer, ask to withdraw, or have it transferred back.",
            http=409,
        ),
        "case.not-held": Code(
            "This agency does not hold the case, or a receiver does not.",
            "Only who holds a case may lead around somebody in it or tie it to another.",
            http=403,
        ),
        "danger.unstated": Code(
            "An immediate referral does not say what the danger is.", "Fill in data.safety.", http=422
        ),
        "post.not-named": Code(
            "An act that takes or refuses responsibility names no office.", "Fill in post.office.", http=422
        ),
        "post.not-entitled": Code("This post may not do this act.", "See who may in the agency's README.", http=403),
        # each agency's own policies
        "suspect.no-own-case": Code(
            "A suspect under 18 has no case of its own that this agency knows.",
            "Report a concern about that child first, and name its case in data.own_case.",
            http=409,
        ),
        "suspect.unknown": Code(
            "Nobody has identified this suspect in this case.",
            "Say suspect.identify first, or check the reference.",
            http=409,
        ),
        "suspect.too-young": Code(
            "A child under criminal age is not arrested.",
            "Take protection at once, and refer the child to social services.",
            http=409,
        ),
        "suspect.in-custody": Code(
            "This suspect is in custody already.",
            "Nothing to do; a release is said first.",
            http=409,
        ),
        "suspect.not-in-custody": Code(
            "This suspect was released already, and nobody has said since that it is in custody.",
            "Check the reference; a further arrest is said first.",
            http=409,
        ),
        "measure.not-yours": Code(
            "Who orders or refuses a measure is a court; who asks for one is not.",
            "The prosecution says it on behalf of the court.",
            http=409,
        ),
        "measure.not-in-force": Code(
            "This measure was refused and not ordered against this suspect, as far as this agency knows.",
            "Check measure and suspect, or ask for the measure.",
            http=409,
        ),
        "interview.out-of-order": Code(
            "This is not the interview that comes next.",
            "Count the interviews of this child in this case that were completed.",
            http=409,
        ),
        "interview.repeat-unasked": Code(
            "A child is heard again only for a reason, by an authority.",
            "Say child-interview.request-repeat first.",
            http=409,
        ),
        "interview.authority": Code(
            "The authority for hearing a child again is not the one that says so.",
            "A court says it through on_behalf_of; a prosecutor without.",
            http=409,
        ),
        "exam.ordered-already": Code(
            "An exam of this child is ordered here or taken on, and has not ended.",
            "Wait for it, or ask to withdraw it.",
            http=409,
        ),
        "exam.not-ordered": Code(
            "Nobody has ordered an exam of this child, as far as this agency knows.",
            "Ask the prosecution or the police to order it.",
            http=409,
        ),
        "exam.no-consent": Code(
            "There is no consent to this exam.",
            "Record it first; without it, say forensic-exam.state-not-done with the reason.",
            http=409,
        ),
        "exam.reason": Code(
            "The reason does not fit: never-ordered is said exactly where no exam was ordered.",
            "See the exams of this child in this case.",
            http=409,
        ),
        "window.contradicts": Code(
            "The window does not fit the moments that are given.",
            "Give the window that they come to; exactly at a limit is inside.",
            http=409,
        ),
        "contact.not-safe": Code(
            "There is no safe contact for this child.",
            "Say safe-contact.choose first: the guardian may be the suspect.",
            http=409,
        ),
        "contact.contradicts": Code(
            "Whether a safe contact was found does not fit the contact.",
            "Say found as false exactly where none is known.",
            http=409,
        ),
        "roundtable.not-convened": Code(
            "This agency has convened no such roundtable in this case.",
            "Check data.roundtable_id.",
            http=409,
        ),
        "plan.no-needs": Code(
            "There is no assessment of needs that the plan could answer.",
            "Say needs.assess first.",
            http=409,
        ),
        "case.open": Code(
            "Something in the case is still open, so it is not closed.",
            "See what is open in the detail; finish it, decline it or close its file.",
            http=409,
        ),
        "case.closed-already": Code(
            "The case is closed already.",
            "Nothing to do.",
            http=409,
        ),
        "case.not-closed": Code(
            "The case is not closed.",
            "Nothing to do.",
            http=409,
        ),
        "case.not-registered": Code(
            "The prosecution has not registered this case.",
            "Say case.register first.",
            http=409,
        ),
        "case.not-indicted": Code(
            "There is no indictment in this case.",
            "Say investigation.decide first, or check the reference.",
            http=409,
        ),
        "register.own-file": Code(
            "What belongs to the register stands under a reference of its own.",
            "Leave case_ref out: a new one is opened.",
            http=409,
        ),
        "register.no-entry": Code(
            "The register file holds no such entry, or it was removed already.",
            "Check data.of_id and case_ref.",
            http=409,
        ),
        "register.too-long": Code(
            "An answer of the register may be relied on for 180 days at most.",
            "Choose an earlier data.expires_at.",
            http=409,
        ),
        "store.full": Code(
            "The agency's store cannot be written.", "Free disk space; nothing was recorded.", Then.RETRY, 507, 1
        ),
        "store.unavailable": Code(
            "The agency's store cannot be reached.",
            "Bring its database back; then send the command again with the same id: it is recorded once.",
            Then.RETRY,
            503,
            1,
        ),
        "store.unsafe": Code(
            "The agency's database would lose what it has confirmed.",
            "Turn fsync and full_page_writes on: an act that was answered must be on the disk.",
            Then.HALT,
            503,
            1,
        ),
        # HTTP, and the systems that come that way
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
        # the post
        "account.mismatch": Code(
            "The account, the sender and the signing key do not belong together.", _KEYS, Then.HALT, 403
        ),
        "signature.invalid": Code("The signature does not verify.", _KEYS, Then.HALT, 403),
        "key.unknown": Code("The directory has no such key for this agency.", _KEYS, Then.HALT, 403),
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
        "receipt.out-of-place": Code(
            "A receipt does not follow on the last receipt of its link.", _CHAIN, Then.HALT, 409
        ),
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
        # running it
        "nats.missing": Code(
            "No nats-server binary was found.", "Run `make setup`, or put nats-server on the PATH.", Then.RETRY, 503, 1
        ),
        "nats.failed": Code(
            "The nats-server did not start.", "Read the server's log, named above.", Then.RETRY, 503, 1
        ),
        "nats.unreachable": Code(
            "NATS does not answer.", "Start it with `barnabus up`, or set BARNABUS_NATS_URL.", Then.RETRY, 503, 1
        ),
        "adapter.unreachable": Code(
            "The agency's adapter does not answer.",
            "Start it with `barnabus up` or `barnabus adapter AGENCY`.",
            Then.RETRY,
            503,
            1,
        ),
        "adapter.behind": Code(
            "The agency's store is behind the log, so it takes no commands.",
            "It was restored from a backup. Stop its adapter, then `barnabus recover AGENCY`: docs/operate.md.",
            Then.HALT,
            503,
            1,
        ),
        "key.lost": Code(
            "The private key to which letters for this agency are sealed is not in its home.",
            "Put it back from its backup, or `barnabus recover AGENCY --new-sealing-key`: docs/operate.md.",
            exit=1,
        ),
        "root.missing": Code(
            "The root key that signs the directory of this home is not here.",
            "Put it back as keys/root/root.jwk for this one command, and take it off the machine again.",
            exit=1,
        ),
        "home.missing": Code(
            "This folder is no home of Barnabus.", "Run `barnabus provision`, or set BARNABUS_HOME.", exit=1
        ),
        "home.provisioned": Code(
            "This folder is a home already.", "Use it as it is, or name another with BARNABUS_HOME.", exit=1
        ),
        "setting.invalid": Code(
            "A setting of the environment cannot be used.", "See what it may be in docs/operate.md.", exit=1
        ),
        "protocol.invalid": Code(
            "The protocol of duties and time limits cannot be used.",
            "Mend the file at that line; docs/protocol.md says what a rule may say.",
            exit=1,
        ),
        "alarms.invalid": Code(
            "The file that says whom alarms reach cannot be used.",
            "Mend it at that line, and name it in BARNABUS_ALARMS; docs/alarms.md says what it may say.",
            exit=1,
        ),
        "alarm.nobody": Code(
            "The file that says whom alarms reach names nobody there.",
            "Name somebody in it, restart what carries alarms, then `barnabus alarms retry`.",
            http=404,
            exit=1,
        ),
        "alarm.unreachable": Code(
            "Whom an alarm was for could not be reached.",
            "It is tried again for a day. Compare the address with the file that BARNABUS_ALARMS names, and its port.",
            Then.RETRY,
            504,
            1,
        ),
        "alarm.untrusted": Code(
            "Whom an alarm was for could not prove who it is, or would not encrypt.",
            "Mend its certificate, or name in ca_file who vouches for it.",
            Then.RETRY,
            502,
            1,
        ),
        "alarm.refused": Code(
            "An alarm was answered with a refusal.",
            "It is tried again for a day. Look up the number of the answer, and see the log of whoever refused it.",
            Then.RETRY,
            502,
            1,
        ),
        "alarm.not-found": Code("No such alarm is parked.", "List them with `barnabus alarms list`.", http=404, exit=1),
        # releases of the contracts
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
        "postgres.missing": Code(
            "Something is to lie in PostgreSQL, and its driver is not installed.",
            "Install barnabus with its extra: barnabus[postgres].",
            exit=1,
        ),
        "address.unusable": Code(
            "This address cannot be listened on.",
            "Name another with --listen [HOST:]PORT, or stop what listens there.",
            exit=1,
        ),
        "figures.not-over": Code(
            "The period is not over in what the read models have folded.",
            "Publish it once the log has gone past its end: counts that still move give cases away.",
            http=409,
            exit=1,
        ),
        "figures.published": Code(
            "Other figures of this time are published, and two tables of the same cases can give small counts away.",
            "Use those that are published, as named above, or another period.",
            http=409,
        ),
        "home.in-use": Code("Another process already runs this part of the home.", "Stop the other one first.", exit=1),
        "home.exposed": Code(
            "Private key files can be read by others.", "chmod -R go= on the home's keys folder.", exit=1
        ),
        "process.ended": Code(
            "A process of this home ended by itself.", "Read its file in the home's logs folder.", exit=1
        ),
        "agency.unknown": Code("There is no such agency here.", "Name one of those listed."),
        "option.invalid": Code("The option cannot be given like that.", "Give it as named above, or see --help."),
        "file.unreadable": Code(
            "The file cannot be read.", "Check its name and permissions, or use - for standard input."
        ),
        "file.unwritable": Code(
            "The file cannot be written.", "Check its folder and its permissions, and give the command again.", exit=1
        ),
        "sandbox.missing": Code(
            "No sandbox answers here.",
            "Start one with `barnabus sandbox --as AGENCY`, or name its home with --home or BARNABUS_HOME.",
            exit=1,
        ),
        "scenario.failed": Code(
            "What was played did not come to what the scenario says.",
            "Read what the demo printed before, and the logs of the home.",
            exit=1,
        ),
        "letter.not-found": Code(
            "The inbox holds no such letter.", "List them with `barnabus inbox AGENCY list`.", http=404, exit=1
        ),
        "handoff.not-found": Code(
            "The read models have no such handoff.",
            "List them with `barnabus handoffs list`; `barnabus projections status` says how far these are.",
            http=404,
            exit=1,
        ),
        "duty.not-found": Code(
            "The read models have no such duty.",
            "List them with `barnabus duties list`, with --closed those of closed cases too.",
            http=404,
            exit=1,
        ),
        "keeper.silent": Code(
            "Nobody watches over duties: the keeper is not running, or cannot decide.",
            "Start it with `barnabus keeper` (`barnabus up` starts it too), or read its log.",
            http=503,
            exit=1,
        ),
        "purpose.missing": Code(
            "A purpose is needed to read a case.",
            "Give it with --purpose; it is written down before anything is shown.",
            http=403,
        ),
        "purpose.unrecorded": Code(
            "The access journal cannot be written, so nothing is shown.",
            "Make the home's access journal writable.",
            http=503,
            exit=1,
        ),
        "internal": Code(
            "Something failed that should not have.",
            "Nothing accepted is lost. Read the process log for the id and report it.",
            Then.RETRY,
            500,
            1,
        ),
    }
)


class BarnabusError(Exception):
    """A coded failure. `field` names the place in a document; `detail` never holds personal data."""

    def __init__(self, code: str, *, field: str | None = None, detail: str | None = None) -> None:
        self.code = code
        self.row = CODES[code]
        self.field = field
        self.detail = detail
        super().__init__(str(self))

    @property
    def then(self) -> Then:
        return self.row.then

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        more = f" {self.detail}" if self.detail else ""
        return f"{self.code}{where}: {self.row.message}{more} {self.row.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.field, self.detail))

    def problem(self) -> dict[str, str]:
        """The error as a document: code, message, hint, and field and detail where there are any."""
        known = {"field": self.field, "detail": self.detail}
        return {"code": self.code, "message": self.row.message, "hint": self.row.hint} | {
            k: v for k, v in known.items() if v
        }


class Refused(BarnabusError):
    """What was asked is not allowed; asking again changes nothing until the asker does something else."""


def _rebuild(kind: type[BarnabusError], code: str, field: str | None, detail: str | None) -> BarnabusError:
    return kind(code, field=field, detail=detail)
