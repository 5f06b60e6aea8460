"""Time to write partitions to the installed metastore: `python -m bench.crawl.partitions [NUMBER]`.

Every partition's folder exists, as in a crawl; sizes go with the request, so that the metastore lists none.
Then the time by call: what of it is not the metastore's is the crawler's own.
"""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from demo import kube, pipeline
from demo.queries import ask
from thrift_files.libraries.thrift_hive_metastore_client import ThriftHiveMetastore

from bench.report import markdown
from emberlake.clients import metastore_tables
from emberlake.clients.hive import HivePartition, HiveTable
from emberlake.clients.metastore_tables import MetastoreTables
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.entry.diff import plan
from emberlake.crawler.entry.render import render
from emberlake.crawler.entry.write import write
from unit.crawler.memory import MemoryStore, candidates

DATABASE, PREFIX = "bench_partitions", "bench/partitions/"


def folders(number: int) -> list[str]:
    """One folder an hour from 2013 on."""
    return [
        f"{PREFIX}day=2013-{n // 672 % 12 + 1:02}-{n // 24 % 28 + 1:02}/hour={n % 24}/run={n}/"
        for n in range(number)
    ]


def fill(s3: Any, keys: list[str]) -> None:
    """An object in each folder."""
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(lambda key: s3.put_object(Bucket=pipeline.BUCKET, Key=key, Body=b"id,name\n1,a\n"), keys)
        )


def table(keys: list[str]) -> tuple[HiveTable, tuple[HivePartition, ...]]:
    """The entries that a crawl of the folders would write."""
    store = MemoryStore(dict.fromkeys(keys, "id,name\n1,a\n"))
    (candidate,) = candidates(store, PREFIX)
    found = decide(store, candidate, 1 << 30)
    assert isinstance(found, Decision)
    return render(found, DATABASE, "hours", "bench/partitions", (), None)


class Timed:
    """Times every call of the metastore's clients: name -> seconds of each."""

    def __init__(self) -> None:
        self.calls: dict[str, list[float]] = defaultdict(list)
        client: Any = ThriftHiveMetastore.Client
        for name in vars(ThriftHiveMetastore.Iface):
            if not name.startswith("_"):
                setattr(client, name, self._timed(name, getattr(client, name)))

    def _timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*values: Any, **named: Any) -> Any:
            start = time.monotonic()
            try:
                return call(*values, **named)
            finally:
                self.calls[name].append(time.monotonic() - start)

        return around

    def table(self) -> str:
        """One line a call; two writers may take more seconds than there were."""
        rows = [
            (name, str(len(took)), f"{sum(took):.1f} s", f"{min(took):.2f} s", f"{max(took):.2f} s")
            for name, took in sorted(self.calls.items(), key=lambda each: -sum(each[1]))
        ]
        return markdown(["call", "times", "in all", "shortest", "longest"], rows)


def measure(uri: str, keys: list[str]) -> None:
    """Write once, print how long it took."""
    entry, partitions = table(keys)
    timed = Timed()
    client = MetastoreTables([uri])
    client.ensure_database(DATABASE, f"s3://{pipeline.BUCKET}/warehouse/{DATABASE}.db")
    load = os.getloadavg()[0]
    start = time.monotonic()
    write(client, plan(entry, partitions, None, {}), lambda _: None)
    wrote = time.monotonic() - start
    start = time.monotonic()
    there = client.partitions(entry)
    read = time.monotonic() - start
    print(
        f"{len(there)} partitions written in {wrote:.1f} s ({len(there) / wrote:.0f}/s), "
        f"read in {read:.1f} s; "
        f"batches of {metastore_tables.BATCH}, {metastore_tables.WRITERS} writers; load before {load:.1f}"
    )
    client.close()
    print(timed.table())


def write_and_drop(keys: list[str]) -> None:
    """Measure with the installed metastore."""
    try:
        with kube.forward("svc/emberlake-metastore", pipeline.SYSTEM, 9083) as port:
            measure(f"thrift://127.0.0.1:{port}", keys)
    finally:
        with pipeline.sql() as port:
            ask(port, f"DROP SCHEMA IF EXISTS lake_hive.{DATABASE} CASCADE")


def main() -> None:
    """Fill the store, write the partitions, leave nothing behind."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    keys = [f"{folder}a.csv" for folder in folders(number)]
    with pipeline.object_store() as s3:
        try:
            fill(s3, keys)
            write_and_drop(keys)
        finally:
            for start in range(0, number, 1000):
                s3.delete_objects(
                    Bucket=pipeline.BUCKET,
                    Delete={"Objects": [{"Key": key} for key in keys[start : start + 1000]]},
                )


if __name__ == "__main__":
    main()
