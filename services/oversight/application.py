"""What oversight's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.standing import Move
from services.agency import AgencyApplication
from services.oversight.domainmodel import may_lift, may_refer, may_take_on, may_withdraw
from services.posts import REPORTING, rules
from services.proposals import Rule


class Oversight(AgencyApplication):
    agency = Agency.OVERSIGHT
    rules: ClassVar[Mapping[Move, Rule]] = rules(refer=may_refer, take_on=may_take_on, withdraw=may_withdraw)
    may_say: ClassVar[Mapping[str, Rule]] = {
        **REPORTING,
        "route.bypass-lifted": may_lift,
    }
