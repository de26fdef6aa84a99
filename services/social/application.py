"""What the Centre for Social Work's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.handoff import Move
from services.agency import AgencyApplication
from services.posts import ANY_POST_MAY
from services.social.domainmodel import may_refer, may_take_on
from services.taking import Rule


class Social(AgencyApplication):
    agency = Agency.SOCIAL
    rules: ClassVar[Mapping[Move, Rule]] = {
        **ANY_POST_MAY,
        Move.MAKE: may_refer,
        Move.ASK_WITHDRAWAL: may_refer,
        Move.ACCEPT: may_take_on,
        Move.DECLINE: may_take_on,
        Move.COMPLETE: may_take_on,
        Move.CONFIRM_WITHDRAWAL: may_take_on,
    }
