"""Keys change while everything is at work: nothing is lost, old records verify, and an ended key signs no more."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bus import directory, keys, rekeying, seal
from bus.chains import ADOPTED
from bus.log import Logged, LogReader
from bus.settings import Settings
from bus.submission import build
from contracts import subjects
from contracts.agencies import Agency
from tests.builders import POLICE, SOCIAL, START, ByHand, act, now, refer
from tests.conftest import Said
from tests.living import Bus, Living, eventually, kept_back

_REFERRALS = "SELECT stamp FROM outbox WHERE type = 'referral.made' ORDER BY number"
_ADOPTED = "SELECT 1 FROM outbox WHERE type = 'directory.adopted' AND stamp IS NOT NULL"
AT_ONCE, WITH_TIME = timedelta(0), timedelta(days=7)


@pytest.fixture(autouse=True)
def _directory_is_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bus.directory.LOOK_EVERY_S", 0.0)


def rotate(settings: Settings, owner: str, overlap: timedelta) -> None:
    at = now()
    rekeying.carry_out(rekeying.plan(settings, owner, "sig"), settings, at, others_until=at + overlap)


async def signers(home: Living, sender: Agency) -> list[str]:
    """By which key each of a sender's words and receipts is signed; each entry of the log was verified."""
    nats = await home.connect("reader", "reader")
    reader = LogReader(nats, api=subjects.API)
    entries = [entry async for entry in reader.entries(1, await reader.last())]
    verified: list[Logged] = await home.log()
    return [
        seal.signed_by(entry.signature)
        for entry, logged in zip(entries, verified, strict=True)
        if logged.record.sender == sender and logged.record.type != ADOPTED
    ]


async def adopted(home: Living) -> list[tuple[str, str, str]]:
    """Who has said in the log to go by another directory: the digest of the one before, and the new one."""
    found = [one.record for one in await home.log() if one.record.type == ADOPTED]
    return [(one.sender, one.data.content["before"], one.data.content["directory"]) for one in found]


async def test_the_log_has_by_which_directory_each_agency_goes_from_when_on(bus: Bus) -> None:
    """Each as the root signed it, with the one before; also what was changed while an adapter was away."""
    await bus.police.do(refer())
    await bus.settled()
    assert await adopted(bus.living) == [], "nothing has changed by then"
    directories = [_signed(bus.settings)]
    rotate(bus.settings, "gateway", WITH_TIME)
    directories.append(_signed(bus.settings))
    await _until_adopted(bus, 2)
    await bus.living.stop_adapter(POLICE)
    rotate(bus.settings, SOCIAL, WITH_TIME)
    directories.append(_signed(bus.settings))
    await bus.living.start_adapter(POLICE)
    await _until_adopted(bus, 4)
    changes = list(zip(map(seal.digest, directories[:-1]), directories[1:], strict=True))
    said = await adopted(bus.living)
    for agency in (POLICE, SOCIAL):
        assert [(before, now_) for by, before, now_ in said if by == agency] == changes
    assert all(directory.opened(token, keys.read_jwk(bus.settings.root_public)).keys for token in directories)


def _has_said_its_directory(bus: Bus) -> bool:
    (noted,) = bus.app(POLICE).store.read("SELECT digest FROM directory_noted")
    return noted["digest"] == seal.digest(_signed(bus.settings)) and bus.app(POLICE).outbox.waiting() is None


def _signed(settings: Settings) -> str:
    return settings.directory.read_text().strip()


async def _until_adopted(bus: Bus, n: int) -> None:
    await eventually(lambda: sum(len(bus.app(agency).store.read(_ADOPTED)) for agency in (POLICE, SOCIAL)) == n)


@pytest.mark.parametrize("overlap", [AT_ONCE, WITH_TIME])
async def test_an_agencys_signing_key_is_changed_under_it(bus: Bus, overlap: timedelta) -> None:
    await bus.police.do(refer())
    rotate(bus.settings, POLICE, overlap)
    answer = await bus.police.do(refer())
    await bus.social.hears(answer["id"])
    await bus.settled()
    assert await signers(bus.living, POLICE) == ["police-sig-1", "police-sig-2"]


async def test_the_gateways_signing_key_is_changed_under_it(bus: Bus) -> None:
    await bus.police.do(refer())
    rotate(bus.settings, "gateway", AT_ONCE)
    answer = await bus.police.do(refer())
    await bus.social.hears(answer["id"])
    await bus.settled()
    stamped = [seal.signed_by(row["stamp"]) for row in bus.app(POLICE).store.read(_REFERRALS)]
    assert stamped == ["gateway-sig-1", "gateway-sig-2"]
    assert len(await bus.living.log()) >= 3, "the receipts, too, and each is verified"


