"""Commands as agencies' own systems send them, and letters carried by hand, without a broker.

All people, offices and cases here are made up.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bus import directory, keys, rekeying, seal
from bus.log import POSTMARK_TYP, STAMP_TYP
from bus.saying_again import SayingAgain
from bus.settings import Database, Settings
from bus.submission import Built, Head, Outgoing, build
from bus.vault import person_key
from cli.agencies import APPLICATIONS
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import About, Notice, Postmark, Record, Stamp, Submission
from contracts.events.post import LetterReceived, Receipt
from contracts.ids import NOTHING_BEFORE, case_ref_from, person_ref_from
from services.agency import AgencyApplication
from services.letters import Heard

POLICE, SOCIAL, PROSECUTION, HEALTH = Agency.POLICE, Agency.SOCIAL, Agency.PROSECUTION, Agency.HEALTH
OVERSIGHT, KEEPER = Agency.OVERSIGHT, Agency.KEEPER
POSTS: Mapping[Agency, dict[str, Any]] = {
    POLICE: {"role": "investigator", "office": "prishtina-child-unit"},
    SOCIAL: {"role": "case-manager", "office": "prishtina-csw"},
    PROSECUTION: {"role": "prosecutor", "office": "prishtina-basic"},
    HEALTH: {"role": "clinician", "office": "prishtina-paediatrics"},
    OVERSIGHT: {"role": "inspector", "office": "ombudsperson"},
    KEEPER: {"role": "records-system", "office": None},
}
SERVICES = {
    POLICE: "welfare-check",
    SOCIAL: "child-protection-assessment",
    PROSECUTION: "victim-advocacy",
    HEALTH: "urgent-medical-care",
    OVERSIGHT: "review",
}
"""What each agency is asked for here."""
NAME = "Filane Fisteku"
"""The name of the child in every test: it may lie in sealed letters and vaults, and nowhere else."""
BORN = "2014-02-03"
CHILD = {"ref": person_ref_from(b"the child of these tests"), "role": "child"}
SAFETY = {"immediate_danger": "yes", "suspect_has_access": "yes", "whereabouts": "home"}
START = Head(0, NOTHING_BEFORE)


def now() -> datetime:
    return datetime.now(UTC)


# commands


def command(agency: Agency, verb: str, data: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One command of an agency's own system; `more` sets or replaces any field of its envelope."""
    moment = now()
    return {
        "command": verb,
        "id": str(uuid4()),
        "clocks": {
            "occurred": (moment - timedelta(hours=3)).isoformat(),
            "known": (moment - timedelta(hours=2)).isoformat(),
            "recorded": moment.isoformat(),
        },
        "legal_basis": "protection-duty",
        "post": POSTS[agency],
        "data": dict(data),
        **more,
    }


def refer(agency: Agency = POLICE, to: Agency = SOCIAL, **more: Any) -> dict[str, Any]:
    """A referral with everything that such a letter can hold. `data=…` adds to its content."""
    data: dict[str, Any] = {
        "to": to.value,
        "service": SERVICES[to],
        "urgency": "urgent",
        "concerns": {"ref": person_ref_from(uuid4().bytes), "role": "child"},
        "safety": {"immediate_danger": "yes", "suspect_has_access": "unknown", "whereabouts": "relatives"},
        "allegation": {"kind": "physical-abuse", "ongoing": "unknown"},
        "identity": {"full_name": NAME, "date_of_birth": BORN},
    }
    return command(agency, "referral.make", data | more.pop("data", {}), **more)


def on(
    agency: Agency, verb: str, handoff_id: str | UUID, more: Mapping[str, Any] | None = None, **data: Any
) -> dict[str, Any]:
    """An act on a handoff: its content as keywords, anything of its envelope in `more`."""
    return command(agency, verb, {"handoff_id": str(handoff_id), **data}, **(more or {}))


def fact(agency: Agency, verb: str, case: str, **data: Any) -> dict[str, Any]:
    post = {"role": "supervisor", "office": "an-office"}
    return command(agency, verb, {"concerns": CHILD, **data}, case_ref=case, post=post)


def protection(agency: Agency, case: str) -> dict[str, Any]:
    began = now().isoformat()
    return fact(agency, "immediate-protection.take", case, began_at=began, protections=["guard-posted"], safety=SAFETY)


