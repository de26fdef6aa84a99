"""How handoffs and their summaries are shown: on a terminal of 80 columns, and as rows of a spreadsheet."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from cli import show, times
from cli.show import minute
from contracts.agencies import FIELD
from projections.account import NOBODY
from projections.legs import INFORMATION, LEGS, MADE, RECEIVED
from projections.lengths import at_most

_ONCE = [leg for leg in LEGS if leg != INFORMATION]
_OF_A_LEG = (
    "state", "until", "claimed_until", "wall_s", "calendar_days", "working_days", "working_s", "claimed_s", "lag_s",
    "least_s", "most_s",
)  # fmt: skip
COLUMNS = (
    "id", "case_ref", "service", "urgency", "from", "to", "period", "stage", "open", "whose_move", "responsible",
    "since", "void", "as_of", "made_at", "made_claimed", "made_lag_s",
    *(f"{leg}_{name}" for leg in _ONCE for name in _OF_A_LEG),
    "information_asked", "information_answered", "information_wall_s",
    *(f"held_{holder}_{name}" for holder in (*FIELD, NOBODY) for name in ("wall_s", "working_s")),
    "whole_wall_s", "whole_working_s",
)  # fmt: skip
"""Of a spreadsheet of handoffs. `_claimed…` are the acting agency's words; all other moments are the log's."""
_QUANTILES = ("p50", "p90", "p99")
SUMMARY_COLUMNS = (
    "as_of", "service", "from", "to", "urgency", "period", "count", "open", "leg", "ended", "censored", "under_way",
    *(f"{quantile}_{end}" for quantile in _QUANTILES for end in ("over_s", "most_s")),
)  # fmt: skip
"""Of a spreadsheet of a summary: a row a leg."""


def flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """One handoff as one row."""
    acts = {act["act"]: act for act in found["acts"]}
    legs: dict[str, list[Mapping[str, Any]]] = {}
    for leg in found["legs"]:
        legs.setdefault(leg["leg"], []).append(leg)
    made = acts.get(MADE)
    row: dict[str, Any] = {name: found[name] for name in COLUMNS if name in found}
    if made:
        row |= {"made_at": made["at"], "made_claimed": made["claims"]["recorded"], "made_lag_s": made["lag_s"]}
    for name in _ONCE:
        for leg in legs.get(name, ()):
            least, most = leg["between_s"] or (None, None)
            lag_s = acts[name].get("lag_s") if name in acts else None
            told = {**leg, "lag_s": lag_s, "least_s": least, "most_s": most}
            row |= {f"{name}_{column}": told[column] for column in _OF_A_LEG}
    asked = legs.get(INFORMATION, [])
    row["information_asked"] = len(asked)
    row["information_answered"] = sum(leg["state"] == "ended" for leg in asked)
    row["information_wall_s"] = sum(leg["wall_s"] for leg in asked)
    for holder, held in found["holders"].items():
        row |= {f"held_{holder}_{name}": length for name, length in held.items()}
    return row | {f"whole_{name}": length for name, length in found["whole"].items()}


def flat_summary(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for group in found["groups"]:
        for name, leg in group["legs"].items():
            quantiles = {f"{q}_{end}": length for q in _QUANTILES for end, length in (leg[q] or {}).items()}
            yield {"as_of": found["as_of"], **group, "leg": name, **leg, **quantiles}


def print_list(found: list[dict[str, Any]]) -> None:
    rows = (
        (
            f"{one['id']}\n  case {one['case_ref']}",
            f"{_asked_for(one)}\n  {one['from']} → {one['to']}",
            f"{one['stage']}\n{one['whose_move'] or 'nobody'}\n{minute(one['since'])[:10]}",
        )
        for one in found
    )
    heads = ("id\n  case", "asked for\n  from → to", "stage\nwhose move\nsince (UTC)")
    show.table(heads, rows, empty="There are none.")


def _asked_for(found: Mapping[str, Any]) -> str:
    return found["service"] or "never made"


def print_summary(found: Mapping[str, Any]) -> None:
    """A group's name, then a line a leg. What is shown is never shorter than the exact quantile."""
    if not found["groups"]:
        show.out.print("There are none.")
        return
    show.out.print(f"As of {minute(found['as_of'])} (UTC), by the log's clock; those under way are counted.\n")
    show.out.print(
        f"{'':14}{'ended':>7}{'under way':>11}{'cut off':>9}{'half in':>10}{'9 of 10 in':>12}{'99 of 100 in':>14}"
    )
    for group in found["groups"]:
        show.out.print(f"[bold]{_name(group, found['by'])}[/bold]: {group['count']} made, {group['open']} open")
        for name, leg in group["legs"].items():
            if leg["ended"] or leg["censored"]:
                half, nine, ninety_nine = (_at_most(leg, quantile) for quantile in _QUANTILES)
                counts = f"{leg['ended']:>7}{leg['under_way']:>11}{leg['censored'] - leg['under_way']:>9}"
                show.out.print(f"  {name:12}{counts}{half:>10}{nine:>12}{ninety_nine:>14}")


