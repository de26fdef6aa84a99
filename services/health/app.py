"""The adapter of health as FastStream runs it: `faststream run services.health.app:app`."""

from bus.settings import Settings
from services.adapter import Adapter
from services.health.application import Health

app = Adapter(Health, Settings()).app
