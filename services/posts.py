"""Who acts: rules about posts that agencies share. Responsibility lies with a post of an office, never with a name."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from contracts.errors import Refused
from contracts.standing import ENDED, Move, Stage, Standing
from contracts.vocabulary.asking import ClosureReason, Outcome
from contracts.vocabulary.people import Role
from services.proposals import Proposal, Rule


def held_by(roles: AbstractSet[Role]) -> Rule:
    """The rule that an act needs a post with one of these roles, named with its office.

    It raises `post.not-entitled` or `post.not-named`.
    """

    def rule(act: Proposal, standing: Standing) -> None:
        if act.about["post"]["role"] not in roles:
            raise Refused("post.not-entitled", field="post.role", detail=f"Allowed: {', '.join(sorted(roles))}.")
        if not act.about["post"]["office"]:
            raise Refused("post.not-named", field="post.office")

    return rule


def any_post(act: Proposal, standing: Standing) -> None:
    """Any post of the agency may do this."""


REPORTING: Mapping[str, Rule] = {
    "concern.reported": any_post,
    **dict.fromkeys(("duty-failure.alleged", "access.recorded", "access.emergency", "content.asked"), any_post),
}
"""Reporting a concern or a failure waits for no rank and no office; nor does saying that one has looked, or asking to:
who may look is said by a credential.
"""


def once_begun(rule: Rule) -> Rule:
    """The rule, and that what was done had begun. What was not done ends without. It raises `handoff.not-begun`.

    What says no outcome says itself when it was done.
    """

    def completing(act: Proposal, standing: Standing) -> None:
        rule(act, standing)
        if standing.stage is Stage.ACCEPTED and act.codes.get("outcome") in (Outcome.DONE, Outcome.PARTLY_DONE):
            raise Refused("handoff.not-begun", field="data.outcome")

    return completing


def after_the_end(rule: Rule) -> Rule:
    """The rule, and that nobody is still asked to act, unless a bypass keeps the other party out.

    It raises `handoff.open` or `handoff.closed`.
    """

    def closing(act: Proposal, standing: Standing) -> None:
        rule(act, standing)
        if act.by is not standing.opener:
            return  # the law says so
        if standing.closed:
            raise Refused("handoff.closed", field="data.handoff_id")
        if standing.stage not in ENDED and act.codes["reason"] != ClosureReason.BYPASSED:
            raise Refused("handoff.open", field="data.handoff_id", detail=f"Standing: {standing.stage}.")

    return closing


def rules(*, refer: Rule, take_on: Rule, withdraw: Rule) -> Mapping[Move, Rule]:
    """An agency's rule for each of its acts on a handoff.

    Seeing, beginning, asking and answering are kept to no post: they must never wait for rank.
    """
    return {
        **dict.fromkeys((Move.ACKNOWLEDGE, Move.START, Move.ASK, Move.GIVE, Move.REFUSE), any_post),
        **dict.fromkeys((Move.ACCEPT, Move.DECLINE, Move.CONFIRM_WITHDRAWAL, Move.REASSIGN), take_on),
        **dict.fromkeys((Move.ASK_WITHDRAWAL, Move.SUPERSEDE, Move.EXPIRE), withdraw),
        Move.COMPLETE: once_begun(take_on),
        Move.CLOSE: after_the_end(withdraw),
        Move.MAKE: refer,
    }
