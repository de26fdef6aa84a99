"""What adapter and gateway both refuse: the same check on both sides, so that a refusal after recording is rare.

Everything here raises `Refused` with a code and the place, and never repeats a value from the document.
"""

import json
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError, create_model

from contracts import bypass, never
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.bypass import Bypass
from contracts.catalogue import COMMANDS, entry_of
from contracts.catalogue.accounting import CORRECTED, EXCUSED
from contracts.catalogue.investigation import BY_CONSENT
from contracts.entry import Audience, Entry
from contracts.envelope import COMMAND_LIMIT_BYTES, About, Command, Letter, LetterEntry, Record, Submission
from contracts.errors import Refused
from contracts.events.correction import RecordCorrected
from contracts.events.post import Receipt, StoreRestored
from contracts.events.referral import ReferralMade
from contracts.ids import CaseRef
from contracts.standing import Move
from contracts.tiers import LOGGED, Frozen, Tier, cut, tiers_of, view
from contracts.vocabulary.asking import NEEDS_CONSENT, OFFERED_BY, Service, Urgency
from contracts.vocabulary.people import LegalBasis

DEPTH_LIMIT = 32
MOMENTS = (AwareDatetime, AwareDatetime | None)
"""How the type of a field reads that is a moment."""
OF_THE_LAW = frozenset({"expires_at"})
"""The moments of an act that makes a handoff by which its law goes: nothing said later moves them."""
_CASE_REF: TypeAdapter[str] = TypeAdapter(CaseRef)
_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""As pydantic writes a member where only some of them are allowed: who reads it wants the code alone."""

T = TypeVar("T", bound=Frozen)


def document(raw: bytes | str, *, limit_bytes: int) -> dict[str, Any]:
    """One JSON object of limited size and depth, in which no key stands twice."""
    if len(raw) > limit_bytes:
        raise Refused("document.too-large", detail=f"The limit is {limit_bytes} bytes.")
    try:
        text = raw if isinstance(raw, str) else raw.decode()  # json itself would take UTF-16 too
        found = _STRICT.decode(text)
        _measure(found, DEPTH_LIMIT)
    except RecursionError:
        raise Refused("document.too-deep") from None
    except (ValueError, UnicodeDecodeError):
        raise Refused("document.not-json") from None
    if not isinstance(found, dict):
        raise Refused("document.not-json")
    return found


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("document.duplicate-key")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


_STRICT = json.JSONDecoder(object_pairs_hook=_each_key_once, parse_constant=_no_constant)
"""Made once: to make it takes as long as to read a record with it."""


def _measure(value: Any, levels_left: int) -> None:
    if levels_left < 0:
        raise Refused("document.too-deep")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _measure(inner, levels_left - 1)


def read(model: type[T], values: Any, *, at: str = "") -> T:
    """The values as this model. The refusal names the first wrong field by its path from the document's root."""
    try:
        return model.model_validate_json(json.dumps(values), strict=True)  # a number written as text is no number
    except ValidationError as error:
        raise _refusal(error, at) from None


def _refusal(error: ValidationError, at: str) -> Refused:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in ((at,) if at else ()) + first["loc"])
    code = {"missing": "field.missing", "extra_forbidden": "field.unknown"}.get(first["type"], "field.invalid")
    if code == "field.unknown" and (why := never.why(str(first["loc"][-1]))):
        return Refused("content.never-travels", field=path, detail=why)
    # only our own sentences are repeated: a library's may quote what was typed
    detail = (
        _ENUM_MEMBER.sub(r"\1", first["msg"].removeprefix("Value error, "))
        if first["type"] in {"value_error", "missing", "enum", "literal_error"}
        else None
    )
    return Refused(code, field=path or None, detail=f"{detail}." if detail else None)


