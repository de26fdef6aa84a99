"""How long a refusal takes, by what there is to be known of the case that it names: nobody should be able to tell.

One agency's own submissions, each refused, in turn about a case that is not there, one of others, and one in which a
bypass leads around it; one after another on one connection to the real gateway, so that all share the machine's moods.
The rank test of Mann and Whitney says how likely such a difference is where there is none.
"""

import json
import time
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from nats.aio.client import Client
from scipy.stats import mannwhitneyu

from bus import directory, gateway_service, keys, logging
from bus.provisioning import provision
from bus.settings import Settings
from bus.submission import build
from contracts import subjects
from tests.benchmarks import report
from tests.benchmarks.report import Row, tell
from tests.builders import HEALTH, POLICE, SOCIAL, START, act, bypass, new_case, now, refer
from tests.living import Living, living

NONE, OTHERS, AROUND_IT = "no such case", "a case of others", "a bypass leads around it"
AT_ONCE_S = 1e-9
Bodies = dict[str, bytes]


async def rows(trials: int) -> list[Row]:
    """As they are answered, and as they would be if each was answered as soon as it is found."""
    logging.configure("bench", "ERROR")  # else each refusal is a line of its own
    with TemporaryDirectory(prefix="barnabus-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", nats_url=None)
        provision(settings, now())
        async with living(settings) as home:
            await home.start_gateway()
            bodies, nats = await _bodies(home), await home.connect(HEALTH, "adapter")
            found, grain_s = [], gateway_service.ANSWERS_EVERY_S
            for name, every_s in ((f"every {grain_s * 1000:g} ms", grain_s), ("at once", AT_ONCE_S)):
                tell(f"refusals: {trials} of each kind, answered {name}")
                gateway_service.ANSWERS_EVERY_S = every_s
                found += _rows(await _asked(nats, bodies, trials), f"answered {name}")
            gateway_service.ANSWERS_EVERY_S = grain_s
        return found


async def _bodies(home: Living) -> Bodies:
    """The health service says something in each case, and leaves out who must be told."""
    cases = {kind: new_case() for kind in (NONE, OTHERS, AROUND_IT)}
    for agency in (POLICE, SOCIAL):
        await home.start_adapter(agency)
    police, social = await home.system(POLICE), await home.system(SOCIAL)
    for kind in (OTHERS, AROUND_IT):
        await police.do(refer(case_ref=cases[kind]))
    await social.do(bypass(SOCIAL, cases[AROUND_IT], "health", "prosecution"))
    for agency in (POLICE, SOCIAL):
        await home.stop_adapter(agency)
    key, known = keys.read_jwk(home.settings.keys(HEALTH) / "signing.jwk"), directory.load(home.settings)
    said = {kind: act("urgent-care.given", receivers=(), subject=case) for kind, case in cases.items()}
    return {kind: build(one, HEALTH, START, {}, key, known).body for kind, one in said.items()}


async def _asked(nats: Client, bodies: Bodies, trials: int) -> dict[str, list[float]]:
    """Milliseconds, by kind, asked for in turn."""
    found: dict[str, list[float]] = {kind: [] for kind in bodies}
    for kind in islice(cycle(bodies), trials * len(bodies)):
        began = time.perf_counter()
        answer = await nats.request(subjects.SUBMIT, bodies[kind], timeout=5)
        found[kind].append((time.perf_counter() - began) * 1000)
        assert json.loads(answer.data)["refused"]["code"] == "receiver.left-out", answer.data
    return found


def _rows(found: dict[str, list[float]], of: str) -> list[Row]:
    return [
        report.latencies(f"a refusal: {kind}", took, of, _beside(took, found[NONE])) for kind, took in found.items()
    ]


def _beside(took: list[float], none: list[float]) -> str:
    if took is none:
        return ""
    difference_us = (report.percentile(took, 0.5) - report.percentile(none, 0.5)) * 1000
    return f"{difference_us:+.1f} µs, p = {mannwhitneyu(took, none).pvalue:.2f}"
