"""A metastore in memory behind the real protocol, and whole runs against it."""

import copy
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from thrift_files.libraries.thrift_hive_metastore_client import ThriftHiveMetastore, ttypes

from emberlake.clients.metastore_tables import partition_name, partition_of, table_of
from emberlake.crawler.config import CatalogSettings, CrawlConfig, Location, S3Settings
from emberlake.crawler.entry.journal import Journal, JournaledTables
from emberlake.crawler.entry.policy import RUN_TIME, Writer
from emberlake.crawler.entry.rollback import Rollback
from emberlake.crawler.progress import Progress
from emberlake.crawler.run import Run
from emberlake.crawler.summary import Summary
from unit.crawler.memory import BUCKET, SYSTEM, MemoryStore, target

# calls that change something, of the classes of clients
Writes = tuple[tuple[Any, str], ...]
WRITES: Writes = tuple(
    (ThriftHiveMetastore.Client, name)
    for name in (
        "create_database",
        "create_table_with_environment_context",
        "alter_table_with_environment_context",
        "drop_table",
        "add_partitions_req",
        "alter_partitions_with_environment_context",
        "drop_partitions_req",
    )
)


class Metastore:
    """The calls that a crawl makes; drops and filters as Hive 3.1 does them."""

    def __init__(self) -> None:
        self.databases: set[str] = set()
        self.tables: dict[str, Any] = {}
        self.partitions: dict[str, dict[tuple[str, ...], Any]] = {}

    def get_database(self, name: str) -> Any:
        if name not in self.databases:
            raise ttypes.NoSuchObjectException(message=name)
        return ttypes.Database(name=name)

    def create_database(self, database: Any) -> None:
        self.databases.add(database.name)

    def create_table_with_environment_context(self, tbl: Any, environment_context: Any) -> None:
        if tbl.tableName in self.tables:
            raise ttypes.AlreadyExistsException(message="there")
        serde = tbl.sd.serdeInfo
        # As of a view: what is empty comes back as nothing.
        tbl.sd.inputFormat, tbl.sd.outputFormat = tbl.sd.inputFormat or None, tbl.sd.outputFormat or None
        serde.serializationLib = serde.serializationLib or None
        self.tables[tbl.tableName], self.partitions[tbl.tableName] = tbl, {}

    def alter_table_with_environment_context(
        self, dbname: str, tbl_name: str, new_tbl: Any, environment_context: Any
    ) -> None:
        if self.tables[tbl_name].partitionKeys != new_tbl.partitionKeys:
            raise ttypes.InvalidOperationException(message="partition keys can not be changed")
        self.tables[tbl_name] = new_tbl

    def create_table(self, tbl: Any) -> None:
        self.create_table_with_environment_context(tbl, None)

    def get_table(self, dbname: str, tbl_name: str) -> Any:
        if tbl_name not in self.tables:
            raise ttypes.NoSuchObjectException(message=tbl_name)
        return copy.deepcopy(self.tables[tbl_name])

    def lock(self, rqst: Any) -> Any:
        """At once: the real one takes the locks of the killed away after a while."""
        return ttypes.LockResponse(lockid=1, state=ttypes.LockState.ACQUIRED)

    def unlock(self, rqst: Any) -> None:
        pass

    def drop_table(self, dbname: str, name: str, deleteData: bool) -> None:  # noqa: N803
        assert not deleteData
        if name not in self.tables:
            raise ttypes.NoSuchObjectException(message=name)
        del self.tables[name], self.partitions[name]

    def get_table_objects_by_name_req(self, req: Any) -> Any:
        return ttypes.GetTablesResult(
            tables=[copy.deepcopy(self.tables[name]) for name in req.tblNames if name in self.tables]
        )

    def get_table_names_by_filter(self, dbname: str, filter: str, max_tables: int) -> list[str]:  # noqa: A002
        found = re.fullmatch(r'hive_filter_field_params__(\w+) = "(.*)"', filter)
        assert found
        return [name for name, raw in self.tables.items() if raw.parameters.get(found[1]) == found[2]]

    def _name(self, table: str, values: tuple[str, ...]) -> str:
        return partition_name([key.name for key in self.tables[table].partitionKeys], values)

    def get_partition_names(self, db_name: str, tbl_name: str, max_parts: int) -> list[str]:
        return [self._name(tbl_name, values) for values in self.partitions[tbl_name]]

    def get_partitions_by_names(self, db_name: str, tbl_name: str, names: list[str]) -> list[Any]:
        return [
            raw for values, raw in self.partitions[tbl_name].items() if self._name(tbl_name, values) in names
        ]

    def add_partitions_req(self, request: Any) -> Any:
        for part in request.parts:
            self.partitions[request.tblName].setdefault(tuple(part.values), part)
        return ttypes.AddPartitionsResult()

    def alter_partitions_with_environment_context(
        self, db_name: str, tbl_name: str, new_parts: list[Any], environment_context: Any
    ) -> None:
        for part in new_parts:
            assert tuple(part.values) in self.partitions[tbl_name]
            self.partitions[tbl_name][tuple(part.values)] = part

    def drop_partitions_req(self, req: Any) -> Any:
        assert not req.deleteData
        for values in list(self.partitions[req.tblName]):
            if self._name(req.tblName, values) in req.parts.names:
                del self.partitions[req.tblName][values]
        return ttypes.DropPartitionsResult()

    def state(self) -> dict[str, Any]:
        """All that stands there, without the time of the runs."""
        found = {}
        for name, raw in self.tables.items():
            table = table_of(raw)
            parameters = {k: v for k, v in table.parameters.items() if k != RUN_TIME}
            partitions = {
                values: replace(partition_of(part), raw=None)
                for values, part in self.partitions[name].items()
            }
            found[name] = (replace(table, parameters=parameters, raw=None), partitions)
        return found

    def saved(self) -> Any:
        """A copy for `restore`."""
        return copy.deepcopy((self.databases, self.tables, self.partitions))

    def restore(self, saved: Any) -> None:
        """As it was."""
        self.databases, self.tables, self.partitions = copy.deepcopy(saved)


