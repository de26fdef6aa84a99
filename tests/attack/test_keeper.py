"""Nobody speaks as the keeper of duties, nobody speaks to it, and it says nothing else: by adapters and gateway."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bus.submission import build
from contracts import addressing
from contracts.agencies import EVERYBODY, Agency
from contracts.catalogue import CATALOGUE
from contracts.entry import Audience, Entry
from contracts.errors import BarnabusError
from contracts.standing import Move
from tests.builders import (
    CHILD,
    HEALTH,
    KEEPER,
    OVERSIGHT,
    POLICE,
    SOCIAL,
    ByHand,
    act,
    bypass,
    command,
    concern,
    new_case,
    refer,
)
from tests.carried import Carried

NOTICES = sorted(entry.type for entry in CATALOGUE.values() if entry.audience is Audience.OWED)
SAID_BY_AGENCIES = sorted(entry.type for entry in CATALOGUE.values() if entry.command)
FIELD = sorted(EVERYBODY)


@pytest.fixture
def agencies(by_hand: ByHand, tmp_path: Path) -> Iterator[Carried]:
    found = Carried(by_hand, tmp_path)
    yield found
    found.close()


def test_there_are_such_types() -> None:
    assert {"duty.breached", "case.kept-open"} < set(NOTICES)
    assert {"referral.made", "case.closed"} < set(SAID_BY_AGENCIES)


async def test_no_agency_says_what_the_keeper_says(agencies: Carried) -> None:
    for type_name, agency in product(NOTICES, FIELD):
        to = SOCIAL if agency is POLICE else POLICE
        asked = command(agency, type_name, CATALOGUE[type_name].example, case_ref=new_case())
        assert agencies.refused(agency, asked) == ("type.unknown", "command")
        assert await agencies.forgery_refused(agency, type_name, (to,)) == "sender.not-allowed"
    assert agencies.log.entries == {}


async def test_no_agencys_key_or_account_passes_for_the_keepers(agencies: Carried) -> None:
    made, head = act("duty.breached"), agencies.ledger.heads.of_sender(KEEPER)
    links = {SOCIAL: agencies.ledger.heads.of_link(KEEPER, SOCIAL)}
    for account, signer, code in (
        (POLICE, POLICE, "account.mismatch"),
        (POLICE, KEEPER, "account.mismatch"),
        (KEEPER, POLICE, "key.unknown"),
    ):
        built = build(made, KEEPER, head, links, agencies.by_hand.key(signer), agencies.by_hand.directory)
        with pytest.raises(BarnabusError) as refused:
            await agencies.gateway(account, built.body)
        assert refused.value.code == code


async def test_the_keeper_says_nothing_that_agencies_say(agencies: Carried) -> None:
    for type_name in SAID_BY_AGENCIES:
        entry = CATALOGUE[type_name]
        asked = command(KEEPER, str(entry.command), entry.example, case_ref=new_case())
        assert agencies.refused(KEEPER, asked) == ("sender.not-allowed", None), type_name
        refused = await agencies.forgery_refused(KEEPER, type_name, whoever_gets_it(entry))
        assert refused == "sender.not-allowed", type_name
    assert agencies.log.entries == {}


def whoever_gets_it(entry: Entry) -> list[Agency]:
    """So that nothing else is wrong with it."""
    if entry.move is Move.MAKE:
        return [Agency(to) for to in (entry.example["to"], *entry.example.get("notified", ()))]
    due = addressing.due(entry, KEEPER, entry.example, frozenset())
    return sorted(due or (entry.receivers if entry.acts(entry.example) else ()))


def to_the_keeper() -> list[tuple[dict[str, Any], str]]:
    asked = refer()
    asked["data"]["to"] = "keeper"
    told = refer()
    told["data"]["notified"] = ["keeper"]
    reported = concern(POLICE)
    reported["data"]["to"] = "keeper"
    case = new_case()
    return [
        (asked, "data.to"),
        (told, "data.notified.0"),
        (reported, "data.to"),
        (bypass(POLICE, case, "social", "keeper"), "data.alternate"),
        (bypass(POLICE, case, "keeper", "prosecution"), "data.conflicted"),
        (command(POLICE, "duty-failure.allege", {"against": "keeper", "failure": "acted-late"}), "data.against"),
    ]


@pytest.mark.parametrize(("asked", "field"), to_the_keeper())
def test_nothing_is_asked_of_the_keeper_nor_led_around_it_nor_held_against_it(
    agencies: Carried, asked: dict[str, Any], field: str
) -> None:
    code, place = agencies.refused(POLICE, asked)
    assert (code, (place or "").startswith(field)) == ("field.invalid", True), place


@pytest.mark.parametrize("field", ["conflicted", "alternate"])
async def test_no_bypass_leads_around_the_keeper_or_to_it_whatever_an_adapter_says(
    agencies: Carried, field: str
) -> None:
    around = {"concerns": CHILD, "conflicted": "police", "alternate": "prosecution", "reason": "under-pressure"}
    forged = around | {field: "keeper"}
    refused = await agencies.forgery_refused(SOCIAL, "route.bypass-invoked", (OVERSIGHT,), values=forged)
    assert refused == "field.invalid"


async def test_no_letter_comes_into_the_keepers_post(agencies: Carried) -> None:
    """A referral names whom it is for, and its content is refused for that."""
    for type_name in {*SAID_BY_AGENCIES, *NOTICES} - {"referral.made"}:
        sender = min(CATALOGUE[type_name].senders)
        assert await agencies.forgery_refused(sender, type_name, (KEEPER,)) == "receiver.not-allowed", type_name


async def test_what_the_keeper_tells_lets_nobody_into_a_case_that_it_does_not_hold(agencies: Carried) -> None:
    """Who has only the reference speaks in the case, is told what it owes by that, and still leads around nobody."""
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    await agencies.says(HEALTH, concern(HEALTH, POLICE, SOCIAL, case_ref=case))
    await agencies.forged(KEEPER, "duty.opened", (HEALTH,), subject=case)
    assert agencies.ledger.holders(case) == {SOCIAL, POLICE}
    assert HEALTH in agencies.ledger.aware(case)
    agencies.takes(HEALTH, bypass(HEALTH, case, "police", "prosecution"))
    await agencies.sends(HEALTH)
    assert agencies.refusals == [("case.not-held", "subject")]
