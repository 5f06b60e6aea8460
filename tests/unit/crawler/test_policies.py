"""What runs do about tables that are there already, by policy; and the way back."""

from collections.abc import Iterator
from typing import Any

import pytest

from emberlake.crawler.config import Changes, Grouping
from emberlake.crawler.failure import Problem
from unit.crawler.memory import MemoryStore, target
from unit.crawler.world import World, new_world

DAYS = {"raw/days/day=1/a.csv": "n,s\n1,x\n", "raw/days/day=2/a.csv": "n,s\n2,y\n"}
KEPT = {"raw/kept/a.csv": "n,s\n1,x\n"}


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as made:
        yield made


def test_merge_keeps_columns_and_widens_types(world: World) -> None:
    world.crawl({"raw/t/a.json": '{"a": 1, "b": 1}\n'})
    world.crawl({"raw/t/a.json": '{"a": 1.5, "c": 1}\n'})
    assert world.columns("t") == {"a": "double", "c": "bigint", "b": "bigint"}


def test_replace_makes_columns_what_they_are_now(world: World) -> None:
    world.crawl({"raw/t/a.json": '{"a": 1.5, "b": 1}\n'})
    assert world.crawl({"raw/t/a.json": '{"a": 1, "c": 1}\n'}, changes=Changes("Replace")).reason == "Crawled"
    assert world.columns("t") == {"a": "bigint", "c": "bigint"}


def test_replace_makes_a_table_anew_whose_partition_keys_changed(world: World) -> None:
    world.crawl(DAYS)
    by_month = {"raw/days/month=1/a.csv": "n,s\n1,x\n", "raw/days/month=2/a.csv": "n,s\n1,x\n"}
    assert world.crawl(by_month).reason == "PartitionKeysChanged"
    assert world.crawl(by_month, changes=Changes("Replace")).reason == "Crawled"
    assert [key.name for key in world.table("days").partition_keys] == ["month"]
    assert world.days() == [("1",), ("2",)]


def test_log_changes_no_table_but_adds_partitions_as_the_table_is(world: World) -> None:
    world.crawl(DAYS)
    before = world.columns("days")
    more = {**DAYS, "raw/days/day=3/a.csv": "n,s\n3.5,x\n"}
    counts = world.crawl(more, changes=Changes("Log")).counts
    assert (counts.tables_updated, counts.partitions_added) == (1, 1)
    assert world.columns("days") == before
    added = world.metastore.partitions["days"][("3",)]
    assert {column.name: column.type for column in added.sd.cols} == before
    (told,) = world.report()["tables"]
    assert "not changed: column n becomes double, was bigint" in told["changes"]


def test_log_reports_what_does_not_fit_and_fails_nothing(world: World) -> None:
    world.crawl(DAYS)
    assert (
        world.crawl({"raw/days/month=1/a.csv": "n,s\n1,x\n"}, changes=Changes("Log")).outcome == "Succeeded"
    )
    assert [key.name for key in world.table("days").partition_keys] == ["day"]


def test_hand_edits_are_kept_whatever_the_policy(world: World) -> None:
    world.crawl(KEPT)
    raw = world.metastore.tables["kept"]
    raw.parameters["owner_team"] = "sales"
    raw.sd.cols[0].comment = "how many"
    world.crawl({"raw/kept/a.csv": "n,s,t\n1,x,2\n"}, changes=Changes("Replace", "Delete"))
    assert world.columns("kept") == {"n": "bigint", "s": "string", "t": "bigint"}
    assert world.table("kept").parameters["owner_team"] == "sales"
    assert world.table("kept").columns[0].comment == "how many"


@pytest.mark.parametrize(("delete", "left"), [("Log", 2), ("Deprecate", 2), ("Delete", 1)])
def test_partitions_whose_files_are_gone(world: World, delete: Any, left: int) -> None:
    world.crawl(DAYS)
    files = {key: text for key, text in DAYS.items() if "day=1" not in key}
    counts = world.crawl(files, changes=Changes("Merge", delete)).counts
    assert len(world.days()) == left
    assert counts.partitions_deleted == (delete == "Delete")
    if delete == "Deprecate":
        assert "DEPRECATED_BY_CRAWLER" in world.metastore.partitions["days"][("1",)].parameters
        world.crawl(DAYS)
        assert "DEPRECATED_BY_CRAWLER" not in world.metastore.partitions["days"][("1",)].parameters


