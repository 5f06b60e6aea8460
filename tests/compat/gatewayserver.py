"""The gateway of a job, in the process of a worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from pyspark.sql import SparkSession

from emberlake.sail.config import SailConfig
from emberlake.sail.gateway import Gateway


@contextmanager
def through(direct: Any, engine: Any) -> Iterator[SparkSession]:
    """The session of Sail again, by way of the gateway of a job of the engine; no Catalog to write to."""
    host, port = direct.served_by.listening_address[:2]
    config = SailConfig(engine, "Python", "local:///case.py", "case/1", 1)
    gateway = Gateway(f"{host}:{port}", config, _no_tables)
    address = f"sc://127.0.0.1:{gateway.start()}/;session_id={direct.session_id}"
    session = SparkSession.builder.remote(address).create()
    try:
        yield session
    finally:
        session.stop()
        gateway.stop(0)


def _no_tables() -> NoReturn:
    raise AssertionError("no case writes to a table")
