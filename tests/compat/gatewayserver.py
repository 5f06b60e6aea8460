"""The gateway of a job, in the process of a worker."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from pyspark.sql import SparkSession

from emberlake.sail.config import SailConfig
from emberlake.sail.gateway import Gateway

# as running.column_cases writes them
_COLUMNS = re.compile(r"(SELECT n, .*) FROM (VALUES .* AS t\(n, [^()]*\))", re.DOTALL)


@dataclass
class Viewed:
    """A session whose queries over VALUES ask a view of them, whose types the gateway can tell."""

    session: Any
    direct: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def sql(self, query: str, *arguments: Any, **named: Any) -> Any:
        """As of the session."""
        if found := _COLUMNS.fullmatch(query):
            self.direct.sql(f"CREATE OR REPLACE TEMPORARY VIEW t AS SELECT * FROM {found[2]}").collect()
            query = f"{found[1]} FROM t"
        return self.session.sql(query, *arguments, **named)


@contextmanager
def through(direct: Any, engine: Any) -> Iterator[Viewed]:
    """The session of Sail again, by way of the gateway of a job of the engine; no Catalog to write to."""
    host, port = direct.served_by.listening_address[:2]
    config = SailConfig(engine, "Python", "local:///case.py", "case/1", 1)
    gateway = Gateway(f"{host}:{port}", config, _no_tables)
    address = f"sc://127.0.0.1:{gateway.start()}/;session_id={direct.session_id}"
    session = SparkSession.builder.remote(address).create()
    try:
        yield Viewed(session, direct)
    finally:
        session.stop()
        gateway.stop(0)


def _no_tables() -> NoReturn:
    raise AssertionError("no case writes to a table")
