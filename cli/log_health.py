"""`barnabus doctor`, the part of it that looks at the log and the posts: are they as provisioned, and how full?"""

from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import directory, streams
from bus.clock import wall_clock
from bus.log import LogReader
from bus.settings import Settings
from cli import clocks
from cli.findings import Finding, failed, tried_async
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError

NEARLY_FULL = 0.8


async def examined(settings: Settings, nats: Client, *, goes_on: bool) -> list[Finding]:
    found = [await tried_async("streams", lambda: _streams(nats, len(settings.url().split(","))), "log")]
    if found[-1].state == "ok":
        found.append(await _posts(nats))
    if goes_on and found[0].state == "ok":
        keyring = directory.load(settings)
        try:
            found += await clocks.examined(nats, LogReader(nats), keyring, wall_clock)
        except (BarnabusError, NatsError, TimeoutError) as error:
            code = error if isinstance(error, BarnabusError) else BarnabusError("nats.unreachable")
            found.append(failed("clocks", code, "clocks"))
    return found


async def _streams(nats: Client, servers: int) -> str:
    await streams.compare(nats)
    info = await nats.jetstream().stream_info(subjects.CASES)
    copies = info.config.num_replicas or 1
    if copies < servers:
        raise BarnabusError("log.misconfigured", detail=f"{copies} of {servers} servers have a copy of the log.")
    return "as provisioned" + (f", a copy on each of {copies} servers" if copies > 1 else "")


async def _posts(nats: Client) -> Finding:
    js = nats.jetstream()
    posts = {agency: (await js.stream_info(subjects.post_stream(agency))).state for agency in Agency}
    full = [agency for agency, post in posts.items() if post.bytes > streams.POST_LIMIT_BYTES * NEARLY_FULL]
    if full:
        hint = "Start the adapter: whoever writes to a full post has to wait with everything."
        return Finding("posts", "warn", f"nearly full: {', '.join(full)}", hint, "log")
    waiting = ", ".join(f"{post.messages} for {agency}" for agency, post in posts.items() if post.messages)
    return Finding("posts", "ok", f"waiting: {waiting}" if waiting else "nothing waits", group="log")