def _name(group: Mapping[str, Any], by: str) -> str:
    pair = f"{group['from']} → {group['to']}"
    names = {"pair": pair, "way": f"{group['service']}, {pair}", "urgency": group["urgency"] or "no urgency said"}
    return names.get(by) or str(group[by])


def _at_most(leg: Mapping[str, Any], quantile: str) -> str:
    """Or that it is longer than all that is known, for so many are under way, or were cut off."""
    found = leg[quantile]
    if found and found["most_s"] is not None:
        return within(timedelta(seconds=found["most_s"]))
    return "not yet" if leg["under_way"] else "not known" if leg["censored"] else ""


def within(length: timedelta) -> str:
    """A length that this one does not exceed."""
    number, unit = at_most(length)
    return f"{number} {unit}"


def print_one(found: Mapping[str, Any]) -> None:
    urgency, move = found["urgency"] or "no urgency said", found["whose_move"] or "nobody's"
    show.out.print(f"[bold]{_asked_for(found)}[/bold], {found['from']} → {found['to']}: {found['stage']}")
    show.out.print(f"case {found['case_ref']}, {urgency}, as of {minute(found['as_of'])}")
    show.out.print(f"whose move: {move}; answers for it: {found['responsible'] or 'nobody'}\n")
    rows = ((act["act"], act["by"], minute(act["at"]), *_claimed(act)) for act in found["acts"])
    show.table(("act", "by", "logged (UTC)", "it says (UTC)", "recorded after"), rows, empty="Nothing was said.")
    show.out.print()
    legs = ((*(leg[name] for name in ("leg", "state")), *_by_three_clocks(leg), _clocks(leg)) for leg in found["legs"])
    columns = ("leg", "", "wall", "days", "working", "clocks")
    show.table(columns, legs, empty="No leg has begun.")
    show.out.print()
    held = [
        (holder, times.length(of["wall_s"]), times.length(of["working_s"])) for holder, of in found["holders"].items()
    ]
    whole = found["whole"]
    held.append(("together", times.length(whole["wall_s"]), times.length(whole["working_s"])))
    show.table(("held by", "wall", "working"), held, empty="Nobody has held it.")


def _claimed(act: Mapping[str, Any]) -> tuple[str, str]:
    claims = act["claims"]
    if act["act"] == RECEIVED:
        return minute(claims["received"]), "" if act["opened"] else "not opened"
    said = claims["recorded"] if act["act"] in (MADE, "asked") else claims["occurred"]
    lag = f"{_roughly(act['lag_s'])} ({act['lag_since']})" if act["lag_s"] is not None else ""
    return minute(said or claims["time"]), lag


def _by_three_clocks(leg: Mapping[str, Any]) -> tuple[str, int, str]:
    return times.length(leg["wall_s"]), leg["calendar_days"], times.length(leg["working_s"])


def _clocks(leg: Mapping[str, Any]) -> str:
    if leg["clocks_agree"]:
        return "agree"
    least, most = leg["between_s"]
    return f"differ: {_roughly(least)} to {_roughly(most)}"


def _roughly(seconds: float) -> str:
    """In its largest unit, rounded down."""
    unit, of = next(((unit, of) for unit, of in (("d", 86400), ("h", 3600), ("min", 60)) if seconds >= of), ("s", 1))
    return f"{int(seconds // of)} {unit}"
