"""Every format, compression and engine: the rows that a crawled table shows are those of its files.

The table of what was seen stands in docs/reference/formats.md; FORMATS_PAGE=1 writes it anew.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trino
from deltalake import DeltaTable
from demo import kube, pipeline
from demo.queries import ask

from e2e import bucket
from e2e.conftest import Pass
from e2e.samples import Row, Sample, samples
from e2e.test_main_job import script_job
from emberlake.clients.metastore_tables import MetastoreTables
from emberlake.crawler.entry.render import UPDATED_BY

pytestmark = pytest.mark.e2e

DATABASE, LOADED, PREFIX, NAME = "formats", "formats_loaded", "test/formats/", "formats"
TRINO, ICEBERG = f"lake_hive.{DATABASE}", f"lake.{DATABASE}"
PAGE = kube.ROOT / "docs/reference/formats.md"
BEGIN, END = "<!-- seen -->\n", "<!-- end of seen -->\n"
# how the types of the two engines correspond: the mapping of docs/reference/formats.md
TRINO_TYPES = {
    "varchar": "string", "bigint": "bigint", "integer": "int", "double": "double", "boolean": "boolean",
    "date": "date", "timestamp(6)": "timestamp", "timestamp(6) with time zone": "timestamp",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What an engine shows of a table, values as texts; or why it refuses."""

    types: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Cell:
    """One folder: what the crawl reported, and what the engines show."""

    sample: Sample
    reported: dict[str, Any]
    spark: Seen
    trino: Seen


def texts(rows: tuple[Row, ...]) -> tuple[tuple[str | None, ...], ...]:
    return tuple(sorted((tuple(None if v is None else str(v) for v in row) for row in rows), key=str))


@pytest.fixture(scope="module")
def matrix(main_job: Pass) -> Iterator[dict[str, Cell]]:
    """All folders, crawled once and read once by each engine."""
    clean()
    every = [*samples(), iceberg()]
    upload(every)
    report = crawl()
    tables = {table["name"]: table for table in report["tables"]}
    spark = read_by_spark([name for name in tables if tables[name]["action"] == "create"])
    nothing = {"readableBy": {"spark": "", "trino": ""}, "action": "none"}
    yield {
        each.folder: Cell(
            each,
            tables.get(each.folder, nothing),
            spark.get(each.folder, Seen(error="no table")),
            read_by_trino(tables.get(each.folder, nothing)),
        )
        for each in every
    }
    clean()


def iceberg() -> Sample:
    """An Iceberg table that only its folder knows."""
    location = f"s3://{pipeline.BUCKET}/{PREFIX}iceberg_none"
    with pipeline.sql() as port:
        ask(port, f"CREATE SCHEMA IF NOT EXISTS {ICEBERG}")
        ask(
            port, f"CREATE TABLE {ICEBERG}.made WITH (location = '{location}') AS SELECT 1 AS id, 'a' AS name"
        )
        ask(port, f"DELETE FROM {ICEBERG}.made WHERE id = 1")
        ask(port, f"INSERT INTO {ICEBERG}.made VALUES (2, 'b'), (3, NULL)")
        ask(port, f"CALL lake.system.unregister_table('{DATABASE}', 'made')")
    return Sample("iceberg", "none", "", {}, ((2, "b"), (3, None)))


def upload(every: list[Sample]) -> None:
    with pipeline.object_store() as s3:
        for sample in every:
            for name, body in sample.files.items():
                s3.put_object(Bucket=pipeline.BUCKET, Key=f"{PREFIX}{sample.folder}/{name}", Body=body)


def crawl(database: str = DATABASE, **spec: Any) -> dict[str, Any]:
    """Crawl all folders; returns the run's report."""
    document = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "Crawl",
        "metadata": {"name": NAME},
        "spec": {
            "catalog": "lake",
            "database": database,
            "targets": [{"s3": {"uri": f"s3://{pipeline.BUCKET}/{PREFIX}"}}],
            **spec,
        },
    }
    kube.kubectl("delete", "crawl", NAME, "-n", pipeline.NAMESPACE, "--ignore-not-found")
    kube.apply(document, pipeline.NAMESPACE)
    ended = kube.wait_state("crawl", NAME, pipeline.NAMESPACE, ("Succeeded", "Failed"), 300)
    bucket, _, key = ended["status"]["reportUri"].removeprefix("s3://").partition("/")
    with pipeline.object_store() as s3:
        found: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return found


def read_by_spark(names: list[str]) -> dict[str, Seen]:
    """What Spark shows of each table, from one job."""
    kube.kubectl("delete", "sparkjob", NAME, "-n", pipeline.NAMESPACE, "--ignore-not-found")
    kube.apply(
        script_job(NAME, "read_formats.py", [f"{DATABASE}.{name}" for name in names]), pipeline.NAMESPACE
    )
    ended = kube.wait_state("sparkjob", NAME, pipeline.NAMESPACE, ("Succeeded", "Failed"), 400)
    assert ended["status"]["state"] == "Succeeded", ended["status"]
    log = kube.kubectl("logs", f"{NAME}-1-1-driver", "-n", pipeline.NAMESPACE)
    seen = [json.loads(line[5:]) for line in log.splitlines() if line.startswith("CELL ")]
    return {each["name"].partition(".")[2]: _seen_by_spark(each) for each in seen}


def _seen_by_spark(told: dict[str, Any]) -> Seen:
    if "error" in told:
        return Seen(error=told["error"])
    return Seen(tuple(told["types"].values()), texts(tuple(map(tuple, told["rows"]))))


