"""Reading a view as of one moment, whatever a run writes meanwhile, and for so long at most."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, select, text

from projections.readmodel import PROGRESS

READ_LIMIT_S = 60.0
"""So long a person waits for an answer at most."""
STEPS_BETWEEN_LOOKS = 10_000
"""Of SQLite's machine, until the clock is looked at: about a millisecond."""


@contextmanager
def snapshot(engine: Engine, limit_s: float = READ_LIMIT_S) -> Iterator[Connection]:
    """All that is asked inside is answered as of one moment. A database that takes longer raises SQLAlchemy's own."""
    driver = None
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            until = time.monotonic() + limit_s
            driver = connection.connection.driver_connection
            assert driver
            driver.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
            connection.exec_driver_sql("BEGIN")  # of itself the driver begins none to read
        else:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            connection.execute(text(f"SET LOCAL statement_timeout = {int(limit_s * 1_000)}"))
        try:
            yield connection
        finally:
            if driver:
                driver.set_progress_handler(None, 0)  # the pool gives it to the next


def logged_at(connection: Connection) -> str | None:
    """Up to when this view has the log; None while nothing is folded."""
    found: str | None = connection.execute(select(PROGRESS.c.logged_at)).scalar()
    return found
