"""The feed: what an agency's own systems are told, each item once, in order, with what causes it or not at all."""

from threading import Event, Thread
from typing import Any

import pytest

from contracts import web
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from services.agency import AgencyApplication
from tests.builders import (
    NAME,
    POLICE,
    SOCIAL,
    ByHand,
    Posted,
    bypass,
    concerned,
    encoded,
    new_case,
    now,
    on,
    protection,
    refer,
)
from tests.unit.conftest import full_disk

pytestmark = pytest.mark.usefixtures("database")


def says(by_hand: ByHand, app: AgencyApplication, command: dict[str, Any], to: Agency = SOCIAL) -> Posted:
    app.take(encoded(command), now())
    return next(letter for letter in by_hand.log_next(app) if letter.recipient is to)


def types(app: AgencyApplication, after: int = 0) -> list[str]:
    return [item["type"] for item in app.told(after).items]


def numbers(app: AgencyApplication) -> list[int]:
    return [item["feed"] for item in app.told(0).items]


def test_what_was_heard_is_told_in_the_order_in_which_it_was_heard(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    first, second = says(by_hand, police, refer()), says(by_hand, police, refer())
    heard = [by_hand.deliver(social, letter) for letter in (second, first)]
    page = social.told(0)
    assert [item["feed"] for item in page.items] == [1, 2]
    assert page.next == 2
    assert [item["data"] for item in page.items] == [one.told for one in heard], "the document of the other way"
    item = page.items[0]
    assert (item["specversion"], item["source"], item["type"]) == ("1.0", "/agencies/police", "referral.made")
    assert (item["subject"], item["dataschema"]) == (second.record.subject, "urn:barnabus:referral.made:1.0")


def test_a_repeat_and_what_is_parked_add_nothing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = says(by_hand, police, refer())
    by_hand.deliver(social, letter)
    assert by_hand.deliver(social, letter).state == "repeated"
    social.park_failed(*_raw(says(by_hand, police, refer())), now())
    assert numbers(social) == [1]


def _raw(letter: Posted) -> tuple[bytes, str]:
    return letter.raw, letter.postmark


def test_what_was_parked_is_told_once_it_is_taken_in(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    parked, heard = says(by_hand, police, refer()), says(by_hand, police, refer())
    social.park_failed(*_raw(parked), now())
    by_hand.deliver(social, heard)
    social.retry_parked()
    assert [item["data"]["id"] for item in social.told(0).items] == [str(heard.record.id), str(parked.record.id)]


def test_an_own_act_that_is_void_is_told_once_behind_the_letter_that_says_why(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    made = says(by_hand, police, refer())
    by_hand.deliver(social, made)
    handoff = made.record.id
    late = police.take(encoded(on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met")), now()).id
    declined = on(SOCIAL, "referral.decline", handoff, reason="no-capacity", next_step="sender-keeps")
    reply = says(by_hand, social, declined, POLICE)
    by_hand.deliver(police, reply)
    assert types(police) == ["referral.declined"], "until the log has it, the late act may still come to count"
    by_hand.log_next(police)
    assert types(police) == ["referral.declined", web.VOIDED]
    (void,) = police.told(1).items
    assert void["data"]["id"] == str(late)
    assert void["source"] == "/agencies/police"
    by_hand.deliver(police, reply)
    assert len(types(police)) == 2


def test_an_act_that_the_gateway_can_never_log_is_told_as_void(by_hand: ByHand, police: AgencyApplication) -> None:
    made = police.take(encoded(refer()), now()).id
    built = by_hand.build_next(police)
    police.on_refused(made, "tier.not-allowed", police.outbox.replace(built))
    (item,) = police.told(0).items
    assert (item["type"], item["data"]["reason"]) == (web.VOIDED, "refused-by-gateway")


def test_where_no_line_can_be_written_nothing_is_heard(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = says(by_hand, police, refer())
    with full_disk(social.store, "feed"), pytest.raises(BarnabusError) as failed:
        by_hand.deliver(social, letter)
    assert failed.value.code == "store.full"
    assert (social.inbox.letters(), numbers(social)) == ([], [])
    assert by_hand.deliver(social, letter).state == "heard"
    assert numbers(social) == [1]


def test_a_letter_whose_person_was_erased_is_told_as_such(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    command = refer()
    letter = says(by_hand, police, command)
    by_hand.deliver(social, letter)
    before = social.told(0).items[0]
    social.vault.erase(concerned(command, letter.record.subject))
    (item,) = social.told(0).items
    assert (item["type"], item["id"], item["feed"]) == (web.ERASED, before["id"], 1)
    assert item["data"]["type"] == "referral.made"
    assert item["data"]["id"] == str(letter.record.id)
    assert NAME in str(before)
    assert NAME not in str(item)


def test_the_feeds_table_holds_nothing_of_a_person(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    command = refer()
    by_hand.deliver(social, says(by_hand, police, command))
    rows = str(social.store.read("SELECT * FROM feed"))
    assert "referral.made" in rows
    assert not any(word in rows for word in (NAME, command["data"]["concerns"]["ref"], "relatives"))


def test_what_is_out_of_scope_is_skipped_and_the_cursor_goes_on(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    case = new_case()
    for command in (refer(), protection(POLICE, case), refer(), protection(POLICE, case)):
        by_hand.deliver(social, says(by_hand, police, command))
    page = social.told(0, types={"immediate-protection.taken"}, limit=1)
    assert ([item["feed"] for item in page.items], page.next) == ([2], 2)
    page = social.told(page.next, types={"immediate-protection.taken"})
    assert ([item["feed"] for item in page.items], page.next) == ([4], 4)
    assert social.told(0, types={"referral.made"}).next == 4, "nothing more of it up to the end"
    assert social.told(0, types=()).next == 4
    assert social.told(4).next == 4
    assert social.told(0, limit=3).next == 3


def test_a_page_ends_where_it_gets_too_long(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        by_hand.deliver(social, says(by_hand, police, refer()))
    monkeypatch.setattr(web, "PAGE_LIMIT_BYTES", 2_000)
    page = social.told(0)
    assert 1 <= len(page.items) < 3
    assert page.next == page.items[-1]["feed"]


def test_of_what_several_write_at_once_no_reader_sees_a_number_before_the_one_below_it(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    """An adapter hears while somebody tries again what is parked: two processes write to one store."""
    letters = [says(by_hand, police, refer()) for _ in range(24)]
    failed = list[BaseException]()
    done = [Event(), Event()]

    def hears(which: int) -> None:
        app = by_hand.application(SOCIAL)
        try:
            for letter in letters[which::2]:
                by_hand.deliver(app, letter)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)
        finally:
            app.close()
            done[which].set()

    threads = [Thread(target=hears, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    looks = 0
    while not all(event.is_set() for event in done):
        seen = numbers(social)
        assert seen == list(range(1, len(seen) + 1))
        looks += 1
    for thread in threads:
        thread.join()
    assert not failed
    assert looks > 1
    assert numbers(social) == list(range(1, 25))


def test_an_item_says_what_is_known_by_the_time_it_is_asked_for(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = says(by_hand, police, refer())
    by_hand.deliver(social, letter)
    assert social.told(0).items[0]["data"]["not_for"] == []
    around = bypass(
        SOCIAL, letter.record.subject, "social", "social", office="prishtina-csw", alternate_office="peja-csw"
    )
    social.take(encoded(around), now())
    assert social.told(0).items[0]["data"]["not_for"] == ["prishtina-csw"]
