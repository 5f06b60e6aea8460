"""A load, or its rollback, that is killed before or after any of its writes: the table holds what it held
or what it should, and the next rollback or run goes on from either.
"""

import re
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest
from hive_metastore.ThriftHiveMetastore import Client

from emberlake.clients import storeio
from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.entry.convert import open_catalog
from unit.clients.serving import serving
from unit.crawler import metastore
from unit.crawler.memory import MemoryStore
from unit.crawler.metastore import WRITES, FolderStore, Metastore, config
from unit.crawler.packed import zipped

LOADS = ("lock", "create_table", "alter_table_with_environment_context", "unlock")
WRITES_OF_LOADS = (*WRITES, *((Client, name) for name in LOADS))
# the ids in each file at a run that loads them, or the run that a rollback goes back to
Step = dict[str, list[int]] | int
SMALL: Step = {"a": [1, 2]}
GROWN: Step = {"a": [1, 2], "b": [3]}


def execute(settings: CrawlConfig, store: MemoryStore) -> str:
    """A run whose tables lie in `store`; how it ended."""
    with patch.object(storeio, "make_client"), patch.object(storeio, "S3Store", lambda _: store):
        return metastore.execute(settings, store).reason


def rows(settings: CrawlConfig, store: MemoryStore, tables: Metastore) -> list[int]:
    """The ids in the table; none where there is no table."""
    if not tables.tables:
        return []
    with patch.object(storeio, "make_client"), patch.object(storeio, "S3Store", lambda _: store):
        table = open_catalog(settings.catalog).load_table((settings.database, "packed"))
        return sorted(table.scan().to_arrow()["id"].to_pylist())


def numbered(uri: str, run: int, step: Step, folder: Path) -> CrawlConfig:
    """The run of a step, whose files are put."""
    if isinstance(step, int):
        return config(uri, run, rollback_to=step)
    for name, ids in step.items():
        path = folder / f"raw/packed/{name}.csv.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "id,name\n" + "".join(f"{each},x\n" for each in ids)
        path.write_bytes(zipped({"data.csv": text.encode()}))
    return config(uri, run, convert="Iceberg")


@pytest.mark.parametrize(
    ("before", "step", "mended"),
    [
        ([], SMALL, 0),
        ([SMALL], GROWN, 1),
        ([SMALL, GROWN], 1, 1),
        ([SMALL, GROWN], 0, 0),
        ([SMALL, GROWN, 0], 2, 2),
    ],
    ids=[
        "the first load",
        "the next load",
        "back to its rows",
        "back to no table",
        "back to a dropped table",
    ],
)
def test_a_load_or_its_rollback_can_be_killed_anywhere(
    before: list[Step], step: Step, mended: int, tmp_path: Path
) -> None:
    """`mended`: the run that is gone back to behind the killed one."""
    tables, first = Metastore(), tmp_path / "first"
    first.mkdir()
    seen: list[list[int]] = [[]]
    files = [each for each in (*before, step) if isinstance(each, dict)][-1]
    lying = sorted(each for ids in files.values() for each in ids)
    with serving(tables) as uri:
        for run, earlier in enumerate(before, 1):
            execute(numbered(uri, run, earlier, first), FolderStore(first))
            seen.append(rows(config(uri, run), FolderStore(first), tables))
        killed, saved = numbered(uri, len(seen), step, first), tables.saved()
        back = config(uri, killed.run + 1, rollback_to=mended)
        again = config(uri, killed.run + 2, convert="Iceberg")
        moment, whole = 0, copied(first, tmp_path / "whole")
        execute(killed, whole)
        ends = rows(killed, whole, tables)
        assert ends != seen[-1]
        while True:
            tables.restore(saved)
            store = copied(first, tmp_path / str(moment))
            if not metastore.killed(killed, store.folder, moment, execute, WRITES_OF_LOADS):
                break
            store = FolderStore(store.folder)
            assert rows(killed, store, tables) in (seen[-1], ends), f"killed at {moment}"
            execute(back, store)
            assert rows(back, store, tables) == seen[mended], f"killed at {moment}, taken back"
            execute(again, store)
            assert rows(again, store, tables) == lying, f"killed at {moment}, run again"
            shutil.rmtree(store.folder)
            # a load has many writes, and behind one of them is before the next
            moment += 1 if isinstance(step, int) else 2
        assert moment > 5


def test_a_load_outwaits_the_lock_of_a_killed_one() -> None:
    chart = (Path(__file__).parents[3] / "charts/emberlake/templates/metastore/_config.tpl").read_text()
    kept = [
        int(re.findall(rf"<name>{name}</name><value>(\d+)s", chart)[0])
        for name in ("hive.txn.timeout", "hive.timedout.txn.reaper.interval")
    ]
    catalog = vars(open_catalog(config("thrift://localhost:1", 1).catalog))
    most, checks = catalog["_lock_check_max_wait_time"], int(catalog["_lock_check_retries"])
    assert sum(min(2 * 2**each, most) for each in range(checks - 1)) > sum(kept)


def copied(folder: Path, to: Path) -> FolderStore:
    shutil.copytree(folder, to)
    return FolderStore(to)
