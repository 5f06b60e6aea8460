"""Partitions are sent in batches over two connections, and none is begun after one was refused."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from thrift_files.libraries.thrift_hive_metastore_client import ttypes

from emberlake.clients.hive import HivePartition, HiveTable, Storage
from emberlake.clients.metastore_tables import BATCH, WRITERS, MetastoreTables

STORAGE = Storage("in", "out", "serde")
TABLE = HiveTable("raw", "t", "s3://lake/t", (), (), STORAGE)


class Answering(MetastoreTables):
    """A metastore whose connections answer at once: with `refuse`, by an error from that batch on."""

    def __init__(self, batches: list[int], connections: set[int], refuse: int | None = None) -> None:
        super().__init__(["thrift://nowhere:1"])
        self.batches, self.connections, self.refuse = batches, connections, refuse

    def _call(self, call: Callable[[Any, int], Any]) -> Any:
        return call(self, 0)

    def _another(self) -> MetastoreTables:
        return Answering(self.batches, self.connections, self.refuse)

    def add_partitions_req(self, request: Any) -> None:
        self.connections.add(id(self))
        if self.refuse is not None and len(self.batches) >= self.refuse:
            raise ttypes.MetaException("no")
        self.batches.append(len(request.parts))


def partitions(number: int) -> list[HivePartition]:
    return [HivePartition((str(n),), f"s3://lake/t/n={n}", (), STORAGE) for n in range(number)]


@pytest.mark.parametrize(("number", "connections"), [(0, 0), (1, 1), (BATCH, 1), (10 * BATCH + 1, WRITERS)])
def test_all_partitions_are_sent_in_batches(number: int, connections: int) -> None:
    batches: list[int] = []
    used: set[int] = set()
    done = list(Answering(batches, used).add_partitions(TABLE, partitions(number)))
    assert sum(batches) == sum(done) == number
    assert all(size <= BATCH for size in batches)
    assert len(used) <= max(connections, 0 if not number else 1)


def test_nothing_goes_on_after_a_refusal() -> None:
    batches: list[int] = []
    threads = threading.active_count()
    with pytest.raises(ttypes.MetaException):
        list(Answering(batches, set(), refuse=2).add_partitions(TABLE, partitions(20 * BATCH)))
    assert len(batches) <= 2
    assert threading.active_count() <= threads