def test_a_gone_table_is_only_reported_by_default(world: World) -> None:
    world.crawl(DAYS | KEPT)
    assert world.crawl(KEPT).outcome == "Succeeded"
    assert sorted(world.metastore.tables) == ["days", "kept"]
    assert [entry["name"] for entry in world.report()["gone"]] == ["days"]


def test_a_gone_table_is_marked_once_and_unmarked_when_it_is_back(world: World) -> None:
    world.crawl(DAYS | KEPT)
    assert world.crawl(KEPT, changes=Changes(delete="Deprecate")).counts.tables_deprecated == 1
    assert world.again(changes=Changes(delete="Deprecate")).counts.tables_deprecated == 0
    assert "DEPRECATED_BY_CRAWLER" in world.table("days").parameters
    world.crawl(DAYS | KEPT)
    assert "DEPRECATED_BY_CRAWLER" not in world.table("days").parameters


def test_a_stray_file_that_is_excluded_heals(world: World) -> None:
    world.crawl(KEPT | {"raw/stray/x.json": '{"a": 1}\n'})
    assert "stray" in world.metastore.tables
    settings = {"targets": (target("raw/", "stray/**"),), "changes": Changes(delete="Delete")}
    world.again(**settings)
    assert sorted(world.metastore.tables) == ["kept"]


def test_delete_touches_no_table_of_another_crawl_or_of_people(world: World) -> None:
    world.crawl(DAYS | KEPT)
    world.metastore.tables["days"].parameters["UPDATED_BY_CRAWLER"] = "demo/other"
    assert world.crawl(KEPT, changes=Changes(delete="Delete")).counts.tables_deleted == 0
    assert sorted(world.metastore.tables) == ["days", "kept"]


def test_delete_drops_nothing_that_the_run_could_not_see(world: World) -> None:
    """A target that is gone altogether may be a wrong name; a folder that cannot be read is there."""
    world.crawl(DAYS | KEPT)
    delete = Changes(delete="Delete")
    elsewhere = {"targets": (target("raw/none/"),), "changes": delete}
    assert world.again(**elsewhere).reason == "PrefixNotFound"
    assert world.crawl(KEPT | {"raw/days/day=1/a.parquet": "nonsense"}, changes=delete).outcome == "Failed"
    assert sorted(world.metastore.tables) == ["days", "kept"]


def test_more_tables_than_allowed_write_nothing(world: World) -> None:
    found = world.crawl(DAYS | KEPT, grouping=Grouping(max_tables=1))
    assert (found.outcome, found.reason) == ("Failed", "TooManyTables")
    assert world.metastore.tables == {}


def test_a_run_without_changes_writes_nothing_and_keeps_the_lineage(world: World) -> None:
    world.crawl(DAYS | KEPT)
    before = world.metastore.saved()
    counts = world.again().counts
    assert (counts.tables_unchanged, counts.tables_updated) == (2, 0)
    assert world.metastore.saved() == before
    assert world.table("kept").parameters["CRAWL_RUN_ID"] == "demo/raw/1"
    assert world.table("kept").parameters["CRAWL_RUN_TIME"] == "2026-01-02T03:04:05Z"


def test_a_dry_run_writes_nothing_and_tells_all(world: World) -> None:
    assert world.crawl(DAYS, dry_run=True).reason == "Planned"
    assert world.metastore.tables == {}
    assert [(t["name"], t["action"]) for t in world.report()["tables"]] == [("days", "create")]


def test_a_plan_tells_of_what_could_not_be_decided_or_is_not_read(world: World) -> None:
    broken = {"raw/broken/a.parquet": "no parquet", "raw/tree/a.xml": "<r><i><a>1</a></i><i><a>2</a></i></r>"}
    world.crawl(DAYS | broken | {"raw/notes/LICENCE": "Whoever reads this, may keep it.\n"}, dry_run=True)
    told = {line["location"]: line for line in world.planned()}
    failed = told["s3://lake/raw/broken/a.parquet"]
    assert (failed["action"], "Parquet" in failed["problem"]) == ("failed", True)
    tree = told["s3://lake/raw/tree"]
    assert (tree["action"], "XML" in tree["changes"][0]) == ("not readable", True)
    assert [line["changes"] for line in told.values() if line["action"] == "skipped"] == [["prose"]]


