"""What the JSON twin of each page holds, as shapes: out of these the console's OpenAPI document is generated.

A page is described by one `Twin` beside the shapes of its document, and named in TWINS.
"""

from console.twins import accesses, cases, contracts, duties, flow, handoffs, health, parked
from console.twins.twin import Twin

TWINS: tuple[Twin, ...] = (
    flow.TWIN,
    duties.TWIN,
    *handoffs.TWINS,
    parked.TWIN,
    *cases.TWINS,
    accesses.TWIN,
    health.TWIN,
    *contracts.TWINS,
)
