"""What an alarm says: that something waits, its reference and where to look it up. Nothing of a case is in it."""

import json
from collections.abc import Mapping
from datetime import UTC
from email.message import EmailMessage
from email.utils import format_datetime
from types import MappingProxyType

from services.keeper.alarms import Alarm, Kind

SAYS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.OVERDUE: "A duty is overdue",
        Kind.UNANSWERED: "An overdue duty went unanswered, and comes to you",
        Kind.TRIAL: "This is a trial: an alarm would reach you like this",
    }
)


def letter(alarm: Alarm, link: str, sender: str, to: str) -> EmailMessage:
    """The e-mail. Sent once more, it bears the same id."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = f"Barnabus: {SAYS[alarm.kind]}"
    message["Date"] = format_datetime(alarm.created_at)
    message["Message-ID"] = f"<{alarm.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office note answers it
    message.set_content(
        f"{SAYS[alarm.kind]}.\n\n"
        f"Reference: {alarm.duty_id}\n"
        f"Noticed:   {alarm.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC\n"
        f"Look here: {link}\n\n"
        "Nothing of the case stands in this message. Please do not write anything of it in an answer.\n"
    )
    return message


def document(alarm: Alarm, link: str) -> bytes:
    """The body for a webhook: the same bytes each time that it is sent."""
    said = {
        "type": alarm.kind.value,
        "timestamp": alarm.created_at.astimezone(UTC).isoformat(),
        "data": {"agency": alarm.agency.value, "duty_id": str(alarm.duty_id), "link": link},
    }
    return json.dumps(said, separators=(",", ":")).encode()
