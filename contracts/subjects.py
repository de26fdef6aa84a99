"""Every durable name on NATS: streams, consumers, subjects. None of them ever changes; a new need gets a new name."""

from contracts.agencies import Agency
from contracts.envelope import Record

CASES = "CASES"
"""The immutable log."""
CASES_SUBJECTS = ("case.>", "link.>")

ADAPTER = "adapter"
"""The durable consumer through which an agency's adapter takes its own post."""

API = "bus"
"""Where the accounts of agencies and reader find what they may ask of JetStream: the prefix of their imports."""

# services of the gateway, imported by every agency's account
SUBMIT = "gateway.submit"
RESEND = "gateway.resend"
HEADS = "gateway.heads"
OWN = "gateway.own"
RECEIPTS = "gateway.receipts"
GATEWAY_SERVICES = (SUBMIT, RESEND, HEADS, OWN, RECEIPTS)

# inside the bus's own account
GATEWAY_ALIVE = "gateway.alive"
LOG_APPENDED = "log.appended"

# inside one agency's own account
COMMAND = "adapter.submit"
FEED = "adapter.feed"
LETTERS = "adapter.letters"
VOIDED = "adapter.voided"

# headers
SIGNATURE = "Barnabus-Signature"
STAMP = "Barnabus-Stamp"
POSTMARK = "Barnabus-Postmark"
ASKED_BY = "Nats-Request-Info"


def post_stream(agency: Agency) -> str:
    return f"POST_{agency}"


def post_letters(agency: Agency) -> str:
    return f"post.{agency}.letter"


def post_notices(agency: Agency) -> str:
    return f"post.{agency}.notice"


def post_all(agency: Agency) -> str:
    return f"post.{agency}.>"


def link(sender: Agency | str, recipient: Agency | str) -> str:
    return f"link.{sender}.{recipient}"


def own(agency: Agency | str) -> str:
    """Where an agency speaks of its own store: on a link with itself, which no letter ever takes."""
    return link(agency, agency)


def of_record(record: Record) -> str:
    """Where the log keeps a record: `case.<case_ref>.<agency>.<type>`, or the link that it speaks of."""
    if record.subject.startswith("link."):
        return record.subject
    return f"case.{record.subject}.{record.sender}.{record.type}"


def of_case(case_ref: str) -> str:
    return f"case.{case_ref}.>"


def heard(type_name: str) -> str:
    """Where an adapter tells its agency's own system of a letter."""
    return f"{LETTERS}.{type_name}"
