"""A whole case with a word of its own in every personal field; once it is erased, no file and no stream holds one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus import keys, seal
from bus.settings import STORE, Settings
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import Submission
from contracts.errors import BarnabusError
from contracts.ids import case_ref_from, person_ref_from
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL, command, now
from tests.credentials import given
from tests.fault.drill import at_hand
from tests.fault.drill import command as command_of
from tests.living import Everybody, all_agencies, eventually, letters_sent
from tests.postgres import PostgresServer
from tests.searching import holding, holding_sealed, in_base64

NAME, SUSPECT = "Mërgimtare Xhelzyerë-Qendrim", "Zyrafete Përvujtnia-Hysni"
FILE, EXHIBIT, REPORT, OFFICE = "KP-90417/2026-XQ", "EXHIBIT-QX-77120-A", "IFM-QZ-5521-K", "zyra-e-fshehur-qx"
BORN, SHA = "2013-11-29", "7c" * 16 + "e5" * 16
WORDS = (NAME, SUSPECT, FILE, EXHIBIT, REPORT, OFFICE, BORN, SHA)


def by(agency: Agency, verb: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return command(agency, verb, data, **{"post": {"role": "supervisor", "office": "an-office"}} | more)


def content(type_name: str, case: "Case", **more: Any) -> dict[str, Any]:
    """The catalogue's example, with this case's people and a word of its own in every field that can hold one."""
    pointer = {"custodian": "prishtina-institute", "reference": REPORT, "sha256": SHA}
    words: dict[str, Any] = {
        "concerns": case.child,
        "suspect": case.suspect,
        "identity": {"full_name": NAME, "date_of_birth": BORN},
        "suspects": [{"full_name": SUSPECT, "date_of_birth": None}],
        "evidence": [{**pointer, "reference": EXHIBIT}],
        "report": pointer,
        "ask_office": OFFICE,
        "expires_at": None,
        "own_case": None,
    }
    example = CATALOGUE[type_name].example
    return {name: more.get(name, words.get(name, value)) for name, value in example.items()}


@dataclass(frozen=True)
class Case:
    ref: str
    child: dict[str, str]
    suspect: dict[str, str]


async def a_case(all_: Everybody) -> Case:
    """Told in five agencies' letters, some of them to several."""
    case = Case(case_ref_from(uuid4().bytes), person("child"), person("suspect"))

    async def says(agency: Agency, type_name: str, /, basis: str = "protection-duty", **data: Any) -> str:
        entry = CATALOGUE[type_name]
        said = content(type_name, case, **data)
        more = {"case_ref": case.ref, "file_number": FILE, "legal_basis": basis}
        handed_in = by(agency, entry.command or "", said, **more)
        await all_.systems[agency].do(handed_in)
        await settled(all_)
        return str(handed_in["id"])

    concern = await says(POLICE, "concern.reported", to="social", notified=[])
    await says(SOCIAL, "responsibility.accepted", handoff_id=concern)
    await says(SOCIAL, "safe-contact.set")
    await says(POLICE, "crime-report.filed", to="prosecution", notified=["social"])
    await says(POLICE, "suspect.identified", identity={"full_name": SUSPECT, "date_of_birth": None})
    exam = await says(PROSECUTION, "forensic-exam.ordered", to="health", notified=["police", "social"])
    await says(HEALTH, "referral.accepted", handoff_id=exam)
    await says(HEALTH, "exam-consent.recorded", "consent")
    await says(HEALTH, "forensic-exam.completed", handoff_id=exam, examined_at=now().isoformat())
    await says(SOCIAL, "child.missing", identity={"full_name": NAME, "date_of_birth": BORN})
    return case


def person(role: str) -> dict[str, str]:
    return {"ref": person_ref_from(uuid4().bytes), "role": role}


async def settled(all_: Everybody) -> None:
    """Every letter is signed for, and its sender knows."""

    def signed() -> bool:
        return all(row["received_at"] for one in all_.systems for row in letters_sent(all_.app(one)))

    await eventually(signed)


def sealed_letters(all_: Everybody) -> Iterator[tuple[Agency, str]]:
    """What lies in outboxes, with whose it is."""
    for agency in all_.systems:
        for body, _ in all_.app(agency).outbox.everything():
            yield from ((one.to, one.jwe) for one in Submission.model_validate_json(body).letters)


def opened(settings: Settings, to: Agency, jwe: str) -> str:
    try:
        return seal.unseal(jwe, *keys.read_sealing(settings.keys(to))).decode()
    except BarnabusError:
        return ""


async def erase_everywhere(all_: Everybody, case: Case, *, but: Agency | None = None) -> None:
    """The police do, and everybody who is asked, and whom they ask in turn; one of them keeps it."""
    whom = {"authority": "court-order", "person": case.child}
    await all_.systems[POLICE].do(by(POLICE, "content.erase", whom, case_ref=case.ref, legal_basis="court-order"))
    answered = set[str]()
    while asked := await asks(all_, answered):
        agency, handoff = asked
        answered.add(handoff)
        system = all_.systems[agency]
        if agency is but:
            kept = {"handoff_id": handoff, "ground": "ongoing-proceedings"}
            await system.do(by(agency, "erasure.keep", kept))
            continue
        await system.do(by(agency, "referral.accept", {"handoff_id": handoff}))
        await system.do(by(agency, "erasure.carry-out", {"handoff_id": handoff}))
    await settled(all_)


