"""Which key an owner signs with, which signatures count when, and how a process hears of another directory."""

from datetime import datetime, timedelta

import pytest

from bus import arrivals, directory, keys, rekeying
from bus.directory import Live
from bus.log import Entry, verify
from bus.settings import Settings
from bus.signing import Signing
from contracts import subjects
from contracts.envelope import Submission
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, ByHand, act, now
from tests.conftest import Said

LONG = timedelta(days=7)


def rotate(settings: Settings, owner: str = POLICE, *, overlap: timedelta = timedelta(0)) -> datetime:
    """From when on its other keys count no more."""
    at = now()
    rekeying.carry_out(rekeying.plan(settings, owner, "sig"), settings, at, others_until=at + overlap)
    return at + overlap


def signing(settings: Settings, at: datetime) -> Signing:
    known = directory.load(settings)
    return Signing(settings.keys(POLICE), POLICE, lambda: known, lambda: at)


def code(settings: Settings, kid: str, at: datetime | None) -> str | None:
    try:
        directory.load(settings).signer(POLICE, at)(kid)
    except BarnabusError as error:
        return error.code
    return None


def test_a_key_counts_until_it_ends_and_not_at_that_moment(settings: Settings) -> None:
    ends_at = rotate(settings)
    assert code(settings, "police-sig-1", ends_at - timedelta(microseconds=1)) is None
    assert code(settings, "police-sig-1", ends_at) == "key.ended"
    assert code(settings, "police-sig-1", None) is None, "that it ever did is seen, too"
    assert code(settings, "police-sig-2", ends_at - LONG) is None, "since when it counts, nothing hangs on"


def test_its_owner_signs_by_the_newest_one_that_counts_and_that_it_holds(settings: Settings) -> None:
    assert signing(settings, now())().kid == "police-sig-1"
    ends_at = rotate(settings, overlap=LONG)
    assert signing(settings, now())().kid == "police-sig-2"
    (settings.keys(POLICE) / "signing-2.jwk").unlink()
    assert signing(settings, ends_at - timedelta(seconds=1))().kid == "police-sig-1"
    with pytest.raises(BarnabusError, match=r"key\.ended"):
        signing(settings, ends_at)()


def test_what_the_log_has_verifies_for_ever_whenever_a_key_ended(by_hand: ByHand) -> None:
    """A gateway took it while the key counted by its own directory: another reader's may be newer."""
    ends_at = rotate(by_hand.settings)
    rotate(by_hand.settings, "gateway")
    for at in (ends_at - timedelta(seconds=1), ends_at, ends_at + LONG):
        by_hand.clock = lambda at=at: at  # type: ignore[misc]  # each its own
        assert verify(logged(by_hand), by_hand.directory).stamp.logged_at == at


def test_a_letter_that_has_just_come_bears_a_postmark_by_a_key_that_counts(by_hand: ByHand) -> None:
    letter = by_hand.forge(act(), POLICE)
    ends_at = rotate(by_hand.settings, "gateway")
    arrivals.still_counts(letter.postmark, by_hand.directory, ends_at - timedelta(seconds=1))
    with pytest.raises(BarnabusError, match=r"key\.ended"):
        arrivals.still_counts(letter.postmark, by_hand.directory, ends_at)
    assert arrivals.postmark(letter.postmark, SOCIAL, by_hand.directory).recipient is SOCIAL, "one that came before"


def logged(by_hand: ByHand) -> Entry:
    """A record that the police's first key has signed, as a gateway would have stamped it at this time."""
    built = by_hand.built(act(), POLICE)
    by_hand.position += 1
    token, stamp = by_hand.stamp(built, POLICE)
    found = Submission.model_validate_json(built.body)
    return Entry(stamp.position, subjects.of_record(built.record), found.record, found.signature, token)


