"""What adapter and gateway both refuse: the same check on both sides, so that a refusal after recording is rare.

Everything here raises `Refused` with a code and the place, and never repeats a value from the document.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts import addressing, bypass, correcting, opening, upcasts
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.bypass import Bypass
from contracts.catalogue import CATALOGUE, COMMANDS, entry_of
from contracts.catalogue.accounting import CORRECTED, EXCUSED
from contracts.catalogue.handoffs import CONTENT_ASKED, CONTENT_OPENED
from contracts.catalogue.investigation import BY_CONSENT
from contracts.documents import document, read, refusal
from contracts.entry import Audience, Entry
from contracts.envelope import (
    COMMAND_LIMIT_BYTES,
    About,
    Command,
    Letter,
    LetterEntry,
    Record,
    Submission,
    dataschema,
)
from contracts.errors import Refused
from contracts.events.correction import RecordCorrected
from contracts.events.post import DirectoryAdopted, Receipt, StoreRestored
from contracts.events.referral import ReferralMade
from contracts.ids import CaseRef
from contracts.standing import Move
from contracts.tiers import LOGGED, Content, Frozen, Tier, cut, tiers_of, view
from contracts.vocabulary.asking import NEEDS_CONSENT, OFFERED_BY, Service, Urgency
from contracts.vocabulary.people import LegalBasis

_CASE_REF: TypeAdapter[str] = TypeAdapter(CaseRef)


def command(raw: bytes, sender: Agency) -> tuple[Entry, Command, Frozen]:
    """A command from an agency's own system, checked as far as contracts go: its entry, its envelope, its content."""
    asked = read(Command, document(raw, limit_bytes=COMMAND_LIMIT_BYTES))
    entry = COMMANDS.get(asked.command)
    if entry is None:
        raise Refused("type.unknown", field="command")
    said = lifted(entry, asked.version or entry.version, asked.data, frozenset(Tier), at="data")
    content = read(entry.content, said, at="data")
    sending(entry, sender, asked.about(), content)
    return entry, asked, content


def sending(entry: Entry, sender: Agency, about: About, content: Frozen) -> None:
    """May this agency say this at all?"""
    _speaking(entry, sender, about)
    _saying(entry, sender, content.model_dump(mode="json"), at="data")
    if isinstance(content, ReferralMade) and content.urgency is Urgency.IMMEDIATE and content.safety is None:
        raise Refused("danger.unstated", field="data.safety")
    if isinstance(content, RecordCorrected):
        correcting.in_letters(content)
    resting(entry, content.model_dump(mode="json"), about.legal_basis, at="legal_basis")


def resting(entry: Entry, codes: Mapping[str, Any], basis: str, *, at: str) -> None:
    """Raises Refused `basis.consent` if this rests on a duty: nobody's consent is asked for it, nor could end it.

    On a handoff, consent is the matter of the act that made it.
    """
    service = entry.service_of(codes)
    by_consent = service in NEEDS_CONSENT if service else entry.acts(codes) or entry.type in BY_CONSENT
    if basis == LegalBasis.CONSENT and not by_consent:
        raise Refused("basis.consent", field=at)


def _speaking(entry: Entry, sender: Agency, about: About | None, *, at: str = "") -> None:
    if sender not in entry.senders:
        raise Refused("sender.not-allowed")
    institution = about.on_behalf_of if about else None
    if institution and sender not in entry.sponsors.get(institution, frozenset()):
        raise Refused("sponsor.not-allowed", field=f"{at}on_behalf_of")
    if entry.speaks_for and institution is not entry.speaks_for:
        raise Refused("sponsor.missing", field=f"{at}on_behalf_of", detail=f"It is the word of: {entry.speaks_for}.")


def _saying(entry: Entry, sender: Agency, codes: Mapping[str, Any], *, at: str) -> None:
    """What sender and content allow together, by its codes alone: whom it asks, and for which institution."""
    if entry.move is Move.MAKE:
        if sender in codes["notified"]:
            raise Refused("receiver.not-allowed", field=f"{at}.notified")
        if codes["to"] not in entry.asked:
            raise Refused("receiver.not-allowed", field=f"{at}.to")
        if entry.service is None and codes["to"] not in OFFERED_BY.get(Service(codes["service"]), frozenset()):
            raise Refused("service.not-offered", field=f"{at}.service")
    for name, speaks in (("for_institution", codes.get("to")), ("institution", sender)):
        if (institution := codes.get(name)) and speaks not in SPONSORS[Institution(institution)]:
            raise Refused("sponsor.not-allowed", field=f"{at}.{name}")
    if entry.type == CORRECTED:
        correcting.in_record(codes, at=at)
    if entry.type in (CONTENT_ASKED, CONTENT_OPENED):
        opening.in_record(codes, at=at)
    if entry.type == EXCUSED and codes["owner"] != sender:
        raise Refused("duty.not-yours", field=f"{at}.owner")


def submission(raw: bytes, *, limit_bytes: int) -> tuple[Submission, Record]:
    """A submission and the record inside it, as far as their shapes go. An older version is lifted to today's."""
    found = read(Submission, document(raw, limit_bytes=limit_bytes))
    return found, current(read(Record, document(found.record, limit_bytes=limit_bytes), at="record"))


def current(found: Record) -> Record:
    """A record as today's version of its type reads it. What cannot be read so stays as it is, for who checks it."""
    entry = CATALOGUE.get(found.type)
    if entry is None or found.version == entry.version:
        return found
    try:
        content = lifted(entry, found.version, found.data.content, at="data.content")
    except Refused:
        return found
    data = found.data.model_copy(update={"content": content})
    return found.model_copy(update={"dataschema": dataschema(entry.type, entry.version), "data": data})