class FolderStore(MemoryStore):
    """A store whose objects outlive the process that puts them."""

    def __init__(self, folder: Path) -> None:
        super().__init__({})
        self.folder = folder
        self.objects = {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }

    def put(self, bucket: str, key: str, body: bytes) -> None:
        super().put(bucket, key, body)
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        # As in S3: an object is there as a whole or not at all.
        (path.parent / ".new").write_bytes(body)
        (path.parent / ".new").rename(path)


def config(uri: str, run: int, **fields: Any) -> CrawlConfig:
    """Run number `run` of the Crawl demo/raw, which writes into the database raw."""
    warehouse = Location(BUCKET, "warehouse/")
    catalog = CatalogSettings("lake", "lake_hive", (uri,), warehouse, SYSTEM, S3Settings())
    known: dict[str, Any] = {"targets": (target(),), **fields}
    return CrawlConfig("demo", "raw", "uid-1", run, catalog, "raw", **known)


def execute(settings: CrawlConfig, store: MemoryStore, log: TextIO | None = None) -> Summary:
    """One run, or a rollback, in this process."""
    tables = JournaledTables(settings.catalog.metastore_uris)
    tables.journal = Journal(store, settings)
    writer = Writer(settings.run_id, "2026-01-02T03:04:05Z", 1767323045000)
    with Path(os.devnull).open("w") as nowhere:
        program = Run if settings.rollback_to is None else Rollback
        try:
            return program(settings, store, tables, writer, Progress(log or nowhere)).execute()
        finally:
            tables.close()


def killed(
    settings: CrawlConfig,
    folder: Path,
    moment: int,
    run: Callable[[CrawlConfig, MemoryStore], object] = execute,
    writes: Writes = WRITES,
) -> bool:
    """A run in a process that is killed at a moment: before or after some of `writes`, or of the store's.

    False when the run came to its end before that moment.
    """
    if child := os.fork():
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    code = 1
    try:
        run(settings, _mortal(moment, folder, writes))
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def _mortal(moment: int, folder: Path, writes: Writes) -> FolderStore:
    """A store whose process, which may call `writes` too, is killed at the moment."""
    left = iter(range(moment, -1, -1))

    def marked(call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*values: Any, **named: Any) -> Any:
            _die(left)
            found = call(*values, **named)
            _die(left)
            return found

        return around

    for client, name in writes:
        setattr(client, name, marked(getattr(client, name)))
    store = FolderStore(folder)
    store.put = marked(store.put)  # type: ignore[method-assign]
    return store


def _die(left: Iterator[int]) -> None:
    if next(left, None) == 0:
        os.kill(os.getpid(), signal.SIGKILL)