def command(raw: bytes, sender: Agency) -> tuple[Entry, Command, Frozen]:
    """A command from an agency's own system, checked as far as contracts go: its entry, its envelope, its content."""
    asked = read(Command, document(raw, limit_bytes=COMMAND_LIMIT_BYTES))
    entry = COMMANDS.get(asked.command)
    if entry is None:
        raise Refused("type.unknown", field="command")
    content = read(entry.content, asked.data, at="data")
    sending(entry, sender, asked.about(), content)
    return entry, asked, content


def sending(entry: Entry, sender: Agency, about: About, content: Frozen) -> None:
    """May this agency say this at all?"""
    _speaking(entry, sender, about)
    _saying(entry, sender, content.model_dump(mode="json"), at="data")
    if isinstance(content, ReferralMade) and content.urgency is Urgency.IMMEDIATE and content.safety is None:
        raise Refused("danger.unstated", field="data.safety")
    if isinstance(content, RecordCorrected):
        _correcting_letters(content)
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
        _correcting(codes, at=at)
    if entry.type == EXCUSED and codes["owner"] != sender:
        raise Refused("duty.not-yours", field=f"{at}.owner")


def _correcting(codes: Mapping[str, Any], *, at: str) -> None:
    """What is put right is a field of its type that the log may hold, and fits that field."""
    entry = entry_of(codes["of_type"])
    of, makes = entry.content, entry.move is Move.MAKE
    for place, code in enumerate(codes["codes"]):
        name = code["field"]
        field = of.model_fields.get(name)
        tier = tiers_of(of)[name] if field else None
        moment = field is not None and tier is Tier.E and field.annotation in MOMENTS
        if field is None or not (tier is Tier.O or moment) or (makes and name in OF_THE_LAW):
            raise Refused("correction.not-possible", field=f"{at}.codes.{place}.field")
        shape: Any = (field.annotation, field)
        one = create_model("OneField", __base__=Frozen, value=shape)
        read(one, {"value": code["value"]}, at=f"{at}.codes.{place}")


def _correcting_letters(content: RecordCorrected) -> None:
    """What lies in letters alone is put right where the first has such a field: else it would reach nobody."""
    own = tiers_of(entry_of(content.of_type).content)
    for name, tier in tiers_of(RecordCorrected).items():
        if tier not in LOGGED and getattr(content, name) is not None and own.get(name) is not tier:
            raise Refused("correction.not-possible", field=f"data.{name}")
    if content.says_of_somebody and not content.concerns:
        raise Refused("field.missing", field="data.concerns", detail="What is said of a person lies under its key.")


def receiving(
    entry: Entry,
    sender: Agency,
    letters: Iterable[tuple[Agency, Iterable[Tier]]],
    codes: Mapping[str, Any],
    kept_out: AbstractSet[Agency] = frozenset(),
) -> None:
    """May these receivers have these tiers of this type, and does everybody get a letter who must?

    `codes` are its content in tiers E and O; `kept_out` get nothing because a bypass leads around them.
    """
    seen: set[Agency] = set()
    for to, tiers in letters:
        if to in seen:
            raise Refused("receiver.twice", field="data.letters")
        seen.add(to)
        if to is sender or to not in entry.receivers:
            raise Refused("receiver.not-allowed", field="data.letters")
        if not set(tiers) <= entry.seen_by(to):
            raise Refused("tier.not-allowed", field="data.letters")
    must = due(entry, sender, codes, kept_out)
    if must is not None and must - seen:
        raise Refused("receiver.left-out", field="data.letters")
    if must is not None and seen - must and not entry.acts(codes):
        raise Refused("receiver.not-allowed", field="data.letters")
    if entry.acts(codes) and not seen and not kept_out:
        raise Refused("receiver.none", field="data.letters")


