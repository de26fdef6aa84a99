"""What the prosecution's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.standing import Move
from services.agency import AgencyApplication
from services.posts import REPORTING, rules
from services.proposals import Rule
from services.prosecution.domainmodel import may_assign, may_refer, may_take_on, may_withdraw


class Prosecution(AgencyApplication):
    agency = Agency.PROSECUTION
    rules: ClassVar[Mapping[Move, Rule]] = rules(refer=may_refer, take_on=may_take_on, withdraw=may_withdraw)
    may_say: ClassVar[Mapping[str, Rule]] = {
        **REPORTING,
        "victim-advocate.assigned": may_assign,
    }
