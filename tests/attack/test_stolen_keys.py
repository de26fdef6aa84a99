"""What a stolen key gives, and what not: a signing key, a NATS key, both, a sealing key, the gateway's, one revoked."""

from typing import Any

import pytest
from nats.errors import Error as NatsError

from bus import directory, keys, rekeying, seal
from bus.log import POSTMARK_TYP, STAMP_TYP
from bus.submission import Head, build
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Submission
from contracts.errors import BarnabusError
from tests.attack.intruder import Enter
from tests.attack.test_flooding import code, submits
from tests.builders import HEALTH, NAME, POLICE, SOCIAL, START, ByHand, act, new_case, now, refer
from tests.living import Bus, Living, eventually


def by(signer: str, sender: Agency, by_hand: ByHand, head: Head = START, link: Head = START) -> bytes:
    """A referral to the Centre in a sender's name, signed with somebody's key."""
    return build(act(), sender, head, {SOCIAL: link}, by_hand.key(signer), by_hand.directory).body


async def test_a_signing_key_alone_says_nothing_from_another_account(home: Living, by_hand: ByHand) -> None:
    """Whoever has the police's key sends what it signs from the account that is its own: health's."""
    await home.start_gateway()
    nats = await home.connect(HEALTH, "adapter")
    assert code(await submits(nats, by(POLICE, POLICE, by_hand))) == "account.mismatch"
    assert code(await submits(nats, by(POLICE, HEALTH, by_hand))) in ("key.unknown", "signature.invalid")
    assert await home.log() == []


async def test_an_account_without_the_signing_key_says_nothing_either(home: Living, by_hand: ByHand) -> None:
    """Its NATS seed was stolen, and its signing key was not."""
    await home.start_gateway()
    police = await home.connect(POLICE, "adapter")
    for signer in ("health", "gateway", "keeper"):
        assert code(await submits(police, by(signer, POLICE, by_hand))) in ("key.unknown", "signature.invalid")
    assert await home.log() == []


async def test_a_nats_key_takes_letters_away_that_it_cannot_open_and_the_sender_sees_them_unreceived(
    bus: Bus, intrude: Enter
) -> None:
    await bus.living.stop_adapter(SOCIAL)
    thief = await intrude(SOCIAL, "adapter")
    await bus.police.do(refer())
    await thief.listens("_INBOX.adapter.thief")
    await thief.says("bus.CONSUMER.MSG.NEXT.POST_social.adapter", b'{"batch":1}', reply="_INBOX.adapter.thief")
    (letter,) = await eventually(lambda: thief.heard)
    assert NAME.encode() not in letter.data
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        seal.unseal(letter.data.decode(), keys.read_jwk(bus.settings.keys(HEALTH) / "sealing.jwk"))
    await thief.says(letter.reply, b"+ACK")
    (row,) = bus.app(POLICE).store.read("SELECT received_at FROM outbox_letters")
    assert row["received_at"] is None


async def test_a_letter_that_a_thief_has_acknowledged_comes_to_its_receiver_all_the_same(
    bus: Bus, intrude: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has the letter's number, so the adapter misses it and asks for it again."""
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)
    await bus.living.stop_adapter(SOCIAL)
    thief = await intrude(SOCIAL, "adapter")
    referral = await bus.police.do(refer())
    await thief.listens("_INBOX.adapter.thief")
    await thief.says("bus.CONSUMER.MSG.NEXT.POST_social.adapter", b'{"batch":1}', reply="_INBOX.adapter.thief")
    (letter,) = await eventually(lambda: thief.heard)
    await thief.says(letter.reply, b"+ACK")
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(referral["id"])
    await bus.settled()


