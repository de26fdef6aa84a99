"""The library's own way: an application's events on PostgreSQL, and its ProjectionRunner that counts them in a table.

    python -m tests.benchmarks.peer EVENTS FOLDER

As the library has it: the view is a tracking recorder of its own kind, and each event is one transaction, with its
place. The events are those of a long log, a record each, an aggregate a case. FOLDER is where PostgreSQL listens.
"""

import json
import sys
import time
from itertools import islice
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, DomainEventProtocol
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from tests.benchmarks.entries import year

SAVED_TOGETHER = 50
WITHIN_S = 300.0


class Matter(Aggregate):
    """What one subject of the log is about, record by record."""

    TOPIC = "bench.matter"

    class Created(Aggregate.Created):
        TOPIC = "bench.matter.created"
        record: str

    class Recorded(Aggregate.Event):
        TOPIC = "bench.matter.recorded"
        record: str


class Records(Application[UUID]):
    """The application whose events are projected."""


class Counts(PostgresTrackingRecorder):
    """The view: how many events each aggregate has."""

    def __init__(self, datastore: PostgresDatastore, **names: Any) -> None:
        super().__init__(datastore, **names)
        self.counted_until = 0.0
        table = (Identifier(datastore.schema), Identifier("counts"))
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {}.{} (matter uuid PRIMARY KEY, events bigint NOT NULL)").format(*table)
        )
        self._count = SQL(
            "INSERT INTO {0}.{1} AS c VALUES (%s, 1) ON CONFLICT (matter) DO UPDATE SET events = c.events + 1"
        ).format(*table)

    def count(self, matter: UUID, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._count, (matter,), prepare=True)
        self.counted_until = time.perf_counter()


class Counted(Projection[Counts]):
    def process_event(self, domain_event: DomainEventProtocol[UUID], tracking: Tracking) -> None:
        self.view.count(domain_event.originator_id, tracking)


def main(events: int, folder: str) -> None:
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_HOST": folder,
        "POSTGRES_PORT": "5432",
        "POSTGRES_DBNAME": "postgres",
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": "asked for, and not looked at",
    }
    fill(environment, events)
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Records, projection_class=Counted, view_class=Counts, env=environment
    ) as runner:
        runner.wait(events, timeout=WITHIN_S)
        took = runner.view.counted_until - began
    json.dump({"events": events, "per_s": events / took}, sys.stdout)


def fill(environment: dict[str, str], events: int) -> None:
    """Record so many events."""
    matters: dict[str, Matter] = {}
    entries = islice(year(events, seed=1).entries(), events)
    with Records(environment) as application:
        while together := list(islice(entries, SAVED_TOGETHER)):
            for entry in together:
                about, text = ".".join(entry.subject.split(".")[:2]), entry.record.decode()
                if about in matters:
                    matters[about].trigger_event(Matter.Recorded, record=text)
                else:
                    matters[about] = Matter._create(Matter.Created, record=text)
            application.save(*matters.values())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