async def test_what_was_signed_and_could_not_go_out_before_its_key_ended_goes_out_by_the_new_one(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    """An act, whose letters are signed too, and a receipt, which has none."""
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    with kept_back(bus.living.adapters[SOCIAL], monkeypatch):
        first = await bus.police.ask(refer())
        await bus.social.hears(first["id"])
        await eventually(lambda: bus.app(POLICE).outbox.stamp_of(UUID(first["id"])))
        await bus.living.stop_gateway()
    second = await bus.police.ask(refer())
    assert second["status"] == "recorded"
    await eventually(lambda: bus.app(POLICE).outbox.waiting() and bus.app(SOCIAL).outbox.waiting())
    for agency in (POLICE, SOCIAL):
        rotate(bus.settings, agency, AT_ONCE)
    await bus.living.start_gateway()
    await bus.social.hears(second["id"])
    await bus.settled()
    assert await signers(bus.living, POLICE) == ["police-sig-1", "police-sig-2"]
    assert set(await signers(bus.living, SOCIAL)) == {"social-sig-2"}
    assert {line["type"] for line in said if line["event"] == "submission.signed-anew"} == {"referral.made", "receipt"}
    assert bus.living.adapters[POLICE].relay.halted is None


async def test_a_stolen_key_signs_nothing_more_from_when_it_is_revoked_whatever_time_it_claims(
    bus: Bus, by_hand: ByHand
) -> None:
    """The thief has the agency's account as well. What the key signed before stays what it was."""
    stolen = keys.read_jwk(bus.settings.keys(POLICE) / "signing.jwk")
    await bus.police.do(refer())
    rotate(bus.settings, POLICE, WITH_TIME)
    rekeying.revoke(bus.settings, str(stolen.kid), now())
    thief = await bus.living.connect(POLICE, "adapter")
    await eventually(lambda: _has_said_its_directory(bus))  # its chain stands still while the thief tries
    head = bus.app(POLICE).outbox.head()
    for time in (now(), now() - timedelta(days=30)):
        forged = build(act(time=time), POLICE, head, {SOCIAL: START}, stolen, by_hand.directory)
        answer: dict[str, Any] = json.loads((await thief.request(subjects.SUBMIT, forged.body, timeout=5)).data)
        assert answer["refused"]["code"] == "key.ended"
    answer = await bus.police.do(refer())
    assert (await bus.social.hears(answer["id"]))["sender"] == POLICE
    assert await signers(bus.living, POLICE) == ["police-sig-1", "police-sig-2"]


async def test_what_is_in_the_log_by_a_key_that_has_ended_since_is_answered_with_its_stamp(
    home: Living, by_hand: ByHand
) -> None:
    """Its sender never got the answer: to be told that the key had ended, it would say the act a second time."""
    await home.start_gateway()
    police = await home.connect(POLICE, "adapter")
    body = by_hand.built(act(), POLICE).body
    first = json.loads((await police.request(subjects.SUBMIT, body, timeout=5)).data)
    rotate(home.settings, POLICE, AT_ONCE)
    again = json.loads((await police.request(subjects.SUBMIT, body, timeout=5)).data)
    assert first["stamp"] == again["stamp"]
    assert len(await home.log()) == 1


async def test_an_agency_whose_only_key_has_ended_waits_and_goes_on_with_a_new_one(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    rotate(bus.settings, POLICE, AT_ONCE)
    new = bus.settings.keys(POLICE) / "signing-2.jwk"
    lost = new.rename(new.with_suffix(".lost"))
    answer = await bus.police.ask(refer())
    assert answer["status"] == "recorded", "nothing that was accepted is lost"
    lost.rename(new)  # its file may come after the directory that names it
    await bus.social.hears(answer["id"])
    assert await signers(bus.living, POLICE) == ["police-sig-2"]


async def test_a_gateway_without_a_key_voids_nothing_and_makes_nobody_sign_anew(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    own = bus.settings.keys("gateway") / "signing.jwk"
    kept = own.read_bytes()
    own.write_bytes(b"")
    rotate(bus.settings, POLICE, AT_ONCE)
    rotate(bus.settings, "gateway", AT_ONCE)
    new = bus.settings.keys("gateway") / "signing-2.jwk"
    lost = new.rename(new.with_suffix(".lost"))
    answer = await bus.police.ask(refer())
    await eventually(lambda: [line for line in said if line["event"] == "gateway.no-key"])
    assert (answer["status"], bus.police.voided) == ("recorded", [])
    lost.rename(new)
    own.write_bytes(kept)
    await bus.social.hears(answer["id"])
    assert await signers(bus.living, POLICE) == ["police-sig-2"]
    assert bus.police.voided == []
