"""The adapter of social as FastStream runs it: `faststream run services.social.app:app`."""

from bus.settings import Settings
from services.adapter import Adapter
from services.social.application import Social

app = Adapter(Social, Settings()).app
