"""What could not be taken in, as operators see it in the console: with its reason, and as the command says."""

import asyncio
import contextlib
import json
import shutil
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from bus import keys
from bus.settings import Settings
from cli.main import app
from projections.view import Place
from tests.builders import POLICE, SOCIAL, ByHand, encoded, now, refer
from tests.consoles import accounts, console, sign_in, visited
from tests.views import by_hand as folded_by_hand
from tests.views import fold, made_up_log

pytestmark = pytest.mark.usefixtures("commands_at_hand")


@pytest.fixture
def parked(by_hand: ByHand, settings: Settings) -> str:
    """The Centre could not open a letter of the police; the read models hold an entry of a newer version."""
    police, social = by_hand.application(POLICE), by_hand.application(SOCIAL)
    with contextlib.closing(police), contextlib.closing(social):
        police.take(encoded(refer()), now())
        letter = by_hand.log_next(police)[0]
        social._sealing_keys = [keys.new_sealing_key("social")]
        by_hand.deliver(social, letter)
    return str(letter.record.id)


async def test_what_is_parked_is_shown_with_its_reason_as_the_command_says_it(
    parked: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded_by_hand(Place.of(settings), made_up_log(60))
    shutil.rmtree(settings.keys("health"))
    shutil.rmtree(settings.keys("police"))
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    told = await asyncio.to_thread(CliRunner().invoke, app, ["parked", "list", "--json"])
    found = console(settings, accounts(settings.home))
    async with visited(found) as browser:
        await sign_in(browser)
        twin, page = (await browser.get("/parked.json")).json(), (await browser.get("/parked")).text
        ours = {name: twin[name] for name in ("agencies", "parked", "own")}
        assert ours == json.loads(told.stdout)
        (letter,) = twin["parked"]
        assert (letter["id"], letter["agency"], letter["sender"]) == (parked, "social", "police")
        assert twin["codes"] == {letter["code"]: 1}
        about = {one["agency"]: (one["here"], one["letters"], one["error"]) for one in twin["agencies"]}
        assert (about["social"], about["health"], about["oversight"]) == (
            (True, 1, None),
            (False, 0, None),
            (True, 0, None),
        )
        assert about["police"] == (True, 0, "home.missing"), "whose store is here and whose keys are gone is not away"
        assert f"barnabus parked retry social {parked}" in page
        assert "not on this machine" in page
        assert (await browser.get("/parked.json?agency=police")).json()["parked"] == []
        assert (await browser.get(f"/parked.json?code={letter['code']}")).json()["parked"] == [letter]
        assert (await browser.get("/parked.json?code=none")).json()["code"] == "option.invalid"
        assert parked not in "".join(part for part in page.split('href="')[1:] if part.startswith("/handoffs"))
    await found.close()


async def test_entries_that_the_read_models_do_not_know_stand_there_too(settings: Settings) -> None:
    log = made_up_log(80)
    place = Place.of(settings)
    newer = replace(
        log[-1],
        record=log[-1].record.model_copy(update={"dataschema": log[-1].record.dataschema.replace(":1.0", ":9.0")}),
    )
    place.begin("live")

    fold(place, [*log[:-1], newer])
    found = console(settings, accounts(settings.home))
    async with visited(found) as browser:
        await sign_in(browser)
        (entry,) = (await browser.get("/parked.json")).json()["entries"]
        assert (entry["position"], entry["code"]) == (newer.stamp.position, "version.unknown")
        assert entry["next"] in (await browser.get("/parked")).text
    await found.close()


async def test_nothing_parked_is_said_calmly(settings: Settings) -> None:
    folded_by_hand(Place.of(settings), made_up_log(60))
    found = console(settings, accounts(settings.home))
    async with visited(found) as browser:
        await sign_in(browser)
        page = (await browser.get("/parked")).text
        assert "Nothing is parked." in page
        assert page.count("nothing is parked") == len((await browser.get("/parked.json")).json()["agencies"])
    await found.close()
