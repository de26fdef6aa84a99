"""What the Centre for Social Work's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.standing import Move
from services.agency import AgencyApplication
from services.posts import REPORTING, rules
from services.proposals import Policy, Rule
from services.social import domainmodel
from services.social.domainmodel import may_assign, may_manage, may_refer, may_take_on, may_withdraw


class Social(AgencyApplication):
    agency = Agency.SOCIAL
    rules: ClassVar[Mapping[Move, Rule]] = rules(refer=may_refer, take_on=may_take_on, withdraw=may_withdraw)
    may_say: ClassVar[Mapping[str, Rule]] = {
        **REPORTING,
        **dict.fromkeys(domainmodel.POLICIES, may_manage),
        "case-manager.assigned": may_assign,
        "placement.changed": may_manage,
        "child-interview.completed": may_manage,
    }
    policies: ClassVar[Mapping[str, Policy]] = domainmodel.POLICIES
