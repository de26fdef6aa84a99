"""What the police's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.handoff import Move
from services.agency import AgencyApplication
from services.police.domainmodel import may_refer, may_take_on, may_withdraw
from services.posts import ANY_POST_MAY
from services.taking import Rule


class Police(AgencyApplication):
    agency = Agency.POLICE
    rules: ClassVar[Mapping[Move, Rule]] = {
        **ANY_POST_MAY,
        Move.MAKE: may_refer,
        Move.ASK_WITHDRAWAL: may_withdraw,
        Move.ACCEPT: may_take_on,
        Move.DECLINE: may_take_on,
        Move.COMPLETE: may_take_on,
        Move.CONFIRM_WITHDRAWAL: may_take_on,
    }
