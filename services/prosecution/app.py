"""The adapter of prosecution as FastStream runs it: `faststream run services.prosecution.app:app`."""

from bus.settings import Settings
from services.adapter import Adapter
from services.prosecution.application import Prosecution

app = Adapter(Prosecution, Settings()).app
