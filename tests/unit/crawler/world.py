"""A metastore and a bucket that outlive the runs over them."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from emberlake.clients.hive import HiveTable
from emberlake.clients.metastore_tables import table_of
from emberlake.crawler.summary import Summary
from unit.clients.serving import serving
from unit.crawler.memory import MemoryStore
from unit.crawler.metastore import Metastore, config, execute


class World:
    """One metastore and one bucket, and the runs over them."""

    def __init__(self, uri: str, metastore: Metastore) -> None:
        self.uri, self.metastore = uri, metastore
        self.store = MemoryStore({})
        self.number = 0
        self.log = io.StringIO()

    def crawl(self, files: Mapping[str, str | bytes], **fields: Any) -> Summary:
        kept = {k: v for k, v in self.store.objects.items() if k.startswith("_emberlake/")}
        self.store.objects = kept | MemoryStore(files).objects
        return self.again(**fields)

    def again(self, **fields: Any) -> Summary:
        self.number += 1
        self.log = io.StringIO()
        return execute(config(self.uri, self.number, **fields), self.store, self.log)

    def planned(self) -> list[dict[str, Any]]:
        lines = map(json.loads, self.log.getvalue().splitlines())
        return [line["table"] for line in lines if line["event"] == "Planned"]

    def table(self, name: str) -> HiveTable:
        return table_of(self.metastore.tables[name])

    def columns(self, name: str) -> dict[str, str]:
        return {column.name: column.type for column in self.table(name).columns}

    def days(self) -> list[tuple[str, ...]]:
        return sorted(self.metastore.partitions["days"])

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.store.objects[f"_emberlake/reports/crawl/demo/raw/{self.number}.json"]
        )
        return found


@contextmanager
def new_world() -> Iterator[World]:
    metastore = Metastore()
    with serving(metastore) as uri:
        yield World(uri, metastore)