async def test_both_keys_speak_for_the_agency_and_its_own_relay_sees_it_and_stops(
    bus: Bus, by_hand: ByHand, intrude: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That cannot be told from the agency. But its chain goes on without it, and that it says at once."""
    await bus.police.do(refer())
    await bus.settled()
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.2)
    outbox = bus.app(POLICE).outbox
    thief = await intrude(POLICE, "adapter")
    assert "stamp" in await submits(thief.nats, by(POLICE, POLICE, by_hand, outbox.head(), outbox.link(SOCIAL)))
    assert (await bus.police.ask(refer()))["status"] == "recorded"
    relay = bus.living.adapters[POLICE].relay
    await eventually(lambda: relay.halted)
    assert relay.halted == "chain.forked"


async def test_a_revoked_signing_key_says_nothing_new_whatever_time_it_claims(
    bus: Bus, by_hand: ByHand, intrude: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.directory.LOOK_EVERY_S", 0.0)
    stolen = by_hand.key(HEALTH)
    at = now()
    rekeying.carry_out(rekeying.plan(bus.settings, HEALTH, "sig"), bus.settings, at, others_until=at)
    body = build(act(), HEALTH, START, {SOCIAL: START}, stolen, by_hand.directory).body
    assert code(await submits((await intrude(HEALTH, "adapter")).nats, body)) == "key.ended"


async def test_a_key_that_is_in_no_directory_says_nothing_under_any_name(home: Living, by_hand: ByHand) -> None:
    """Also one that bears the kid of a key that is."""
    await home.start_gateway()
    nats = await home.connect(HEALTH, "adapter")
    real = by_hand.key(HEALTH)
    forged = keys.new_signing_key(HEALTH).as_dict(private=True) | {"kid": real.kid}
    key = type(real).import_key(forged)
    body = build(act(), HEALTH, START, {SOCIAL: START}, key, by_hand.directory).body
    assert code(await submits(nats, body)) == "signature.invalid"


async def test_a_sealing_key_opens_its_own_agencys_letters_and_no_others(bus: Bus) -> None:
    await bus.police.do(refer())
    await bus.social.do(refer(SOCIAL, POLICE))
    await bus.settled()
    stolen = keys.read_jwk(bus.settings.keys(SOCIAL) / "sealing.jwk")
    for sender, to, opens in ((POLICE, SOCIAL, True), (SOCIAL, POLICE, False)):
        (body,) = bus.app(sender).outbox.holding(to, [1])
        (letter,) = Submission.model_validate_json(body).letters
        if opens:
            assert seal.unseal(letter.jwe, stolen)
        else:
            with pytest.raises(BarnabusError, match=r"content\.unreadable"):
                seal.unseal(letter.jwe, stolen)


def test_a_sealing_key_signs_nothing(by_hand: ByHand) -> None:
    """Neither a record nor a letter's content: it is of another kind, and listed for sealing alone."""
    sealing = by_hand.settings.keys(HEALTH) / "sealing.jwk"
    known = directory.load(by_hand.settings)
    kid = keys.read_jwk(sealing).kid
    assert kid
    with pytest.raises(BarnabusError, match=r"key\.unknown"):
        known.signer(HEALTH, None)(kid)


async def test_the_gateways_signing_key_alone_reaches_neither_the_log_nor_a_post(
    bus: Bus, by_hand: ByHand, intrude: Enter
) -> None:
    """It can be used from an agency's account, and there is nothing there to write to."""
    letter = by_hand.forge(act(), POLICE)
    health = await intrude(HEALTH, "adapter")
    for subject in (f"case.{new_case()}.police.referral.made", "post.social.letter", "post.social.notice"):
        await health.says(subject, letter.raw, headers={subjects.POSTMARK: letter.postmark})
        await health.was_refused(f'publish to "{subject}"')
    assert bus.app(SOCIAL).inbox.letters() == []


async def test_the_gateways_nats_key_alone_posts_no_letter_that_counts(bus: Bus, by_hand: ByHand, events: Any) -> None:
    """It has the rights, and signs with another key: the recipient takes it for no letter."""
    letter = by_hand.forge(act(), POLICE)
    mark = seal.verify(letter.postmark, by_hand.directory.signer("gateway", None), typ=POSTMARK_TYP)
    js = (await bus.living.connect("gateway", "gateway")).jetstream()
    for signer in (HEALTH, POLICE):
        postmark = seal.sign(mark, by_hand.key(signer), typ=POSTMARK_TYP)
        await js.publish(subjects.post_letters(SOCIAL), letter.raw, headers={subjects.POSTMARK: postmark})
    await bus.social.hears((await bus.police.do(refer()))["id"])
    assert bus.app(SOCIAL).inbox.letter(str(letter.record.id)) is None
    assert "letter.rejected" in events()


async def test_both_of_the_gateways_keys_deliver_no_letter_that_its_sender_did_not_sign(
    bus: Bus, by_hand: ByHand
) -> None:
    """Whoever is the gateway can number and postmark as it likes; what the letter says needs the sender's key."""
    real = act()
    built = build(real, POLICE, START, {SOCIAL: START}, by_hand.key(HEALTH), by_hand.directory)
    by_hand.position = 1
    _, stamp = by_hand.stamp(built, POLICE)
    (letter,) = by_hand.posted(built, stamp)
    js = (await bus.living.connect("gateway", "gateway")).jetstream()
    await js.publish(subjects.post_letters(SOCIAL), letter.raw, headers={subjects.POSTMARK: letter.postmark})
    await eventually(bus.app(SOCIAL).inbox.parked)
    assert [row["reason"] for row in bus.app(SOCIAL).inbox.parked()] == ["key.unknown"]


def test_a_postmark_is_no_stamp(by_hand: ByHand) -> None:
    """Each kind of thing that is signed says what it is: none passes for another."""
    known = by_hand.directory.signer("gateway", None)
    letter = by_hand.forge(act(), POLICE)
    with pytest.raises(BarnabusError, match=r"signature\.invalid"):
        seal.verify(letter.postmark, known, typ=STAMP_TYP)


def test_an_agencys_key_signs_no_directory(by_hand: ByHand) -> None:
    """Nor does the gateway's: the root alone does, and it is kept offline."""
    mine = directory.load(by_hand.settings)
    for signer in (POLICE, "gateway"):
        token = directory.sign(mine, by_hand.key(signer))
        with pytest.raises(BarnabusError, match=r"directory\.invalid|signature\.invalid|key\.unknown"):
            directory.opened(token, keys.read_jwk(by_hand.settings.root_public))


async def test_a_systems_key_is_not_its_adapters(bus: Bus) -> None:
    """With the seed of the agency's own system nobody connects as its adapter, under whatever name."""
    nats = await bus.living.connect(POLICE, "system")
    with pytest.raises((NatsError, TimeoutError)):
        await nats.request(subjects.SUBMIT, b"{}", timeout=0.3)