def test_rollback_drops_what_later_runs_made_and_restores_what_they_changed(world: World) -> None:
    world.crawl(DAYS)
    before = world.metastore.state()
    more = {**DAYS, "raw/days/day=3/a.csv": "n,s\n3.5,x\n", **KEPT}
    world.crawl(more)
    world.crawl(KEPT, changes=Changes(delete="Delete"))
    assert sorted(world.metastore.tables) == ["kept"]
    found = world.again(rollback_to=1)
    assert (found.outcome, found.reason) == ("Succeeded", "RolledBack")
    assert sorted(world.metastore.tables) == ["days"]
    assert world.days() == [("1",), ("2",)]
    assert world.table("days").columns == before["days"][0].columns
    assert world.metastore.state()["days"][1] == before["days"][1]


def test_a_rollback_can_be_taken_back_and_repeated(world: World) -> None:
    world.crawl(DAYS)
    world.crawl(DAYS | KEPT)
    world.again(rollback_to=1)
    assert sorted(world.metastore.tables) == ["days"]
    world.again(rollback_to=2)
    assert sorted(world.metastore.tables) == ["days", "kept"]
    assert world.again(rollback_to=2).counts.tables_created == 0
    world.again(rollback_to=0)
    assert world.metastore.tables == {}


def test_rollback_keeps_what_people_wrote_since_then(world: World) -> None:
    world.crawl(KEPT)
    world.crawl({"raw/kept/a.csv": "n,s,t\n1,x,2\n"})
    world.metastore.tables["kept"].parameters["owner_team"] = "sales"
    world.again(rollback_to=1)
    assert list(world.columns("kept")) == ["n", "s"]
    assert world.table("kept").parameters["owner_team"] == "sales"


def test_rollback_leaves_a_table_that_somebody_took_over(world: World) -> None:
    world.crawl(KEPT)
    del world.metastore.tables["kept"].parameters["UPDATED_BY_CRAWLER"]
    assert world.again(rollback_to=0).reason == "RollbackIncomplete"
    assert sorted(world.metastore.tables) == ["kept"]


QUOTED = {"raw/quoted/a.csv": 'n,s\n1,"x,y"\n2,"z"\n'}


def test_a_view_goes_with_its_table_and_comes_back_with_it(world: World) -> None:
    world.crawl(QUOTED | KEPT)
    view = world.table("quoted_typed")
    assert world.crawl(KEPT, changes=Changes(delete="Deprecate")).counts.tables_deprecated == 1
    assert world.crawl(KEPT, changes=Changes(delete="Delete")).counts.tables_deleted == 2
    assert sorted(world.metastore.tables) == ["kept"]
    world.again(rollback_to=1)
    assert world.table("quoted_typed").view == view.view
    assert sorted(world.metastore.tables) == ["kept", "quoted", "quoted_typed"]


def test_a_history_that_is_broken_is_told_and_nothing_is_written(world: World) -> None:
    world.crawl(KEPT)
    world.store.objects["_emberlake/history/crawl/demo/raw/uid-1/00000001/000001.json.gz"] = b"no gzip"
    with pytest.raises(Problem, match=r"000001\.json\.gz") as told:
        world.again(rollback_to=0)
    assert told.value.reason == "HistoryNotReadable"
    assert sorted(world.metastore.tables) == ["kept"]


class Defective(MemoryStore):
    """Reading `raw/bad/` ends in an error that nobody foresaw."""

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        if key.startswith("raw/bad/"):
            raise SystemError("a library gave up")
        return super().get_range(bucket, key, start, length)


def test_files_that_the_crawler_cannot_cope_with_do_not_cost_the_others(world: World) -> None:
    world.store = Defective({})
    summary = world.crawl({"raw/bad/a.csv": "a,b\n1,2\n", "raw/good/a.csv": "a,b\n1,2\n"})
    assert (summary.outcome, summary.category, summary.reason) == ("Failed", "User", "CrawlerDefect")
    assert "a library gave up" in summary.message
    assert list(world.metastore.tables) == ["good"]
