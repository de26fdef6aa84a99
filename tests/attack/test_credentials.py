"""Looking where one may not: credentials forged, edited, stolen or of elsewhere, and vouchings turned to another use.

Nothing here reaches the log: what is tried is refused before it is asked for.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from bus import credential, directory, keys, seal, vouching
from bus.provisioning import provision
from bus.settings import Settings
from cli.leave import Asker, leave
from contracts import check
from contracts.agencies import Agency
from contracts.credential import LONGEST, Credential
from contracts.emergency import OPEN_FOR, VOUCHED_WITHIN, EmergencyAsked, EmergencyVouched
from contracts.errors import BarnabusError, Refused
from contracts.vocabulary.accounting import EmergencyGround
from tests.builders import KEEPER, OVERSIGHT, POLICE, PROSECUTION, SOCIAL, command, encoded, new_case, now
from tests.credentials import given

CASE, OTHER = new_case(), new_case()


def signed_as(settings: Settings, said: Credential, owner: Agency | str, name: str = "signing") -> str:
    return credential.issue(said, keys.read_jwk(settings.keys(str(owner)) / f"{name}.jwk"))


def rewritten(token: str, change: Callable[[dict[str, Any]], None]) -> str:
    """Another payload under the same signature."""
    head, payload, signature = token.split(".")
    said = json.loads(seal.unb64(payload))
    change(said)
    return f"{head}.{seal.b64(seal.dump(said))}.{signature}"


def code(act: Callable[[], object]) -> str:
    with pytest.raises(BarnabusError) as caught:
        act()
    return caught.value.code


def looks(settings: Settings, file: Path, case: str = CASE, **more: Any) -> Callable[[], object]:
    asker = Asker("to see", "inspection", file, more.pop("emergency", None))
    return lambda: leave(asker, case, directory.load(settings), more.pop("at", now()))


# credentials


@pytest.mark.parametrize("owner", [POLICE, KEEPER, "gateway"])
def test_no_agency_lets_its_own_people_in(settings: Settings, owner: Agency | str) -> None:
    file = given(settings, CASE)
    said = credential.read(file.read_text().strip(), directory.load(settings), now())
    file.write_text(signed_as(settings, said, owner))
    assert code(looks(settings, file)) == "credential.invalid"


def test_nor_does_the_root(settings: Settings) -> None:
    file = given(settings, CASE)
    said = credential.read(file.read_text().strip(), directory.load(settings), now())
    file.write_text(signed_as(settings, said, "root", "root"))
    assert code(looks(settings, file)) == "credential.invalid"


def test_oversight_of_another_bus_is_nobody_here(settings: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(home=tmp_path / "elsewhere", nats_url=None)
    provision(elsewhere, now())
    assert code(looks(settings, given(elsewhere, CASE))) == "credential.invalid"


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["cases"].append(OTHER),
        lambda said: said.update(valid_until=(now() + LONGEST).isoformat()),
        lambda said: said.update(agency="prosecution"),
        lambda said: said.update(person="inspector-18"),
        lambda said: said.update(signing=keys.new_signing_key("x").as_dict(private=False)),
    ],
    ids=["another case", "a longer life", "another agency", "another person", "another key"],
)
def test_what_oversight_signed_is_not_written_on(settings: Settings, change: Callable[[dict[str, Any]], None]) -> None:
    file = given(settings, CASE)
    file.write_text(rewritten(file.read_text().strip(), change))
    assert code(looks(settings, file, OTHER)) == "credential.invalid"


def test_a_signature_of_oversight_over_something_else_is_no_credential(settings: Settings) -> None:
    file = given(settings, CASE)
    said = credential.read(file.read_text().strip(), directory.load(settings), now())
    own = keys.read_jwk(settings.keys(OVERSIGHT) / "signing.jwk")
    file.write_text(seal.sign(said.model_dump_json().encode(), own, typ="barnabus-record"))
    assert code(looks(settings, file)) == "credential.invalid"


def test_a_credential_that_was_seen_is_of_no_use_without_its_key(settings: Settings, tmp_path: Path) -> None:
    file, thief = given(settings, CASE), given(settings, OTHER, person="inspector-4", folder=tmp_path / "thief")
    shutil.copy(file, thief.parent / "stolen.jws")
    assert code(looks(settings, thief.parent / "stolen.jws")) == "credential.without-key"
    (tmp_path / "alone").mkdir()
    shutil.copy(file, tmp_path / "alone")
    assert code(looks(settings, tmp_path / "alone" / file.name)) == "credential.without-key"


def test_a_public_key_beside_it_is_no_private_one(settings: Settings, tmp_path: Path) -> None:
    file = given(settings, CASE)
    said = credential.read(file.read_text().strip(), directory.load(settings), now())
    shutil.copy(file, tmp_path / "stolen.jws")
    (tmp_path / "signing.jwk").write_text(json.dumps(dict(said.signing)))
    assert code(looks(settings, tmp_path / "stolen.jws")) == "credential.without-key"


def test_one_that_ends_is_over_to_the_second(settings: Settings) -> None:
    file = given(settings, CASE, at=(began := now()), lasting=timedelta(days=1))
    last = began + timedelta(days=1)
    assert looks(settings, file, at=last - timedelta(seconds=1))()
    assert code(looks(settings, file, at=last)) == "credential.ended"


@pytest.mark.parametrize("junk", ["", "a.b.c", "." * 100, "\x00" * 70_000, "x" * 100_000, '{"person": "inspector-17"}'])
def test_what_is_no_token_is_refused_whatever_it_is(settings: Settings, junk: str) -> None:
    file = given(settings, CASE)
    file.write_text(junk)
    assert code(looks(settings, file)) == "credential.invalid"


@pytest.mark.parametrize("agency", [POLICE, PROSECUTION, SOCIAL])
def test_only_oversight_withdraws_a_credential(agency: Agency) -> None:
    data = {"credential": "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"}
    said = command(agency, "credential.withdraw", data, case_ref=CASE)
    with pytest.raises(Refused, match=r"sender\.not-allowed"):
        check.command(encoded(said), agency)


# vouchings


@dataclass(frozen=True)
class Person:
    file: Path
    token: str
    key: OKPKey


@dataclass(frozen=True)
class Two:
    """One who asks and one who vouches."""

    settings: Settings
    keyring: directory.Directory
    asker: Person
    voucher: Person

    def asked(self, **other: Any) -> str:
        by = other.pop("by", self.asker.key)
        said: dict[str, Any] = {"id": "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11", "case_ref": OTHER}
        said |= {"credential": self.asker.token, "ground": EmergencyGround.CHILD_MISSING, "asked_at": now()} | other
        return vouching.ask(EmergencyAsked.model_validate(said), by)

    def vouched(self, asked: str, by: OKPKey | None = None, **other: Any) -> str:
        """Signed by whichever key, whatever it says."""
        said = {"asked": asked, "credential": self.voucher.token, "vouched_at": now()} | other
        token = EmergencyVouched.model_validate(said).model_dump_json().encode()
        return seal.sign(token, by or self.voucher.key, typ=vouching.VOUCHED)

    def looks(self, token: str, case: str = OTHER, **more: Any) -> Callable[[], object]:
        file = self.asker.file.parent / "vouched.jws"
        file.write_text(token)
        return looks(self.settings, more.pop("file", self.asker.file), case, emergency=file, **more)


def person(settings: Settings, label: str, **more: Any) -> Person:
    file = given(settings, CASE, person=label, **more)
    return Person(file, file.read_text().strip(), keys.read_jwk(file.parent / "signing.jwk"))


@pytest.fixture
def two(settings: Settings) -> Two:
    asker, voucher = person(settings, "inspector-17"), person(settings, "supervisor-3", agency=PROSECUTION)
    return Two(settings, directory.load(settings), asker, voucher)


def test_what_both_signed_counts(two: Two) -> None:
    assert two.looks(two.vouched(two.asked()))()


def test_asking_alone_opens_nothing(two: Two) -> None:
    assert code(two.looks(two.asked())) == "vouching.invalid"


@pytest.mark.parametrize("whose", ["the asker's", "anybody's"])
def test_nobody_signs_in_the_vouchers_name(two: Two, whose: str) -> None:
    key = two.asker.key if whose == "the asker's" else keys.new_signing_key("supervisor-3")
    assert code(two.looks(two.vouched(two.asked(), key))) == "vouching.invalid"


def test_nobody_asks_in_anothers_name(two: Two) -> None:
    assert code(two.looks(two.vouched(two.asked(by=two.voucher.key)))) == "vouching.invalid"


def test_nobody_vouches_for_themselves(two: Two) -> None:
    asked = two.asked()
    itself = two.vouched(asked, two.asker.key, credential=two.asker.token)
    assert code(two.looks(itself)) == "vouching.own"
    assert code(lambda: vouching.vouch(asked, two.asker.token, two.asker.key, two.keyring, now())) == "vouching.own"


def test_nor_with_a_second_credential_of_their_own(two: Two) -> None:
    again = person(two.settings, "inspector-17", agency=PROSECUTION, folder=two.settings.home / "again")
    assert code(two.looks(two.vouched(two.asked(), again.key, credential=again.token))) == "vouching.own"


def test_nor_under_another_label_with_the_same_key(two: Two) -> None:
    other = person(two.settings, "supervisor-9", folder=two.asker.file.parent)
    assert other.key.as_dict(private=True) == two.asker.key.as_dict(private=True)
    assert code(two.looks(two.vouched(two.asked(), other.key, credential=other.token))) == "vouching.own"


def test_a_vouching_is_of_one_case_and_for_one_person(two: Two) -> None:
    token = two.vouched(two.asked())
    assert code(two.looks(token, new_case())) == "vouching.invalid"
    third = person(two.settings, "inspector-4")
    assert code(two.looks(token, file=third.file)) == "vouching.invalid"
    assert code(two.looks(token, file=two.voucher.file)) == "vouching.invalid"


@pytest.mark.parametrize("part", ["asked", "credential"])
def test_what_both_signed_is_not_written_on(two: Two, part: str) -> None:
    asked, third = two.asked(ground=EmergencyGround.DANGER_TO_LIFE), person(two.settings, "inspector-4")
    other = {"asked": asked, "credential": third.token}
    token = rewritten(two.vouched(two.asked()), lambda said: said.update({part: other[part]}))
    assert code(two.looks(token)) == "vouching.invalid"


@pytest.mark.parametrize("whose", ["asker", "voucher"])
def test_who_asks_and_who_vouches_hold_credentials_that_count(settings: Settings, whose: str) -> None:
    long_ago = now() - timedelta(days=40)
    ended = {"at": long_ago}
    asker = person(settings, "inspector-17", **(ended if whose == "asker" else {}))
    voucher = person(settings, "supervisor-3", **(ended if whose == "voucher" else {}))
    two = Two(settings, directory.load(settings), asker, voucher)
    assert code(two.looks(two.vouched(two.asked()))) == "credential.ended"


def test_it_is_vouched_for_soon_or_not_at_all(two: Two) -> None:
    late = VOUCHED_WITHIN + timedelta(seconds=1)
    asked = two.asked(asked_at=now() - late)
    assert code(two.looks(two.vouched(asked))) == "vouching.ended"
    assert (
        code(lambda: vouching.vouch(asked, two.voucher.token, two.voucher.key, two.keyring, now())) == "vouching.ended"
    )
    ahead = two.vouched(two.asked(asked_at=now() + late), vouched_at=now() + late)
    assert code(two.looks(ahead)) == "vouching.ended", "nor for a time that has not come"


def test_a_vouching_that_is_shown_again_later_opens_nothing(two: Two) -> None:
    token = two.vouched(two.asked())
    assert two.looks(token, at=now() + OPEN_FOR - timedelta(minutes=1))()
    assert code(two.looks(token, at=now() + OPEN_FOR)) == "vouching.ended"


@pytest.mark.parametrize("junk", ["", "x", "a.b.c", "é.é.é", "." * 60_000])
def test_what_is_no_vouching_is_refused_whatever_it_is(two: Two, junk: str) -> None:
    assert code(two.looks(junk)) == "vouching.invalid"
