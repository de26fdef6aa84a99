"""The streams and consumers of the bus, as they must be: made once, and compared at every start.

A stream's configuration is part of the promise that the log is immutable: an update can erase (`max_msgs`, TTL,
schedules) without a delete, so what differs from this page is an alarm, not a preference.
"""

from typing import Any

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES
from contracts.errors import BarnabusError

POST_LIMIT_BYTES = 1024**3
"""An agency's post holds at most this; past it a sender is told to try again, and keeps what it has."""
ACK_WAIT_S = 30.0
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
        allow_direct=False,
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
        durable_name=subjects.ADAPTER,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        max_deliver=-1,
        max_ack_pending=TAKEN_AT_ONCE,
    )


async def provision(js: JetStreamContext, replicas: int = 1) -> None:
    """Make what is missing; change nothing that is there. Raises `log.misconfigured` if what is there differs."""
    for config in (cases(replicas), *(post(agency, replicas) for agency in Agency)):
        assert config.name
        try:
            await js.stream_info(config.name)
        except NotFoundError:
            await js.add_stream(config)
        if config.name != subjects.CASES:
            await js.add_consumer(config.name, taker())
    await compare(js)


async def compare(js: JetStreamContext) -> None:
    """Raises `log.misconfigured`, naming stream and setting, if a stream is not as on this page."""
    for wanted in (cases(), *(post(agency) for agency in Agency)):
        assert wanted.name
        try:
            found = (await js.stream_info(wanted.name)).config
        except NotFoundError:
            raise BarnabusError("log.misconfigured", detail=f"Stream {wanted.name} is missing.") from None
        differs = [name for name, value in _promised(wanted).items() if _promised(found)[name] != value]
        if differs:
            raise BarnabusError("log.misconfigured", detail=f"Stream {wanted.name}: {', '.join(sorted(differs))}.")


def _promised(config: StreamConfig) -> dict[str, Any]:
    """Every setting that can lose or change an entry; the number of replicas is the operator's."""
    erasing = ("allow_msg_ttl", "allow_msg_schedules", "subject_delete_marker_ttl", "mirror", "sources", "republish", "sealed")
    return {
        "subjects": sorted(config.subjects or []),
        "retention": config.retention,
        "storage": config.storage,
        "discard": config.discard,
        "max_msgs": config.max_msgs if config.max_msgs is not None else -1,
        "max_bytes": config.max_bytes if config.max_bytes is not None else -1,
        "max_age": config.max_age or 0,
        "max_msgs_per_subject": config.max_msgs_per_subject if config.max_msgs_per_subject is not None else -1,
        "deny_delete": bool(config.deny_delete),
        "deny_purge": bool(config.deny_purge),
        "allow_rollup_hdrs": bool(config.allow_rollup_hdrs),
        **{name: getattr(config, name, None) or None for name in erasing},
    }
