"""`barnabus submit AGENCY FILE|-`: hand an adapter a command as the agency's own system would."""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from bus import connection
from bus.settings import Settings
from cli import show
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Refused
from contracts.vocabulary.people import LegalBasis

ANSWER_TIMEOUT_S = 10.0


@show.coded
def submit(
    agency: Annotated[str, typer.Argument(help="Whose adapter: police, social.")],
    file: Annotated[str, typer.Argument(help="A JSON command, or - for standard input.")],
    as_json: show.AsJson = False,
) -> None:
    """Hand an adapter a command. Answers with the event's id and, when logged, its stamp; or with a coded error."""
    report(asyncio.run(ask(Settings(), show.agency(agency), _read(file))), as_json=as_json)


def command(
    verb: str,
    case_ref: str,
    data: Mapping[str, Any],
    *,
    basis: LegalBasis,
    post: Mapping[str, Any],
    now: datetime,
    command_id: UUID | None = None,
) -> dict[str, Any]:
    """What an agency's own system would hand in about a case, of this moment. The same id again is the same command."""
    at = now.isoformat()
    return {
        "command": verb,
        "id": str(command_id or uuid4()),
        "case_ref": case_ref,
        "clocks": {"occurred": at, "known": at, "recorded": at},
        "legal_basis": basis,
        "post": post,
        "data": data,
    }


def taken(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer. Raises what the adapter refuses with."""
    if problem := answer.get("error"):
        raise _refusal(problem)
    return answer


def report(answer: dict[str, Any], *, as_json: bool) -> None:
    """Say what became of a command; a refusal ends this one with its exit code."""
    if as_json:
        show.document(answer)
    elif "error" not in answer:
        _say(answer)
    if "error" in answer:
        problem = answer["error"]
        if not as_json:
            show.problem(_refusal(problem))
        raise typer.Exit(BarnabusError(problem["code"]).row.exit)


def _refusal(problem: Mapping[str, Any]) -> BarnabusError:
    return BarnabusError(problem["code"], field=problem.get("field"), detail=problem.get("detail"))


def _say(answer: dict[str, Any]) -> None:
    stamp = answer["stamp"]
    where = f"logged at position {stamp['position']}, {stamp['logged_at']}" if stamp else "recorded, not yet logged"
    again = " (the same command was taken before)" if answer["repeated"] else ""
    show.out.print(f"[green bold]{answer['status']}[/green bold]  event {answer['id']}  case {answer['case_ref']}")
    show.out.print(f"  {where}{again}")
    if answer["left_out"]:
        show.out.print(f"  [yellow]no letter to {', '.join(answer['left_out'])}: a bypass leads around[/yellow]")
    if answer["void"]:
        show.out.print(f"  [yellow]void: {answer['void']}[/yellow]")


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Refused("file.unreadable", detail=f"{file}: {error.strerror}.") from None


async def ask(settings: Settings, agency: Agency, asked: bytes, *, on: str = subjects.COMMAND) -> dict[str, Any]:
    """The adapter's answer to a command, or to what is asked on another subject of its.

    Raises `nats.unreachable` or `adapter.unreachable`.
    """
    nats = await connection.connect(settings, agency, "system", patient=False)
    try:
        answer = await nats.request(on, asked, timeout=ANSWER_TIMEOUT_S)
    except (NoRespondersError, NatsTimeoutError):
        raise BarnabusError("adapter.unreachable", detail=f"Agency: {agency}.") from None
    finally:
        await connection.close(nats)
    found: dict[str, Any] = json.loads(answer.data)
    return found
