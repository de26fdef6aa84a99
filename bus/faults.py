"""Named points at which a process can be made to die as from SIGKILL, so that recovery is tried and not believed.

`BARNABUS_KILL_AT=relay.built:3` ends the process the third time it passes that point. Without it a point is a no-op.
"""

import os
import signal
from itertools import count

POINTS = (
    "relay.built",  # an act's submission is committed to the outbox, nothing is sent
    "relay.built-receipt",  # likewise a receipt's
    "relay.answered",  # the gateway has answered, the answer is not stored
    "gateway.appended",  # the record is in the log, no letter is posted
    "gateway.posted",  # record and letters are out, the agency has no answer
    "inbox.taken",  # the letter is in hand, and not in the recipient's store
    "inbox.saved",  # the letter is in the recipient's store, the post is not acknowledged
    "erasing.saved",  # content is destroyed and the log's record of it saved; what the disk still holds is not settled
    "webhook.sent",  # a system's webhook has the item, and that is not noted
    "keeper.judged",  # what is to be said of a case is decided, and not recorded
    "keeper.recorded",  # it is recorded in the keeper's store, and not sent
    "alarm.sent",  # whoever it is for has the alarm, and that is not noted
)

_name, _, _times = os.environ.get("BARNABUS_KILL_AT", "").partition(":")
_passes = count(1)


def point(name: str) -> None:
    """Die here, if this is the point and the pass asked for."""
    if name == _name and next(_passes) == int(_times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
