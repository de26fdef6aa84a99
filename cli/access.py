"""`barnabus access`: who may look into a case, emergencies that a second person vouches for, and who has looked."""

from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from bus import directory, keys, vouching
from bus.clock import wall_clock
from bus.settings import Settings
from cli import access_log, access_rows, choosing, granting, leave, looking, reading, show
from cli.leave import Asker
from contracts.documents import read
from contracts.emergency import OPEN_FOR, VOUCHED_WITHIN, EmergencyAsked
from contracts.errors import BarnabusError, Refused
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import EmergencyGround, Replay
from projections.accesses import accesses

app = typer.Typer(no_args_is_help=True, help="Who may look into a case, and who has looked.")
app.command("grant")(granting.grant)
app.command("show")(granting.show_)
app.command("withdraw")(granting.withdraw)
app.command("log")(access_log.log)
Out = Annotated[Path, typer.Option("--out", help="Into which file.")]


@app.command("list")
@show.coded
def list_(
    case_ref: reading.Reference,
    purpose: leave.Purpose = "",
    for_: leave.For = "",
    credential: leave.File = None,
    emergency: leave.ByEmergency = None,
    agency: Annotated[str | None, typer.Option(help="Only whom this agency answers for.")] = None,
    person: Annotated[str | None, typer.Option(help="Only this person, by their label.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Show who has looked into a case, when, what for and by which credential; this look too, which is logged first."""
    of = show.agency(agency).value if agency else None
    asker = Asker(purpose, for_, credential, emergency)
    found = accesses(looking.case(case_ref, asker, Replayed(what=Replay.ACCESSES)))
    rows = [row for row in found if of in (None, row["agency"]) and person in (None, row["person"])]
    if as_json:
        show.document({"case_ref": case_ref, "accesses": rows})
    else:
        access_rows.print_list(rows)


@app.command()
@show.coded
def emergency(
    case_ref: reading.Reference,
    credential: leave.File = None,
    ground: Annotated[str, typer.Option(help="Why there is no time: danger-to-life, child-missing, …")] = "",
    out: Out = Path("emergency.jws"),
) -> None:
    """Ask to look into a case that your credential does not name; another person has to vouch, within 15 minutes."""
    settings, now = Settings(), wall_clock()
    reading.reference(case_ref)
    path, why = leave.given(credential), choosing.word(EmergencyGround, ground or None, "--ground")
    if why is None:
        raise Refused("option.invalid", field="--ground", detail=f"One of: {', '.join(EmergencyGround)}.")
    _, key = leave.holder(path, directory.load(settings), now)
    said = {"id": str(uuid4()), "credential": leave.text(path), "case_ref": case_ref, "ground": why.value}
    asked = read(EmergencyAsked, said | {"asked_at": now.isoformat()})
    _write(out, vouching.ask(asked, key))
    show.out.print(f"Asked in {out}. Within {_minutes(VOUCHED_WITHIN)} minutes another person has to say:")
    show.out.print(f"  barnabus access vouch {out} --credential THEIRS")


@app.command()
@show.coded
def vouch(
    asked: Annotated[Path, typer.Argument(metavar="ASKED", help="What `access emergency` wrote.")],
    credential: leave.File = None,
    out: Out = Path("vouched.jws"),
) -> None:
    """Vouch for another person's emergency; oversight is told of it, and of you, as soon as they look."""
    settings, now = Settings(), wall_clock()
    path, keyring = leave.given(credential), directory.load(settings)
    _, key = leave.holder(path, keyring, now)
    token = leave.text(asked)
    found = vouching.read_asked(token, keyring, now)
    _write(out, vouching.vouch(token, leave.text(path), key, keyring, now))
    show.out.print(
        f"Vouched in {out}: {found.asker.person} of {found.asker.agency} may look into {found.said.case_ref} for "
        f"{_minutes(OPEN_FOR)} minutes, for {found.said.ground}. They say `--emergency {out}` when they do."
    )


def _write(path: Path, token: str) -> None:
    try:
        keys.write(path, f"{token}\n".encode())
    except FileExistsError:
        raise BarnabusError("file.unwritable", detail=f"{path} is there already: name another with --out.") from None
    except OSError as error:
        raise BarnabusError("file.unwritable", detail=f"{path}: {error.strerror}.") from None


def _minutes(length: Any) -> int:
    return int(length.total_seconds() // 60)
