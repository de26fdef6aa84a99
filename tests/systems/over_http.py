"""An agency's system over HTTP that takes on whatever it is asked: `python over_http.py AGENCY`.

What it has dealt with and what it is about to say are kept in files, as in examples/integrators.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from cli.sandbox import speaking
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.standing import Move

KEPT = Path(os.environ["BARNABUS_HOME"]) / "tried"
LOOK_EVERY_S, AGAIN_AFTER_S, ANSWER_WITHIN_S = 0.05, 0.2, 5.0


def asked(http: httpx.Client, path: str, command: dict[str, Any] | None = None) -> Any:
    """The answer, whatever it is; asked again for as long as it may go through later."""
    while True:
        try:
            answer = http.get(path) if command is None else http.post(path, json=command)
            if "retry-after" not in answer.headers:
                return answer.json()
        except httpx.TransportError:
            pass
        time.sleep(AGAIN_AFTER_S)


def commands(me: Agency, letter: dict[str, Any]) -> list[dict[str, Any]]:
    """It acknowledges, where there is a word for that, and accepts; the same commands whenever it is asked."""
    path = KEPT / f"{letter['id']}.json"
    if not path.exists():
        content, entry = letter["content"], CATALOGUE[letter["type"]]
        service = entry.service_of(content)
        assert service
        on = speaking.On(UUID(letter["id"]), letter["case_ref"], service, content.get("concerns", {}).get("ref"))
        made = [
            command
            for move in (Move.ACKNOWLEDGE, Move.ACCEPT)
            for command in speaking.act(move, on, me, datetime.now(UTC))
        ]
        path.with_suffix(".new").write_text(json.dumps(made))
        path.with_suffix(".new").replace(path)
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found


def deal_with(http: httpx.Client, me: Agency, item: dict[str, Any]) -> None:
    letter = item["data"]
    if item["type"] not in CATALOGUE or letter["version"].partition(".")[0] != "1" or not letter["standing"]:
        return
    if letter["content"].get("handoff_id") is None and letter["standing"]["whose_move"] == me:
        for command in commands(me, letter):
            asked(http, "/events", command)


def to_the_adapter() -> httpx.Client:
    headers = {"authorization": f"Bearer {os.environ['BARNABUS_TOKEN']}"}
    return httpx.Client(base_url=os.environ["BARNABUS_HTTP"], headers=headers, timeout=ANSWER_WITHIN_S, trust_env=False)


def main() -> None:
    me = Agency(sys.argv[1])
    KEPT.mkdir(exist_ok=True)
    place = KEPT / "feed"
    with to_the_adapter() as http:
        while True:
            after = place.read_text() if place.exists() else "0"
            page = asked(http, f"/letters?after={after}")
            for item in page["items"]:
                deal_with(http, me, item)
            place.with_suffix(".new").write_text(str(page["next"]))
            place.with_suffix(".new").replace(place)
            if not page["items"]:
                time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main()
