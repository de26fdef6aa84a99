"""The adapter of oversight as FastStream runs it: `faststream run services.oversight.app:app`."""

from bus.settings import Settings
from services.adapter import Adapter
from services.oversight.application import Oversight

app = Adapter(Oversight, Settings()).app
