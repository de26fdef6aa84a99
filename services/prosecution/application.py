"""What the prosecution's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.standing import Move
from services.agency import AgencyApplication
from services.posts import REPORTING, rules
from services.proposals import Policy, Rule
from services.prosecution import domainmodel
from services.prosecution.domainmodel import may_assign, may_prosecute, may_refer, may_take_on, may_withdraw


class Prosecution(AgencyApplication):
    agency = Agency.PROSECUTION
    rules: ClassVar[Mapping[Move, Rule]] = rules(refer=may_refer, take_on=may_take_on, withdraw=may_withdraw)
    may_say: ClassVar[Mapping[str, Rule]] = {
        **REPORTING,
        "victim-advocate.assigned": may_assign,
        **dict.fromkeys(domainmodel.POLICIES, may_prosecute),
        "case.registered": may_prosecute,
        "custody-status.changed": may_assign,
    }
    policies: ClassVar[Mapping[str, Policy]] = domainmodel.POLICIES
