"""How the handoffs of one municipality are shown: on a terminal, and as rows of a spreadsheet."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli import show, telling
from cli.show import minute
from projections.figures import WITHHELD

COLUMNS = ("as_of", "municipality", "period", "from", "to", "count", "open")
"""Of a spreadsheet: a row a way. A count that is withheld is `WITHHELD`."""


def flat(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for group in found["groups"]:
        counts = {name: WITHHELD if group[name] is None else group[name] for name in ("count", "open")}
        yield {"as_of": found["as_of"], "municipality": found["municipality"], **group, **counts} | {
            "period": found["period"]
        }


def print_summary(found: Mapping[str, Any]) -> None:
    if not found["groups"]:
        show.out.print("There are none.")
        return
    as_of = f"as of {minute(found['as_of'])} (UTC), by the log's clock"
    show.out.print(f"{found['municipality']}, made in {found['period']}, {as_of}:\n", markup=False)
    rows = [(f"{row['from']} → {row['to']}", f"{row['count']}", f"{row['open']}") for row in flat(found)]
    show.table(("who asks whom", "made", "open"), rows, empty="")
    show.out.print()
    show.out.print(telling.filled(found["withheld"], indent=0), markup=False)
