"""Who acts: rules about posts that agencies share. Responsibility lies with a post of an office, never with a name."""

from collections.abc import Set as AbstractSet

from contracts.errors import Refused
from contracts.handoff import Move, Standing
from contracts.vocabulary import Role
from services.handoffs import Proposal


def needs_role(act: Proposal, roles: AbstractSet[Role]) -> None:
    """Raises `post.not-entitled` unless the acting post has one of these roles."""
    if act.about["post"]["role"] not in roles:
        raise Refused("post.not-entitled", field="post.role", detail=f"Allowed: {', '.join(sorted(roles))}.")


def needs_office(act: Proposal) -> None:
    """Raises `post.not-named` unless the act names its office."""
    if not act.about["post"]["office"]:
        raise Refused("post.not-named", field="post.office")


def any_post(act: Proposal, standing: Standing) -> None:
    """Any post of the agency may do this."""


ANY_POST_MAY = dict.fromkeys((Move.ACKNOWLEDGE, Move.START, Move.ASK, Move.GIVE, Move.REFUSE), any_post)
"""Acts that no agency keeps to certain posts: seeing, beginning, asking and answering must never wait for rank."""
