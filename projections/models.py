"""The read models that there are, in the order in which they are folded."""

from projections.access_log import Accesses
from projections.cases import Cases
from projections.handoffs import Handoffs
from projections.letters import Letters
from projections.readmodel import ReadModel
from projections.records import Records

MODELS: tuple[ReadModel, ...] = (Accesses(), Cases(), Handoffs(), Letters(), Records())
