"""The adapter of police as FastStream runs it: `faststream run services.police.app:app`."""

from bus.settings import Settings
from services.adapter import Adapter
from services.police.application import Police

app = Adapter(Police, Settings()).app