def safe_contact(case: str) -> dict[str, Any]:
    whom = {"found": True, "contact": "trusted-relative", "guardian_may_be_told": "no", "ask_office": "prishtina-csw"}
    return fact(SOCIAL, "safe-contact.choose", case, **whom)


def bypass(
    agency: Agency, case: str, conflicted: str = "police", alternate: str = "prosecution", **data: Any
) -> dict[str, Any]:
    around = {"conflicted": conflicted, "alternate": alternate, "reason": "person-suspected", **data}
    return fact(agency, "route.invoke-bypass", case, **around)


def concern(agency: Agency, to: Agency = SOCIAL, *notified: Agency, **more: Any) -> dict[str, Any]:
    data = {
        "to": to,
        "concerns": CHILD,
        "notified": list(notified),
        "urgency": "urgent",
        "safety": SAFETY,
        "identity": {"full_name": NAME},
    }
    return command(agency, "concern.report", data, **more)


def transfer(agency: Agency, to: Agency, case: str) -> dict[str, Any]:
    data = {"to": to, "concerns": CHILD, "reason": "right-agency", "safety": SAFETY}
    return command(agency, "transfer.offer", data, case_ref=case)


def encoded(document: Any) -> bytes:
    return seal.dump(document)


# letters by hand


@dataclass(frozen=True, slots=True)
class Posted:
    """One letter as it lies in its recipient's post."""

    record: Record
    recipient: Agency
    raw: bytes
    postmark: str


