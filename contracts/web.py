"""The HTTP interface of an adapter: paths, media types, the types of what it tells, and every limit."""

from contracts.envelope import COMMAND_LIMIT_BYTES

EVENTS = "/events"
LETTERS = "/letters"
STREAM = "/letters/stream"
DESCRIPTION = "/openapi.json"
SCHEMAS = "/schemas"
HEALTH = "/health"

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
PROBLEM = "application/problem+json"
SSE = "text/event-stream"
BINARY_PREFIX = "ce-"
"""Of the headers that hold an event's attributes when the body is its data alone."""
IDEMPOTENCY_KEY = "Idempotency-Key"

VOIDED = "act.voided"
"""The type under which an own act that came to nothing is told of."""
ERASED = "letter.erased"
"""The type under which a letter is told whose person was erased before it was asked for."""

BODY_LIMIT_BYTES = COMMAND_LIMIT_BYTES + 8 * 1024
"""A command, and the event around it."""
HEADERS_LIMIT_BYTES = 16 * 1024
PAGE_LIMIT = 100
"""So many items of the feed at most in one answer, and as many without a word."""
PAGE_LIMIT_BYTES = 512 * 1024
"""An answer that is longer than that ends after the item that made it so."""
REQUESTS_AT_ONCE = 32
STREAMS_AT_ONCE = 16
"""Of all systems of the agency."""
STREAMS_OF_ONE = 4
CONNECTIONS_AT_ONCE = 128
BODY_WITHIN_S = 10.0
"""From the first byte of a request's body to its last; and so long a connection may stand without a request."""
HEARTBEAT_EVERY_S = 15
SENT_WITHIN_S = 30.0
"""A listener that takes nothing for so long is let go; it comes back with its last event's id."""
SYSTEMS_AT_MOST = 32
"""Of one agency."""