def lifted(
    entry: Entry, version: str, content: Mapping[str, Any], tiers: frozenset[Tier] | None = None, *, at: str
) -> Mapping[str, Any]:
    """What was said in a version of a type, as today's says it. Raises Refused if it does not hold by its own version.

    `tiers` are those that a letter's reader may see today: of others, an older letter is read without them. None is a
    record, which may hold no others than the log's.
    """
    for step in upcasts.steps(entry, version):
        if tiers is None:
            _logged_alone(step.content, content, at)
        own, seen = tiers_of(step.content), LOGGED if tiers is None else tiers
        may = {name: value for name, value in content.items() if own.get(name) in (None, *seen)}
        spelled = read(view(step.content, seen), may, at=at).model_dump(mode="json")
        content = step.lift(spelled, seen)
    return content


def record(found: Record, bypasses: AbstractSet[Bypass] = frozenset()) -> Entry:
    """All that can be said of a record by itself: its type and version, sender, receivers, tiers, content.

    `bypasses` are those in force in its case.
    """
    entry = in_any_case(found)
    in_its_case(found, entry, bypasses)
    return entry


def in_any_case(found: Record) -> Entry:
    """As much of it as can be said whatever its case is: a refusal for this tells nothing of the case."""
    entry = known(found.type, found.version)
    try:
        sender = Agency(found.sender)
    except ValueError:
        raise Refused("sender.not-allowed", field="source") from None
    if entry.content not in (Receipt, StoreRestored, DirectoryAdopted):  # whose subjects are links
        _case(found.subject)
    codes_of(found)
    if sender not in entry.senders:
        raise Refused("sender.not-allowed")
    addressing.permitted(entry, sender, ((letter.to, letter.tiers) for letter in found.data.letters))
    return entry


def in_its_case(found: Record, entry: Entry, bypasses: AbstractSet[Bypass]) -> None:
    """The rest, once it is known which bypasses are in force in its case. Raises Refused."""
    sender, about, letters, codes = Agency(found.sender), found.data.about, found.data.letters, codes_of(found)
    office = about.post.office if about and entry.audience is not Audience.AGAIN else None  # acted before the bypass
    bypass.check(bypasses, sender, office, codes, (letter.to for letter in letters))
    out = bypass.kept_out(bypasses)
    addressing.complete(entry, sender, {letter.to for letter in letters}, codes, out)
    if (about is None) is not entry.by_the_bus:
        raise Refused("field.missing" if about is None else "field.unknown", field="data.about")
    _speaking(entry, sender, about, at="data.about.")
    _saying(entry, sender, codes, at="data.content")
    if entry.move is Move.MAKE:
        _made(entry, sender, codes, letters, out)


def _made(
    entry: Entry,
    sender: Agency,
    codes: Mapping[str, Any],
    letters: Iterable[LetterEntry],
    kept_out: AbstractSet[Agency],
) -> None:
    """The act that makes a handoff names everybody: it goes to them alone, and the notified see what they may."""
    to, notified = codes["to"], codes["notified"]
    if sender == to or {letter.to for letter in letters} != {to, *notified} - kept_out:
        raise Refused("receiver.not-allowed", field="data.letters")
    if any(letter.to != to and not set(letter.tiers) <= entry.shown for letter in letters):
        raise Refused("tier.not-allowed", field="data.letters")


def codes_of(found: Record) -> dict[str, Any]:
    """A record's content as every reader spells it: one id, one moment has many spellings. Raises Refused."""
    entry = known(found.type, found.version)
    return codes(entry, lifted(entry, found.version, found.data.content, at="data.content"))


def known(type_name: str, version: str) -> Entry:
    """The entry of a type. Raises Refused `type.unknown`, or `version.unknown` for a version that it cannot read."""
    entry = entry_of(type_name)
    upcasts.steps(entry, version)
    return entry


def codes(entry: Entry, content: Mapping[str, Any]) -> dict[str, Any]:
    """Likewise, of the content of a record of this type. Raises Refused."""
    _logged_alone(entry.content, content, "data.content")
    return read(entry.logged, content, at="data.content").model_dump(mode="json")


def _logged_alone(of: Content, content: Iterable[str], at: str) -> None:
    tiers = tiers_of(of)
    for name in content:
        if name in tiers and tiers[name] not in LOGGED:
            raise Refused("tier.in-record", field=f"{at}.{name}")


def _case(subject: str) -> None:
    try:
        _CASE_REF.validate_python(subject)
    except ValidationError as error:
        raise refusal(error, "subject") from None


def letter(found: Letter, recipient: Agency) -> tuple[Entry, Frozen]:
    """An opened letter's content as this recipient may see it, in today's version of its type.

    It is held to what its record was: the gateway cannot see inside, and a hostile sender may say otherwise there.
    """
    entry = known(found.type, found.version)
    if found.recipient is not recipient or recipient not in entry.receivers or entry.audience is Audience.AGAIN:
        raise Refused("receiver.not-allowed", field="recipient")  # a letter that says one again has that one's type
    if found.sender not in entry.senders:
        raise Refused("sender.not-allowed", field="sender")
    tiers = entry.left_by(found.withheld, recipient)
    said = lifted(entry, found.version, found.content, tiers, at="content")
    content = read(view(entry.content, tiers), said, at="content")
    if entry.move is Move.MAKE and (said["to"] == recipient) is (found.withheld == "notified"):
        raise Refused("receiver.not-allowed", field="withheld")
    _speaking(entry, found.sender, found.about, at="about.")
    _saying(entry, found.sender, cut(entry.content, content.model_dump(mode="json"), LOGGED), at="content")
    return entry, content
