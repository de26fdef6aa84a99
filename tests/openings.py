"""An investigator of these tests, and what is asked and opened by them. The person, as all here, is made up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc.jwk import OKPKey

from bus import credential, disclosing, keys
from bus.disclosing import Proven
from bus.log import Logged, verify
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.credential import Credential
from contracts.vocabulary.people import Role
from tests.builders import CHILD, OVERSIGHT, POLICE, SOCIAL, command, new_case, now, on, refer
from tests.carried import Carried


@dataclass(frozen=True, slots=True)
class Investigator:
    """A person with a key that nobody else has, and what oversight signed of them."""

    agency: Agency
    sealing: OKPKey
    token: str


def investigator(
    settings: Settings,
    *cases: str,
    agency: Agency = OVERSIGHT,
    signed_by: Agency = OVERSIGHT,
    issued_at: datetime | None = None,
    good_for: timedelta = timedelta(days=1),
) -> Investigator:
    since, sealing = issued_at or now() - timedelta(minutes=1), keys.new_sealing_key("inspector-17")
    said = Credential(
        id=uuid4(),
        person="inspector-17",
        agency=agency,  # type: ignore[arg-type]
        role=Role.INSPECTOR,
        cases=cases,
        issued_at=since,
        valid_until=since + good_for,
        sealing=sealing.as_dict(private=False),
        signing=keys.new_signing_key("inspector-17").as_dict(private=False),
    )
    signing = keys.read_jwk(settings.keys(signed_by) / "signing.jwk")
    return Investigator(agency, sealing, credential.issue(said, signing))


def letter(record_id: UUID | str, *fields: str, by: Agency = POLICE) -> dict[str, Any]:
    return {"by": by.value, "id": str(record_id), "fields": list(fields)}


def ask(
    who: Investigator, to: Agency, case: str, letters: Sequence[dict[str, Any]], child: Any = CHILD, **more: Any
) -> dict[str, Any]:
    """`content.ask` as an honest system says it. `data=…` changes its content."""
    data = {
        "to": to.value,
        "concerns": child,
        "notified": [] if OVERSIGHT in (who.agency, to) else ["oversight"],
        "purpose": "inspection",
        "records": list(letters),
        "credential": who.token,
        **more.pop("data", {}),
    }
    return command(who.agency, "content.ask", data, case_ref=case, **more)


def open_(by: Agency, handoff: UUID | str, *letters: dict[str, Any]) -> dict[str, Any]:
    return on(by, "content.open", handoff, records=list(letters))


@dataclass
class Matter:
    """A referral that social services hold, and an investigator of oversight who asks for it."""

    agencies: Carried
    who: Investigator
    case: str
    referral: UUID
    asking: UUID = field(default_factory=uuid4)

    async def asks(self, *letters: dict[str, Any], taken_on: bool = True, **more: Any) -> None:
        wanted = letters or (letter(self.referral),)
        self.asking = await self.agencies.says(self.who.agency, ask(self.who, SOCIAL, self.case, wanted, **more))
        if taken_on:
            await self.agencies.says(SOCIAL, on(SOCIAL, "referral.accept", self.asking))

    def refuses(self, *letters: dict[str, Any], **more: Any) -> tuple[str, str | None]:
        return self.agencies.refused(SOCIAL, open_(SOCIAL, self.asking, *letters) | more)

    async def opens(self, *letters: dict[str, Any]) -> UUID:
        return await self.agencies.says(SOCIAL, open_(SOCIAL, self.asking, *letters))

    def told(self) -> Any:
        """Of the asking, as the holder's own system is told now."""
        pages = [line["data"] for line in self.agencies.apps[SOCIAL].told(0).items]
        return next(told for told in pages if told["id"] == str(self.asking))

    def log(self) -> list[Logged]:
        return [verify(entry, self.agencies.by_hand.directory) for entry in self.agencies.log.entries.values()]

    def shown(self, who: Investigator | None = None) -> list[Proven]:
        person = (who or self.who).sealing
        answer = self.agencies.apps[self.who.agency].answer_to(self.asking)
        return disclosing.opened(answer.signed, answer.of, person, self.log(), self.agencies.by_hand.directory)[1]


async def matter(agencies: Carried, agency: Agency = OVERSIGHT, **more: Any) -> Matter:
    case = new_case()
    referral = await agencies.says(POLICE, refer(case_ref=case, data={"concerns": CHILD}))
    who = investigator(agencies.by_hand.settings, case, agency=agency, **more)
    return Matter(agencies, who, case, referral)
