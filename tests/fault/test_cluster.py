"""Three servers as a production has them, encrypted throughout: a case goes through, and on when one is gone."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from bus import cluster, connection, node, rekeying, servers
from bus.authority import CERTIFICATE_DAYS
from bus.servers import Server
from bus.settings import Settings
from cli import lasting
from contracts import subjects
from contracts.errors import BarnabusError
from tests import clustered
from tests.builders import POLICE, SOCIAL, now, refer
from tests.clustered import Process
from tests.living import Bus, Living, eventually

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module")]
GOES_ON_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def settings_of_three(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return clustered.provisioned(tmp_path_factory.mktemp("three") / "home", 3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def processes(settings_of_three: Settings) -> AsyncIterator[dict[str, Process]]:
    with clustered.started(settings_of_three) as running:
        await connection.close(await connection.connect(settings_of_three, "gateway", "provisioner", patient=True))
        await node.prepare(settings_of_three)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def bus(settings_of_three: Settings, processes: dict[str, Process]) -> AsyncIterator[Bus]:
    home = Living(settings_of_three, cast(Any, None))  # no server of its own
    try:
        await home.start_gateway()
        for agency in (POLICE, SOCIAL):
            await home.start_adapter(agency)
        yield Bus(home, await home.system(POLICE), await home.system(SOCIAL))
    finally:
        await home.stop()


async def _goes_through(bus: Bus) -> None:
    """Handed in until it is taken, as an agency's own system does; then heard, and signed for."""
    command = refer()
    async with asyncio.timeout(GOES_ON_WITHIN_S):
        while True:
            with contextlib.suppress(Exception):
                answer = await bus.police.ask(command, timeout_s=3)
                break
        await bus.social.hears(answer["id"])
        await bus.settled()


async def _leader(home: Living) -> str:
    info = (await (await home.privileged()).stream_info(subjects.CASES)).cluster
    assert info
    assert info.leader
    return info.leader


async def test_a_referral_goes_through_over_tls_and_every_stream_has_a_copy_on_each_server(bus: Bus) -> None:
    await _goes_through(bus)
    nats = await bus.living.connect("gateway", "provisioner")
    found = await nats.jetstream().streams_info()
    assert len(found) == 7
    assert {info.config.num_replicas for info in found} == {3}
    with pytest.raises(BarnabusError, match=r"home\.has-servers"):
        async with node.embedded(bus.settings):
            pass


async def test_a_nats_key_is_changed_on_all_servers(bus: Bus, processes: dict[str, Process]) -> None:
    await _goes_through(bus)
    rekeying.new_nats_key(bus.settings, SOCIAL, "adapter")
    for process in processes.values():
        process.send(signal.SIGHUP)
    await _goes_through(bus)


async def test_certificates_are_renewed_while_everything_runs(bus: Bus, processes: dict[str, Process]) -> None:
    first = clustered.of(bus.settings, "hub-1")
    before, route_before = _serial(bus.settings, first), _route_serial(bus.settings, first)
    assert cluster.renew(bus.settings, first, now()) == ("tls", "route")
    processes["hub-1"].send(signal.SIGHUP)
    await eventually(lambda: _serial(bus.settings, first) != before)
    await eventually(lambda: _route_serial(bus.settings, first) != route_before)
    await _goes_through(bus)


def _serial(settings: Settings, server: Server) -> str:
    return str(cluster.shown(settings, server)["serialNumber"])


def _route_serial(settings: Settings, server: Server) -> str:
    host, _, port = server.route.partition(":")
    context = ssl.create_default_context(cafile=str(settings.ca))
    with (
        socket.create_connection((host, int(port)), 5) as plain,
        context.wrap_socket(plain, server_hostname=host) as encrypted,
    ):
        return str((encrypted.getpeercert() or {})["serialNumber"])


async def test_doctor_asks_each_server_for_the_certificate_that_it_shows(bus: Bus) -> None:
    def states(after: timedelta) -> dict[str, str]:
        return {found.check: found.state for found in lasting.encryption(bus.settings, now() + after)}

    shown = {f"hub-{n}: TLS" for n in (1, 2, 3)}
    for days, state in ((0, "ok"), (CERTIFICATE_DAYS - 20, "warn"), (CERTIFICATE_DAYS + 1, "fail")):
        found = states(timedelta(days=days))
        assert shown < set(found)
        assert {found[check] for check in shown} == {state}


async def test_a_case_goes_on_when_the_server_that_leads_the_log_is_killed(
    bus: Bus, processes: dict[str, Process]
) -> None:
    await _goes_through(bus)
    gone = await _leader(bus.living)
    processes[gone].kill()
    await _goes_through(bus)
    assert await _leader(bus.living) != gone
    logged = [str(one.record.id) for one in await bus.living.log()]
    assert len(logged) == len(set(logged))
    processes[gone] = Process(servers.folder(bus.settings, clustered.of(bus.settings, gone)))  # and comes back
    await _goes_through(bus)
