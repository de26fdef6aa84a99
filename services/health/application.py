"""What health care's adapter does: its table of contents."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.agencies import Agency
from contracts.standing import Move
from services.agency import AgencyApplication
from services.health import domainmodel
from services.health.domainmodel import may_examine, may_refer, may_state_care, may_take_on, may_withdraw
from services.posts import REPORTING, rules
from services.proposals import Policy, Rule


class Health(AgencyApplication):
    agency = Agency.HEALTH
    rules: ClassVar[Mapping[Move, Rule]] = rules(refer=may_refer, take_on=may_take_on, withdraw=may_withdraw)
    may_say: ClassVar[Mapping[str, Rule]] = {
        **REPORTING,
        "urgent-care.given": may_state_care,
        "exam-consent.recorded": may_examine,
        "forensic-exam.completed": may_examine,
        "forensic-exam.not-done": may_examine,
        "expert-report.delivered": may_examine,
    }
    policies: ClassVar[Mapping[str, Policy]] = domainmodel.POLICIES
