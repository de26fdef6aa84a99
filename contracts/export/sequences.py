"""docs/sequences.md: who says what to whom while a handoff goes its way, drawn by playing the acts through the law."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.export.pages import GENERATED
from contracts.handoff import fold
from contracts.standing import Act, Standing
from contracts.subjects import COMMAND, heard

OPENER, RECEIVER = Agency.POLICE, Agency.SOCIAL
Said = tuple[Agency, str]
"""Which agency's own system hands in which command."""


@dataclass(frozen=True, slots=True)
class Story:
    """Acts in the log's order. Those of one round cross: nobody has heard the other's when it acts."""

    title: str
    meaning: str
    rounds: Sequence[Sequence[Said]]


STORIES = (
    Story(
        "A referral is taken on",
        "Until the receiver accepts, it waits for the receiver. A service never moves the case: the opener answers for "
        "the child before and after.",
        [[(OPENER, "referral.make")], [(RECEIVER, "referral.acknowledge")], [(RECEIVER, "referral.accept")]],
    ),
    Story(
        "A withdrawal crosses an acceptance",
        "Each acts without having heard of the other. The log gives one order, and both come to the same standing, in "
        "the other order too: a withdrawal is asked for and never imposed, so the acceptance counts until the "
        "receiver lets go. Nothing is void, and nobody waits for the other.",
        [
            [(OPENER, "referral.make")],
            [(RECEIVER, "referral.accept"), (OPENER, "referral.ask-withdrawal")],
            [(RECEIVER, "referral.confirm-withdrawal")],
        ],
    ),
    Story(
        "What letters said is opened to an investigator",
        "An investigator's agency asks who received them. The receiver's system is told whether oversight's credential "
        "holds and what would be opened, and names the fields; the adapter seals them to the investigator alone, so "
        "the asking agency's system is told which they are, and not what they say. Oversight hears of each act.",
        [[(OPENER, "content.ask")], [(RECEIVER, "referral.accept")], [(RECEIVER, "content.open")]],
    ),
)


def page() -> str:
    """The whole page."""
    parts = [
        GENERATED,
        "# Sequences",
        f"An agency's own system talks to its own adapter alone: commands on `{COMMAND}`, letters on "
        f"`{heard('<type>')}`. Adapters talk to the log's gateway, and the gateway puts sealed letters into the post. "
        "What stands in the notes is the standing that the law comes to ([handoff.md](handoff.md)); it is told with "
        "each letter.",
        *(f"## {story.title}\n\n{story.meaning}\n\n```mermaid\n{_diagram(story)}```" for story in STORIES),
    ]
    return "\n\n".join(parts) + "\n"


def _diagram(story: Story) -> str:
    lines = ["sequenceDiagram", *_participants()]
    said: list[Said] = []
    for crossing in story.rounds:
        said += crossing
        lines += _round(crossing)
        lines.append(f"Note over {OPENER}_system,{RECEIVER}_system: {_shown(after(said))}")
    return "\n    ".join(lines) + "\n"


def after(said: Sequence[Said]) -> Standing:
    """What the handoff has come to by these acts, in the log's order."""
    acts = [_act(by, command, position) for position, (by, command) in enumerate(said, 1)]
    standing = fold(acts)
    assert not standing.voids, "a story in which an act is void has to say so"
    return standing


def _act(by: Agency, command: str, position: int) -> Act:
    move = COMMANDS[command].move
    assert move is not None
    return Act(UUID(int=position), move, by, position, to=RECEIVER if by is OPENER else None)


def _participants() -> Iterator[str]:
    for name, shown in (
        (f"{OPENER}_system", f"{OPENER}’s own system"),
        (OPENER, f"{OPENER}’s adapter"),
        ("log", "gateway and log"),
        (RECEIVER, f"{RECEIVER}’s adapter"),
        (f"{RECEIVER}_system", f"{RECEIVER}’s own system"),
    ):
        yield f"participant {name} as {shown}"


def _round(crossing: Sequence[Said]) -> Iterator[str]:
    """All hand in before anybody hears; the log takes one after the other; then everybody is told."""
    for by, command in crossing:
        yield f"{by}_system->>{by}: {command}"
    for by, command in crossing:
        yield f"{by}->>log: {COMMANDS[command].type}"
        yield f"log-->>{by}: its position, signed"
        yield f"{by}-->>{by}_system: logged"
    for by, command in crossing:
        other = RECEIVER if by is OPENER else OPENER
        yield f"log->>{other}: {COMMANDS[command].type}, sealed"
        yield f"{other}->>{other}_system: {heard(COMMANDS[command].type)}"
        yield f"{other}->>log: {CATALOGUE['receipt'].type}"


def _shown(standing: Standing) -> str:
    asked = ", withdrawal asked for" if standing.withdrawal_asked and standing.open else ""
    waits = f"it waits for {standing.whose_move}" if standing.whose_move else "it waits for nobody"
    return f"{standing.stage}{asked}<br/>{waits}, {standing.responsible} answers for it"
