"""`barnabus erase AGENCY --case REF …`: content is destroyed in an agency's store, and asked of whoever got it."""

from typing import Annotated, Any
from uuid import uuid4

import typer

from bus.settings import Settings
from cli import asking_to_erase, reading, show
from contracts.vocabulary.erasing import ErasureAuthority
from contracts.vocabulary.people import PersonRole

Authority = Annotated[ErasureAuthority, typer.Option(help="By what right.")]
Office = Annotated[str, typer.Option(help="The office of the supervisor who decides it, such as prishtina-csw.")]
Person = Annotated[str | None, typer.Option(help="Whose content, by person_ref; without it, everybody's in the case.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="Only what was said in this type; can be repeated.")]


@show.coded
def erase(
    agency: Annotated[str, typer.Argument(help="In whose store: police, social.")],
    case_ref: Annotated[str, typer.Option("--case", help="The case's reference.")],
    authority: Authority,
    office: Office,
    person: Person = None,
    role: Annotated[PersonRole, typer.Option(help="The person's role in the case.")] = PersonRole.CHILD,
    types: Types = None,
    as_json: show.AsJson = False,
) -> None:
    """Destroy content for good, tell the log how much and by what right, and ask everybody who got it to do the same.

    Safe to repeat: what is gone is not erased again. It runs through the agency's adapter, or on its closed store.
    """
    whom = {"ref": person, "role": role.value} if person else None
    data: dict[str, Any] = {"authority": authority.value, "types": list(types or ()), "person": whom}
    asked = asking_to_erase.command(uuid4(), reading.reference(case_ref), office, data)
    answer = asking_to_erase.hand_in(Settings(), show.agency(agency), asked)
    if as_json:
        show.document(answer)
        return
    where = f"logged at position {answer['stamp']['position']}" if answer["stamp"] else "recorded, not yet logged"
    show.out.print(f"Erased at {agency}: {where}. Who was asked, and what they answer: barnabus erasures list")
