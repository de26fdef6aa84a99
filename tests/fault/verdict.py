"""Is anything lost, doubled, or not the same on both sides? Read from the stores and the log, and from nothing else."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from nats.errors import Error as NatsError

from bus import connection, directory
from bus.audit import StoreFacts, audit
from bus.chains import RECEIPT
from bus.log import Entry, Logged, LogReader, verify
from bus.provisioning import GATEWAY
from bus.settings import Settings
from cli.agencies import OF_THE_FIELD, opened
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.standing import Standing
from projections.case_log import case_log
from services.agency import AgencyApplication
from services.facts import Fact
from services.handoffs import Handoff
from services.receipts import LetterReceipt
from tests.fault.records_system import RecordsSystem
from tests.fault.waiting import DEADLINE_S, until

Findings = list[str]
Event = tuple[str, str]
"""What was recorded, and of which act or letter."""


@dataclass(frozen=True, slots=True)
class Log:
    """The whole log, verified, and the stamps as they lie in it."""

    entries: tuple[Logged, ...]
    stamps: tuple[str, ...]

    def ids(self, sender: Agency, *, receipts: bool) -> list[str]:
        own = (entry.record for entry in self.entries if entry.record.sender == sender)
        return [str(record.id) for record in own if (record.type == RECEIPT) is receipts]


@dataclass(frozen=True, slots=True)
class Store:
    """What one agency's store holds."""

    facts: StoreFacts
    events: Counter[Event]
    outbox: Mapping[int, tuple[str, str | None]]  # by number: the record's digest and its stamp
    waiting: str | None  # id of the record that the gateway has not answered yet
    missing: Mapping[Agency, tuple[int, ...]]
    letters: Mapping[tuple[str, int], str]  # received, by sender and number: the record's id
    fed: Mapping[int, tuple[str, int]]  # the feed's letters by its numbers: sender and number
    voids_fed: int
    unsigned: Sequence[tuple[str, int]]  # letters sent of which no receipt is known here
    standings: Mapping[UUID, Standing | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    settings: Settings
    systems: Mapping[Agency, RecordsSystem]
    _verified: dict[Entry, Logged] = field(default_factory=dict)  # the same bytes need not be verified again

    async def settles(self, deadline_s: float = DEADLINE_S) -> None:
        """Until nothing is lost or doubled, all is logged and received, and all agree. Fails with what is not so."""
        await self._none_left(self._compared, deadline_s)

    async def everything_is_told(self, *, systems_too: bool, deadline_s: float = DEADLINE_S) -> None:
        """Until each sender knows of every receipt, and no post holds a letter.

        What was on its way to an adapter as it died comes again only after `ACK_WAIT_S`. `systems_too`: each agency's
        own system has heard of each letter; a system that was cut off itself may have missed some.
        """

        async def found() -> Findings:
            return [*await self._untold(), *(self._unheard() if systems_too else ())]

        await self._none_left(found, deadline_s)

    async def log(self) -> Log:
        """Raises `log.damaged` if an entry is missing or altered, or a signature does not hold."""
        keyring = directory.load(self.settings)
        nats = await connection.connect(self.settings, "reader", "reader", patient=False)
        try:
            reader = LogReader(nats, api=subjects.API)
            raw = [entry async for entry in reader.entries(1, await reader.last())]
        finally:
            await nats.close()
        for entry in raw:
            if entry not in self._verified:
                self._verified[entry] = verify(entry, keyring)
        return Log(tuple(self._verified[entry] for entry in raw), tuple(entry.stamp for entry in raw))

    def store(self, agency: Agency, handoffs: Iterable[UUID] = ()) -> Store:
        with opened(agency, self.settings) as application:
            read = application.store.read
            sent = read("SELECT recipient, number FROM outbox_letters WHERE received_at IS NULL")
            waiting = application.outbox.waiting()
            return Store(
                facts=application.facts(),
                events=_events(application),
                outbox={
                    row["number"]: (row["record_digest"], row["stamp"])
                    for row in read("SELECT number, record_digest, stamp FROM outbox")
                },
                waiting=waiting.record_id if waiting else None,
                missing=application.inbox.gaps(),
                letters={
                    (row["sender"], row["number"]): row["record_id"]
                    for row in read("SELECT sender, number, record_id FROM inbox")
                },
                fed={
                    row["number"]: (row["sender"], row["letter"])
                    for row in read("SELECT number, sender, letter FROM feed WHERE sender IS NOT NULL")
                },
                voids_fed=read("SELECT count(*) AS n FROM feed WHERE sender IS NULL")[0]["n"],
                unsigned=[(row["recipient"], row["number"]) for row in sent],
                standings={handoff: application.standing(handoff) for handoff in handoffs},
            )

    async def _none_left(self, look: Callable[[], Awaitable[Findings]], deadline_s: float) -> None:
        found: Findings = []

        async def nothing() -> bool:
            try:
                found[:] = await look()
            except (BarnabusError, NatsError) as error:
                found[:] = [f"{type(error).__name__}: {error}"]
            return not found

        try:
            await until("nothing is amiss", nothing, deadline_s)
        except AssertionError:
            more = f"… and {len(found) - 20} more" if len(found) > 20 else ""
            raise AssertionError(
                "\n".join([f"After {deadline_s:.0f} s in {self.settings.home}:", *found[:20], more])
            ) from None

    async def _compared(self) -> Findings:
        log = await self.log()
        handoffs = case_log(log.entries).standings()
        stores = {agency: self.store(agency, handoffs) for agency in OF_THE_FIELD}
        found = audit({agency: store.facts for agency, store in stores.items()}, log.entries)
        findings = [*found.lost, *([f"chains: {found.broken}"] if found.broken else ())]
        findings += _twice("the log", [str(entry.record.id) for entry in log.entries])
        for agency, store in stores.items():
            findings += _of_store(agency, store, log)
            accepted = {str(act) for act in self.systems[agency].answers}
            recorded = store.facts.acts - {str(act) for act in self.systems[agency].pending}
            findings += _differ(f"{agency}: what its system was told is accepted, and its store", accepted, recorded)
        for handoff, standing in handoffs.items():
            for agency, store in stores.items():
                known = standing if agency in standing.hearers else None  # nobody else ever hears of it
                if store.standings[handoff] != known:
                    findings.append(f"{agency}: handoff {handoff} is {store.standings[handoff]}, not {known}")
        return findings

    async def _untold(self) -> Findings:
        stores = {agency: self.store(agency) for agency in OF_THE_FIELD}
        findings = [
            f"{agency} knows of no receipt for {letter}" for agency in stores for letter in stores[agency].unsigned
        ]
        nats = await connection.connect(self.settings, GATEWAY, "provisioner", patient=False)
        try:
            for agency in OF_THE_FIELD:
                held = (await nats.jetstream().stream_info(subjects.post_stream(agency))).state.messages
                findings += [f"{agency}: its post holds {held}"] if held else []
        finally:
            await nats.close()
        return findings

    def _unheard(self) -> Findings:
        return [
            f"{agency}: its system has not heard of {record}"
            for agency, system in self.systems.items()
            for record in self.store(agency).letters.values()
            if UUID(record) not in system.told
        ]


def _events(application: AgencyApplication) -> Counter[Event]:
    """How often each thing is in the store's own notification log."""
    found: Counter[Event] = Counter()
    for notification in application.recorder.select_notifications(1, 10**9):
        event = application.mapper.to_domain_event(notification)
        match event:
            case Handoff.Acted() | Handoff.Heard() | Handoff.Logged() | Handoff.Refused():
                found[event.TOPIC, str(event.act_id)] += 1
            case Fact.Stated() | Fact.Heard() | Fact.Logged() | Fact.Refused():
                found[event.TOPIC, str(event.act_id)] += 1
            case LetterReceipt.Created():
                found[event.TOPIC, f"{event.sender} {event.number}"] += 1
    return found


def _of_store(agency: Agency, store: Store, log: Log) -> Findings:
    """One agency's store beside the log, each event once and nothing but what the log has."""
    findings = [f"{agency}: {times} times {what} {which}" for (what, which), times in store.events.items() if times > 1]
    findings += _twice(f"{agency}'s letters", store.letters.values())
    acts = set(log.ids(agency, receipts=False))
    findings += _differ(f"{agency}: acts in its store, and in the log", store.facts.acts, acts)
    end = len(store.fed) + store.voids_fed
    if max(store.fed, default=0) > end:
        findings.append(f"{agency}: its feed has gaps below {max(store.fed)}")
    findings += _twice(f"{agency}'s feed", map(str, store.fed.values()))
    heard = {which for what, which in store.events if what in (Handoff.Heard.TOPIC, Fact.Heard.TOPIC)}
    if len(heard) != len(store.fed):
        findings.append(f"{agency}: it heard {len(heard)}, and its feed has {len(store.fed)}")
    logged = {which for what, which in store.events if what in (Handoff.Logged.TOPIC, Fact.Logged.TOPIC)}
    to_it = {str(e.record.id) for e in log.entries for letter in e.record.data.letters if letter.to is agency}
    findings += _differ(f"{agency}: what it heard, and letters to it in the log", heard, to_it)
    findings += _differ(f"{agency}: what of its own it knows are logged, and the log", logged, acts)
    at_log = {
        entry.record.number: (entry.digest, stamp)
        for entry, stamp in zip(log.entries, log.stamps, strict=True)
        if entry.record.sender == agency
    }
    if store.outbox != at_log:
        findings.append(f"{agency}: its outbox of {len(store.outbox)} is not its {len(at_log)} records in the log")
    if store.waiting or store.missing or store.facts.parked or store.facts.refused:
        findings.append(
            f"{agency}: waiting {store.waiting}, missing {dict(store.missing)}, parked {store.facts.parked}, "
            f"refused {sorted(store.facts.refused)}"
        )
    return findings


def _twice(where: str, ids: Iterable[str]) -> Findings:
    return [f"{where}: {times} times {which}" for which, times in Counter(ids).items() if times > 1]


def _differ(what: str, one: Iterable[str], other: Iterable[str]) -> Findings:
    apart = set(one) ^ set(other)
    return [f"{what} differ in {len(apart)}: {sorted(apart)[:3]}"] if apart else []
