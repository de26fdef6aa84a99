"""The streams and consumers of the bus, as they must be: made once, and compared at every start.

A stream's configuration is part of the promise that the log is immutable: an update can erase (`max_msgs`, TTL,
schedules) without a delete, so what differs from this page is an alarm, not a preference.
"""

import json
from typing import Any

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError, ServiceUnavailableError

from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES
from contracts.errors import BarnabusError

POST_LIMIT_BYTES = 1024**3
"""An agency's post holds at most this; past it a sender is told to try again, and keeps what it has."""
ACK_WAIT_S = 5.0
"""What an adapter took and did not live to record comes again after so long; recording takes milliseconds."""
INFO_TIMEOUT_S = 5.0
_UNAVAILABLE = 503
TAKEN_AT_ONCE = 64
"""At most so many letters are out for handling and not yet acknowledged."""


def cases(replicas: int = 1) -> StreamConfig:
    return StreamConfig(
        name=subjects.CASES,
        subjects=list(subjects.CASES_SUBJECTS),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_msgs=-1,
        max_bytes=-1,
        max_age=0,
        max_msgs_per_subject=-1,
        max_msg_size=SUBMISSION_LIMIT_BYTES,
        deny_delete=True,
        deny_purge=True,
        allow_rollup_hdrs=False,
        allow_direct=True,  # many entries at once; the reader asks the leader for what a replica lacks
        num_replicas=replicas,
    )


def post(agency: Agency, replicas: int = 1) -> StreamConfig:
    return StreamConfig(
        name=subjects.post_stream(agency),
        subjects=[subjects.post_all(agency)],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=POST_LIMIT_BYTES,
        allow_direct=False,
        num_replicas=replicas,
    )


def taker() -> ConsumerConfig:
    """A new object each time: nats-py changes the one it is given."""
    return ConsumerConfig(
        name=subjects.ADAPTER,
        durable_name=subjects.ADAPTER,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_deliver=-1,  # tried for ever: an adapter that gives up parks, and so takes it out of the post
        max_waiting=512,
        max_ack_pending=TAKEN_AT_ONCE,
    )


async def provision(nats: Client, replicas: int = 1) -> None:
    """Make what is missing; change nothing that is there. Raises `log.misconfigured` if what is there differs."""
    js = nats.jetstream()
    for config in (cases(replicas), *(post(agency, replicas) for agency in Agency)):
        assert config.name
        try:
            await js.stream_info(config.name)
        except NotFoundError:
            await js.add_stream(config)
        if config.name == subjects.CASES:
            continue
        try:
            await js.consumer_info(config.name, subjects.ADAPTER)
        except NotFoundError:
            await js.add_consumer(config.name, taker())
    await compare(nats)


async def compare(nats: Client) -> None:
    """Raises `log.misconfigured`, naming what differs, if a stream or consumer is not as on this page."""
    for wanted in (cases(), *(post(agency) for agency in Agency)):
        await _as_wanted(nats, f"STREAM.INFO.{wanted.name}", f"Stream {wanted.name}", wanted.as_dict())
    for agency in Agency:
        name = f"{subjects.post_stream(agency)}.{subjects.ADAPTER}"
        await _as_wanted(nats, f"CONSUMER.INFO.{name}", f"Consumer {name}", taker().as_dict())


async def _as_wanted(nats: Client, call: str, what: str, wanted: dict[str, Any]) -> None:
    answer = await nats.request(f"$JS.API.{call}", b"{}", timeout=INFO_TIMEOUT_S)
    said = json.loads(answer.data)
    found = said.get("config")
    if found is None and said.get("error", {}).get("code") == _UNAVAILABLE:
        raise ServiceUnavailableError  # servers that have just lost one choose who speaks for it: it is there
    if found is None:
        raise BarnabusError("log.misconfigured", detail=f"{what} is missing.")
    differs = sorted(_differences(wanted, found))
    if differs:
        raise BarnabusError("log.misconfigured", detail=f"{what}: {', '.join(differs)}.")


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> set[str]:
    """Settings that differ. One that we never heard of and that is switched on counts: it may be able to erase."""
    names = (wanted.keys() | found.keys()) - _OPERATORS
    return {name for name in names if (wanted.get(name) or _OFF) != (found.get(name) or _OFF)}


_OFF = -1
"""JetStream writes "no limit" as -1, 0, or nothing at all."""
_OPERATORS = {
    "num_replicas",
    "metadata",
    "placement",
    "description",
    "compression",
    "duplicate_window",
    "max_consumers",
    "allow_direct",
}
"""Settings that can neither lose nor change an entry: the operator's own. Without direct reading a rebuild is slow."""