@dataclass(slots=True)
class ByHand:
    """Takes agencies' acts to the log and letters to agencies by hand, so that a test says what arrives when.

    Everything else is real: stores, keys, seals, signatures. It stands for relay, gateway and post.
    """

    settings: Settings
    position: int = 0
    clock: Callable[[], datetime] = now
    """Of agencies and log alike; a test may have time of its own."""

    @property
    def directory(self) -> directory.Directory:
        return directory.load(self.settings)

    def key(self, owner: str) -> Any:
        return keys.read_jwk(self.settings.keys(owner) / "signing.jwk")

    def application(self, agency: Agency, store: Path | Database | None = None) -> AgencyApplication:
        own = self.settings.keys(agency)
        sealing, vault = keys.read_sealing(own), keys.read(own / "vault.key")
        return APPLICATIONS[agency](store or self.settings.store(agency), vault, sealing, self.directory)

    def lose_key(self, agency: Agency) -> None:
        """All sealing keys that this agency holds are gone, and it gets a new one."""
        for path in self.settings.keys(agency).glob("sealing*.jwk"):
            path.unlink()
        self.new_sealing_key(agency)

    def new_sealing_key(self, agency: Agency) -> None:
        rekeying.carry_out(rekeying.plan(self.settings, agency, "enc"), self.settings, now(), others_until=now())

    def built(self, act: Outgoing, sender: Agency) -> Built:
        """The first submission of a sender, by its first key."""
        return build(act, sender, START, dict.fromkeys(act.receivers, START), self.key(sender), self.directory)

    def build_next(self, app: AgencyApplication) -> Built:
        """What the relay does: the next act's submission, committed to the outbox."""
        act = app.next_act(app.outbox.last_notification())
        assert act, "nothing is left to be logged"
        notification, outgoing = act
        links = {receiver: app.outbox.link(receiver) for receiver in outgoing.receivers}
        built = build(outgoing, app.agency, app.outbox.head(), links, self.key(app.agency), self.directory)
        app.store.write(*app.outbox.add(built, notification))
        return built

    def log_next(self, app: AgencyApplication) -> list[Posted]:
        """The next act into the log, and its letters into the post."""
        return self._logged(app, self.build_next(app))

    def log_again(self, app: AgencyApplication) -> list[Posted]:
        """Likewise what this agency says again next; nothing if there is nothing to be said again."""
        again = SayingAgain(app, app.store, self.directory).next(now())
        if again is None:
            return []
        outgoing, also = again
        links = {receiver: app.outbox.link(receiver) for receiver in outgoing.receivers}
        built = build(outgoing, app.agency, app.outbox.head(), links, self.key(app.agency), self.directory)
        app.store.write(*app.outbox.add(built, None), *also)
        return self._logged(app, built)

    def _logged(self, app: AgencyApplication, built: Built) -> list[Posted]:
        self.position += 1
        token, stamp = self.stamp(built, app.agency)
        app.on_logged(stamp.record_id, stamp, [app.outbox.stamped(built.number, token)])
        return self.posted(built, stamp)

    def stamp(self, built: Built, account: Agency, position: int | None = None) -> tuple[str, Stamp]:
        stamp = Stamp(
            position=position or self.position,
            logged_at=self.clock(),
            account=account,
            record_id=built.record.id,
            record=built.record_digest,
        )
        return seal.sign(stamp.model_dump_json().encode(), self.key("gateway"), typ=STAMP_TYP), stamp

    def posted(self, built: Built, stamp: Stamp) -> list[Posted]:
        sealed = {letter.to: letter.jwe for letter in Submission.model_validate_json(built.body).letters}
        return [
            Posted(built.record, entry.to, sealed[entry.to].encode(), self.postmark(built.record, stamp, entry.to))
            for entry in built.record.data.letters
        ]

    def postmark(self, record: Record, stamp: Stamp, to: Agency, **changed: Any) -> str:
        mark = Postmark.of(record, stamp, to)
        return seal.sign(
            mark.model_copy(update=changed).model_dump_json().encode(), self.key("gateway"), typ=POSTMARK_TYP
        )

    def deliver(self, app: AgencyApplication, letter: Posted) -> Heard:
        return app.hear(letter.raw, letter.postmark, self.clock())

    def forge(self, act: Outgoing, sender: Agency, link: Head = START, **changed: Any) -> Posted:
        """A letter of a sender whose adapter does not do as ours: any act, next on the link to its one receiver."""
        (to,) = act.receivers
        built = build(act, sender, START, {to: link}, self.key(sender), self.directory)
        self.position += 1
        _, stamp = self.stamp(built, sender)
        letter = self.posted(built, stamp)[0]
        return replace(letter, postmark=self.postmark(built.record, stamp, to, **changed)) if changed else letter

    def receipt_notice(
        self,
        recipient: Agency,
        sender: Agency,
        numbers: Iterable[int],
        signer: str | None = None,
        *,
        unopened: Container[int] = (),
    ) -> Notice:
        """What the gateway passes to a sender once a recipient has signed for these letters."""
        moment = now()
        letters = tuple(LetterReceived(number=n, received_at=moment, opened=n not in unopened) for n in numbers)
        act = Outgoing(
            record_id=uuid4(),
            type="receipt",
            subject=f"link.{sender}.{recipient}",
            time=moment,
            about=None,
            values=Receipt(sender=sender, letters=letters).model_dump(mode="json"),
        )
        built = build(act, recipient, START, {}, self.key(signer or recipient), self.directory)
        self.position += 1
        token, _ = self.stamp(built, recipient)
        found = Submission.model_validate_json(built.body)
        return Notice(kind="receipt", record=found.record, signature=found.signature, stamp=token)


def about(agency: Agency = POLICE) -> About:
    moment = now()
    return About.model_validate(
        {
            "clocks": {"occurred": moment, "known": moment, "recorded": moment},
            "legal_basis": "protection-duty",
            "post": POSTS.get(agency, POSTS[POLICE]),
        }
    )


def act(type_name: str = "referral.made", **changed: Any) -> Outgoing:
    """Any act as the relay would submit it; its content is the catalogue's own example."""
    values = dict(CATALOGUE[type_name].example)
    if type_name == "referral.made":  # it names whom it goes to, and asks for what is offered there
        to, *others = changed.get("receivers", (SOCIAL,)) or (SOCIAL,)
        values |= {"to": to.value, "notified": [other.value for other in others], "service": SERVICES[to]}
        changed.setdefault("notified", frozenset(others))
    values |= changed.pop("values", {})
    made = Outgoing(
        record_id=uuid4(),
        type=type_name,
        subject=new_case(),
        time=now(),
        about=about(),
        values=values,
        receivers=(SOCIAL,),
        correlation_id=uuid4(),
    )
    return replace(made, **changed)


def new_case() -> str:
    return case_ref_from(uuid4().bytes)


def concerned(document: Mapping[str, Any], case_ref: str) -> str:
    """Under whose key the vault keeps what a referral said."""
    return person_key(case_ref, document["data"]["concerns"]["ref"])