async def asks(all_: Everybody, answered: set[str]) -> tuple[Agency, str] | None:
    await settled(all_)
    for agency, system in all_.systems.items():
        for told in system.told:
            if told["type"] == "erasure.asked" and told["id"] not in answered:
                return agency, told["id"]
    return None


def told_as() -> list[str]:
    """Fields of a letter are in base64."""
    return [one.decode() for word in WORDS for one in in_base64(word.encode())]


def telling(all_: Everybody) -> list[tuple[Agency, str]]:
    """The sealed letters in which a word stands that is to go, each with whose key opens it."""
    home, words = all_.living.settings, told_as()
    return [(to, jwe) for to, jwe in sealed_letters(all_) if any(word in opened(home, to, jwe) for word in words)]


async def folded(settings: Settings) -> None:
    """All read models of the log, in files of their own."""
    done = await command_of("projections", "rebuild")
    assert done.exit_code == 0, done.stderr


async def test_no_file_of_a_home_holds_a_word_of_it_nor_a_sealed_letter_that_does(
    everybody: Everybody, monkeypatch: pytest.MonkeyPatch, commands_at_hand: None
) -> None:
    """Nor does anything that agencies are told from their feeds; the log is whole, and every standing is as it was."""
    settings = everybody.living.settings
    at_hand(settings, monkeypatch)
    case = await a_case(everybody)
    letters = [jwe for _, jwe in telling(everybody)]
    assert len(letters) > 5, "there is something to be erased"
    assert holding_sealed(letters, settings.home), "and the search would find it"
    before = standings(everybody, case)
    await erase_everywhere(everybody, case)
    await folded(settings)
    assert (settings.home / "projections").exists()
    assert holding(WORDS, settings.home) == []
    assert holding_sealed(letters, settings.home) == []
    assert telling(everybody) == []
    for agency in everybody.systems:
        items = everybody.app(agency).told(0, limit=200).items
        assert not [word for word in (*WORDS, *told_as()) if word in str(items)]
    assert {one: standing for one, standing in standings(everybody, case).items() if one in before} == before
    assert (await command_of("projections", "verify")).exit_code == 0
    why = ("--credential", str(given(settings, case.ref)), "--for", "inspection", "--purpose", "a test")
    assert (await command_of("case", "log", case.ref, *why)).exit_code == 0
    shown = await command_of("erasures", "list", "--open", "--json")
    assert json.loads(shown.stdout) == {"erasures": []}, "everybody has answered"


async def test_what_one_of_them_keeps_by_right_is_readable_there_and_nowhere_else(
    everybody: Everybody, monkeypatch: pytest.MonkeyPatch, commands_at_hand: None
) -> None:
    settings = everybody.living.settings
    at_hand(settings, monkeypatch)
    case = await a_case(everybody)
    of_health = [jwe for to, jwe in telling(everybody) if to is HEALTH]
    await erase_everywhere(everybody, case, but=HEALTH)
    assert holding_sealed(of_health, settings.home) == [], (
        "what was sent to it can be opened out of no store but its own"
    )
    readable = {one: contents(everybody, one, case) for one in everybody.systems}
    assert readable.pop(HEALTH)
    assert not any(readable.values())
    shown = json.loads((await command_of("erasures", "list", "--json", "--case", case.ref)).stdout)["erasures"]
    answers = {(row["agency"], ask["to"]): (ask["answer"], ask["ground"]) for row in shown for ask in row["asked"]}
    assert {answers[by_, to] for by_, to in answers if to == "health"} == {("kept", "ongoing-proceedings")}
    assert {answer for (_, to), (answer, _) in answers.items() if to != "health"} == {"erased"}
    assert case.child["ref"] not in json.dumps(shown)


async def test_stores_in_postgres_hold_no_word_of_it_nor_a_letter_that_could_be_sent_again(
    settings: Settings, quick: None, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of deleted sealed bytes until the server uses their place again is said in docs/guarantees.md."""
    monkeypatch.setenv(STORE, postgres.url())
    async with all_agencies(settings) as everybody:
        case = await a_case(everybody)
        assert len(telling(everybody)) > 5
        await erase_everywhere(everybody, case)
        assert telling(everybody) == []
        assert not any(contents(everybody, one, case) for one in everybody.systems)
        keys_left = [
            row["person"]
            for one in everybody.systems
            for row in everybody.app(one).store.read("SELECT * FROM vault_keys")
        ]
        assert not [person for person in keys_left if case.child["ref"] in person]
        assert holding(WORDS, settings.home, postgres.data) == []


def standings(all_: Everybody, case: Case) -> dict[tuple[Agency, UUID], object]:
    return {
        (agency, one.handoff_id): one.standing
        for agency in all_.systems
        for one in all_.app(agency).handoffs_of(case.ref)
    }


def contents(all_: Everybody, agency: Agency, case: Case) -> list[str]:
    """The types of what is still readable of others' letters at an agency, in which a word stands."""
    app = all_.app(agency)
    letters = [app.letter(row) for row in app.inbox.letters() if row["case_ref"] == case.ref]
    return [one["type"] for one in letters if one and any(word in str(one) for word in WORDS)]
