"""What the police's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.standing import Move
from services.agency import AgencyApplication
from services.police import domainmodel
from services.police.domainmodel import (
    may_arrest,
    may_investigate,
    may_protect,
    may_refer,
    may_take_on,
    may_withdraw,
)
from services.posts import REPORTING, rules
from services.proposals import Policy, Rule


class Police(AgencyApplication):
    agency = Agency.POLICE
    rules: ClassVar[Mapping[Move, Rule]] = rules(refer=may_refer, take_on=may_take_on, withdraw=may_withdraw)
    may_say: ClassVar[Mapping[str, Rule]] = {
        **REPORTING,
        "immediate-protection.taken": may_protect,
        "crime-report.filed": may_refer,
        "suspect.identified": may_investigate,
        "suspect.arrested": may_arrest,
        "suspect.released": may_arrest,
        "protective-measure.changed": may_protect,
        "evidence.transferred": may_investigate,
        "forensic-exam.ordered": may_investigate,
        "professional.suspected": may_investigate,
        "child-interview.completed": may_investigate,
    }
    policies: ClassVar[Mapping[str, Policy]] = domainmodel.POLICIES