def due(
    entry: Entry, sender: Agency, codes: Mapping[str, Any], kept_out: AbstractSet[Agency]
) -> frozenset[Agency] | None:
    """Who must get a letter, where catalogue and content say so; None where the sender's knowledge decides.

    Of an act on a handoff at least these, beside those who hear the handoff. Whom a bypass keeps out gets none;
    oversight then gets what the catalogue would have told it.
    """
    if entry.acts(codes):
        return None if entry.move is Move.MAKE else frozenset(entry.told - {sender} - kept_out)
    if entry.lists(codes):
        wanted = entry.told - {sender}
        instead = {Agency.OVERSIGHT} if wanted & kept_out else frozenset()
    elif entry.names:
        wanted, instead = entry.names(codes) - {sender}, frozenset()
    else:
        return None
    return frozenset(wanted - kept_out | instead) - {sender}


def submission(raw: bytes, *, limit_bytes: int) -> tuple[Submission, Record]:
    """A submission and the record inside it, as far as their shapes go."""
    found = read(Submission, document(raw, limit_bytes=limit_bytes))
    return found, read(Record, document(found.record, limit_bytes=limit_bytes), at="record")


def record(found: Record, bypasses: AbstractSet[Bypass] = frozenset()) -> Entry:
    """All that can be said of a record by itself: its type and version, sender, receivers, tiers, content.

    `bypasses` are those in force in its case.
    """
    entry = entry_of(found.type, found.version)
    try:
        sender = Agency(found.sender)
    except ValueError:
        raise Refused("sender.not-allowed", field="source") from None
    if entry.content not in (Receipt, StoreRestored):  # whose subjects are links
        _case(found.subject)
    about, letters = found.data.about, found.data.letters
    codes = codes_of(found)
    office = about.post.office if about and entry.audience is not Audience.AGAIN else None  # acted before the bypass
    bypass.check(bypasses, sender, office, codes, (letter.to for letter in letters))
    out = bypass.kept_out(bypasses)
    receiving(entry, sender, ((letter.to, letter.tiers) for letter in letters), codes, out)
    if (about is None) is not entry.by_the_bus:
        raise Refused("field.missing" if about is None else "field.unknown", field="data.about")
    _speaking(entry, sender, about, at="data.about.")
    _saying(entry, sender, codes, at="data.content")
    if entry.move is Move.MAKE:
        _made(entry, sender, codes, letters, out)
    return entry


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
    return codes(entry_of(found.type, found.version), found.data.content)


def codes(entry: Entry, content: Mapping[str, Any]) -> dict[str, Any]:
    """Likewise, of the content of a record of this type. Raises Refused."""
    tiers = tiers_of(entry.content)
    for name in content:
        if name in tiers and tiers[name] not in LOGGED:
            raise Refused("tier.in-record", field=f"data.content.{name}")
    return read(entry.logged, content, at="data.content").model_dump(mode="json")


def _case(subject: str) -> None:
    try:
        _CASE_REF.validate_python(subject)
    except ValidationError as error:
        raise _refusal(error, "subject") from None


def letter(found: Letter, recipient: Agency) -> tuple[Entry, Frozen]:
    """An opened letter's content as this recipient may see it.

    It is held to what its record was: the gateway cannot see inside, and a hostile sender may say otherwise there.
    """
    entry = entry_of(found.type, found.version)
    if found.recipient is not recipient or recipient not in entry.receivers or entry.audience is Audience.AGAIN:
        raise Refused("receiver.not-allowed", field="recipient")  # a letter that says one again has that one's type
    if found.sender not in entry.senders:
        raise Refused("sender.not-allowed", field="sender")
    tiers = entry.left_by(found.withheld, recipient)
    content = read(view(entry.content, tiers), found.content, at="content")
    if entry.move is Move.MAKE and (found.content["to"] == recipient) is (found.withheld == "notified"):
        raise Refused("receiver.not-allowed", field="withheld")
    _speaking(entry, found.sender, found.about, at="about.")
    _saying(entry, found.sender, cut(entry.content, content.model_dump(mode="json"), LOGGED), at="content")
    return entry, content
