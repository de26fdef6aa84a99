"""`barnabus access grant|show|withdraw`: oversight lets a person look into cases, and ends that before its time."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from joserfc.jwk import OKPKey

from bus import credential, directory, keys, seal
from bus.clock import wall_clock
from bus.settings import Settings
from bus.signing import Signing
from cli import choosing, leave, reading, show, submit
from contracts.agencies import Agency
from contracts.credential import LONGEST, Credential
from contracts.documents import read
from contracts.errors import BarnabusError, Refused
from contracts.vocabulary.people import LegalBasis, Role

DAYS = 30


@show.coded
def grant(
    person: Annotated[str, typer.Option(help="A label such as inspector-17, of one person for ever; never a name.")],
    agency: Annotated[str, typer.Option(help="Which agency answers for them, and records their looks.")],
    role: Annotated[str, typer.Option(help="Their role, such as inspector.")],
    case: Annotated[list[str], typer.Option(help="A case into which they may look; as often as there are cases.")],
    days: Annotated[int, typer.Option(min=1, max=LONGEST.days, help="For so many days.")] = DAYS,
    out: Annotated[
        Path | None, typer.Option(help="Into which folder; without it, investigators/PERSON in the home.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Give a person a credential, with keys that are theirs alone; needs oversight's signing key here."""
    settings, word = Settings(), choosing.word(Role, role, "--role")
    assert word
    folder = out or settings.home / "investigators" / person
    found, path = give(settings, folder, person, show.agency(agency), word, case, wall_clock(), timedelta(days=days))
    if as_json:
        show.document(_document(found) | {"file": str(path)})
        return
    show.out.print(f"Given out: {path}, until {show.minute(found.valid_until.isoformat())} UTC.")
    show.out.print("Hand its whole folder to that person, who keeps it to themselves, and delete it here.")


def give(
    settings: Settings,
    folder: Path,
    person: str,
    agency: Agency,
    role: Role,
    cases: Sequence[str],
    now: datetime,
    lasting: timedelta,
) -> tuple[Credential, Path]:
    """A credential and its file. Raises `oversight.missing`, `field.invalid`, `file.unwritable`."""
    said: dict[str, Any] = {"id": str(uuid4()), "person": person, "agency": agency, "role": role, "cases": cases}
    said |= {"issued_at": now.isoformat(), "valid_until": (now + lasting).isoformat()}
    trial = keys.new_sealing_key("nobody"), keys.new_signing_key("nobody")
    read(Credential, said | _public(*trial))  # before any file is made
    oversight = _oversight(settings)
    try:
        found = read(Credential, said | _public(*_keys(folder, person)))
        path = _free(folder)
        keys.write(path, f"{credential.issue(found, oversight())}\n".encode())
    except OSError as error:
        raise BarnabusError("file.unwritable", detail=f"{folder}: {error.strerror}.") from None
    return found, path


@show.coded
def show_(
    file: Annotated[Path, typer.Argument(metavar="CREDENTIAL", help="The file of a credential.")],
    as_json: show.AsJson = False,
) -> None:
    """Show what a credential says, once oversight's signature on it is verified."""
    found = _document(credential.read(leave.text(file), directory.load(Settings()), wall_clock()))
    if as_json:
        show.document(found)
    else:
        show.fields(found)


@show.coded
def withdraw(
    file: Annotated[Path, typer.Argument(metavar="CREDENTIAL", help="The file of the credential, or a copy of it.")],
    case: Annotated[list[str] | None, typer.Option(help="Only from this case.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """End a credential before its time, in each of its cases, through oversight's adapter."""
    settings = Settings()
    found = credential.read(leave.text(file), directory.load(settings), wall_clock())
    wanted = [reading.reference(ref) for ref in case or found.cases]
    for ref in wanted:
        if ref not in found.cases:
            raise Refused("credential.not-for-case", field="--case")
    rows = [{"case_ref": ref, "status": _withdrawn(settings, found.id, ref)} for ref in wanted]
    if as_json:
        show.document({"credential": str(found.id), "cases": rows})
    else:
        show.table(("case", "withdrawn"), ((row["case_ref"], row["status"]) for row in rows), empty="")


def _withdrawn(settings: Settings, credential_id: UUID, case_ref: str) -> str:
    command = submit.command(
        "credential.withdraw",
        case_ref,
        {"credential": str(credential_id)},
        basis=LegalBasis.PROTECTION_DUTY,
        post={"role": Role.INSPECTOR},
        now=wall_clock(),
    )
    answer = asyncio.run(submit.ask(settings, Agency.OVERSIGHT, seal.dump(command)))
    return str(submit.taken(answer)["status"])


def _oversight(settings: Settings) -> Signing:
    """Raises Refused `oversight.missing`."""
    known = directory.load(settings)
    found = Signing(settings.keys(Agency.OVERSIGHT), Agency.OVERSIGHT, lambda: known, wall_clock)
    try:
        found()
    except BarnabusError:
        raise Refused("oversight.missing", detail=f"Folder: {settings.keys(Agency.OVERSIGHT)}.") from None
    return found


def _keys(folder: Path, person: str) -> tuple[OKPKey, OKPKey]:
    """The person's own, made once: what was sealed to them before stays readable."""
    sealing, signing = folder / "sealing.jwk", folder / "signing.jwk"
    if not sealing.exists():
        keys.write_jwk(sealing, keys.new_sealing_key(person))
    if not signing.exists():
        keys.write_jwk(signing, keys.new_signing_key(person))
    return keys.read_jwk(sealing), keys.read_jwk(signing)


def _public(sealing: OKPKey, signing: OKPKey) -> dict[str, Any]:
    return {"sealing": sealing.as_dict(private=False), "signing": signing.as_dict(private=False)}


def _free(folder: Path) -> Path:
    """A credential that was given out stays beside a newer one."""
    names = ("credential.jws", *(f"credential-{number}.jws" for number in range(2, 1_000)))
    return next(path for name in names if not (path := folder / name).exists())


def _document(found: Credential) -> dict[str, Any]:
    """Without its keys."""
    return found.model_dump(mode="json", exclude={"sealing", "signing"})