def read_by_trino(table: dict[str, Any]) -> Seen:
    """What Trino shows: of the view where there is one."""
    if table["action"] != "create":
        return Seen(error="no table")
    name = table["view"] or table["name"]
    with pipeline.sql() as port:
        try:
            types = [row[1] for row in ask(port, f'DESCRIBE {TRINO}."{name}"').rows]
            rows = ask(port, f'SELECT * FROM {TRINO}."{name}"').rows
        except trino.exceptions.Error as error:
            return Seen(error=str(error)[:300])
    return Seen(tuple(TRINO_TYPES.get(kind, kind) for kind in types), texts(rows))


def clean() -> None:
    """Leave nothing behind: tables, views and files."""
    with kube.forward("svc/emberlake-metastore", pipeline.SYSTEM, 9083) as port:
        metastore = MetastoreTables([f"thrift://127.0.0.1:{port}"])
        for database in (DATABASE, LOADED):
            for table in metastore.tables_with(database, UPDATED_BY, f"{pipeline.NAMESPACE}/{NAME}"):
                metastore.drop_table(table)
        metastore.close()
    with pipeline.sql() as port:
        for database in (DATABASE, LOADED):
            ask(port, f"DROP SCHEMA IF EXISTS lake_hive.{database}")
    for prefix in (PREFIX, *(f"warehouse/{database}.db/" for database in (DATABASE, LOADED))):
        bucket.empty(prefix)
    for kind in ("crawl", "sparkjob"):
        kube.kubectl("delete", kind, NAME, "-n", pipeline.NAMESPACE, "--ignore-not-found", "--wait=false")


def wrong(cell: Cell) -> list[str]:
    """What is wrong with a folder: other rows than its files have, or a claim that does not hold."""
    found = []
    for engine, seen in (("spark", cell.spark), ("trino", cell.trino)):
        told = cell.reported["readableBy"][engine]
        readable = told in {"native", "by view"}
        if readable and seen.error:
            found.append(f"{cell.sample.folder}: {engine} is {told} but says {seen.error}")
        elif not readable and not seen.error:
            found.append(
                f"{cell.sample.folder}: {engine} is {told or 'not told of'} but shows {seen.rows[:2]}"
            )
        elif readable and seen.rows != texts(cell.sample.rows):
            found.append(f"{cell.sample.folder}: {engine} shows {seen.rows}, not {texts(cell.sample.rows)}")
    if not cell.spark.error and not cell.trino.error and cell.spark.types != cell.trino.types:
        found.append(f"{cell.sample.folder}: types {cell.spark.types} in Spark, {cell.trino.types} in Trino")
    return found


def test_no_cell_shows_wrong_rows(matrix: dict[str, Cell]) -> None:
    assert [text for cell in matrix.values() for text in wrong(cell)] == []


def test_what_no_engine_reads_is_loaded_once(matrix: dict[str, Cell]) -> None:
    unread = {name: c.sample for name, c in matrix.items() if c.reported["action"] == "not readable"}
    actions = {t["name"]: t["action"] for t in crawl(LOADED, convert="Iceberg")["tables"]}
    assert {name: actions[name] for name in unread} == dict.fromkeys(unread, "create")
    with pipeline.sql() as port:
        seen = {name: texts(ask(port, f"SELECT * FROM lake.{LOADED}.{name}").rows) for name in unread}
    assert seen == {name: texts(sample.rows) for name, sample in unread.items()}
    actions = {t["name"]: t["action"] for t in crawl(LOADED, convert="Iceberg")["tables"]}
    assert {name: actions[name] for name in unread} == dict.fromkeys(unread, "none")


def test_a_delta_table_is_read_under_every_name_and_at_its_newest_commit(
    matrix: dict[str, Cell], tmp_path: Path
) -> None:
    sample = matrix["delta_none_deleted_rows"].sample
    for name, body in sample.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(body)
    ids = "SELECT array_agg(id ORDER BY id) FROM {}." + f"{DATABASE}.{sample.folder}"
    with pipeline.sql() as port:
        seen = [ask(port, ids.format(catalog)).rows for catalog in ("lake", "lake_hive", "lake_delta")]
        assert seen == [(([row[0] for row in sample.rows],),)] * 3
        DeltaTable(tmp_path).delete("id > 1")
        written = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
        upload(
            [replace(sample, files={n: p.read_bytes() for n, p in written.items() if n not in sample.files})]
        )
        assert ask(port, ids.format("lake_hive")).rows == (([1],),)
        with pytest.raises(trino.exceptions.Error, match="Access Denied"):
            ask(port, f"DELETE FROM {TRINO}.{sample.folder}")


def test_the_page_says_what_was_seen(matrix: dict[str, Cell]) -> None:
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    page = f"{head}{BEGIN}{_table(matrix)}{END}{tail}"
    if os.environ.get("FORMATS_PAGE"):
        PAGE.write_text(page)
    assert page == text, "run the test with FORMATS_PAGE=1"


def _table(matrix: dict[str, Cell]) -> str:
    lines = ["| Format | Compression | | Spark | Trino |", "|---|---|---|---|---|"]
    for cell in matrix.values():
        sample, readable = cell.sample, cell.reported["readableBy"]
        told = [readable[engine] or "no table" for engine in ("spark", "trino")]
        lines.append(f"| {sample.format} | {sample.compression} | {sample.feature} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"