def test_a_key_is_revoked_at_once_but_not_the_last_one(settings: Settings) -> None:
    with pytest.raises(BarnabusError, match=r"key\.only"):
        rekeying.revoke(settings, "police-sig-1", now())
    rotate(settings, overlap=LONG)
    at = now()
    rekeying.revoke(settings, "police-sig-1", at)
    assert code(settings, "police-sig-1", at) == "key.ended"
    later = rekeying.revoke(settings, "police-sig-1", at + LONG)
    (ended,) = [key.valid_until for key in later.keys if key.kid == "police-sig-1"]
    assert ended == at, "a key that has ended does not end later"
    with pytest.raises(BarnabusError, match=r"key\.unknown"):
        rekeying.revoke(settings, "police-sig-9", at)


def test_nor_is_the_new_one_while_the_old_one_only_counts_on_for_a_while(settings: Settings) -> None:
    rotate(settings, overlap=LONG)
    with pytest.raises(BarnabusError, match=r"key\.only"):
        rekeying.revoke(settings, "police-sig-2", now())


def test_a_key_file_that_cannot_be_read_keeps_no_other_away_and_is_said(settings: Settings, said: Said) -> None:
    (settings.keys(POLICE) / "signing-2.jwk").write_bytes(b"")
    assert signing(settings, now())().kid == "police-sig-1"
    assert [line["file"] for line in said if line["event"] == "key.unreadable"] == ["signing-2.jwk"]


def test_a_directory_that_no_record_could_hold_is_not_signed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.rekeying.DIRECTORY_LIMIT", 1_000)
    before = settings.directory.read_bytes()
    with pytest.raises(BarnabusError, match=r"directory\.invalid"):
        rotate(settings)
    assert settings.directory.read_bytes() == before


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_process_goes_by_a_new_directory_within_a_second_and_at_once_for_a_key_that_it_does_not_know(
    settings: Settings,
) -> None:
    elapsed = Time()
    live = Live(settings, elapsed)
    at = rotate(settings)
    assert live.signer(POLICE, at)("police-sig-1").kid == "police-sig-1", "it has not looked yet"
    assert live.signer(POLICE, at)("police-sig-2").kid == "police-sig-2", "so it looks"
    with pytest.raises(BarnabusError, match=r"key\.ended"):
        live.signer(POLICE, at)("police-sig-1")
    rotate(settings)
    elapsed.now += directory.LOOK_EVERY_S
    assert [key.kid for key in live.now.of(POLICE, "sig")] == ["police-sig-1", "police-sig-2", "police-sig-3"]


def test_a_directory_that_the_root_did_not_sign_is_not_taken_and_that_is_said(settings: Settings, said: Said) -> None:
    elapsed = Time()
    live = Live(settings, elapsed)
    known = live.now
    whole = settings.directory.read_text()
    forged = known.with_new(POLICE, keys.new_signing_key(POLICE, 2), now(), others_until=now())
    keys.replace(settings.directory, directory.sign(forged, keys.new_signing_key("root")).encode())
    elapsed.now += directory.LOOK_EVERY_S
    assert live.now is known
    settings.directory.unlink()
    elapsed.now += directory.LOOK_EVERY_S
    assert live.now is known
    assert [line["code"] for line in said if line["event"] == "directory.not-taken"] == [
        "directory.invalid",
        "home.missing",
    ]
    settings.directory.write_text(whole)
    elapsed.now += directory.LOOK_EVERY_S
    assert live.now == known


def test_a_directory_that_could_not_be_read_at_first_is_tried_again_though_it_is_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    elapsed = Time()
    live = Live(settings, elapsed)
    rotate(settings)
    with monkeypatch.context() as patched:
        patched.setattr("bus.directory.read", _unreadable)
        for _ in range(3):
            elapsed.now += directory.LOOK_EVERY_S
            assert len(list(live.now.of(POLICE, "sig"))) == 1
    elapsed.now += directory.LOOK_EVERY_S
    assert len(list(live.now.of(POLICE, "sig"))) == 2
    assert len([line for line in said if line["event"] == "directory.not-taken"]) == 1


def _unreadable(_: Settings) -> None:
    raise BarnabusError("directory.invalid")
