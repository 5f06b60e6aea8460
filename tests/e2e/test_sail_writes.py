"""Writes of scripts on Sail against the real metastore and object store: killed at every step, with answers
lost, beside other writers, Spark's and Trino's among them. Nothing is lost, nothing is there twice.

A kill at a read leaves what a kill at the change before it does: EVERY_STEP=1 takes the reads too, and
all modes.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa
import pytest
from demo import kube, pipeline
from demo.queries import ask
from pyiceberg.expressions import EqualTo, LessThan

from e2e import bucket
from e2e.conftest import Pass
from e2e.sailwrites import faulty
from e2e.sailwrites.lake import BY_DAY, Lake, rows
from e2e.test_main_job import script_job
from emberlake.crawler.config import S3Settings
from emberlake.sail.commit import Committer
from emberlake.sail.config import SailCatalog
from emberlake.sail.writes import (
    Mode,
    NewTable,
    PartitionedBy,
    RejectedWriteError,
    Target,
    UnsupportedWriteError,
    Write,
    Written,
)

pytestmark = pytest.mark.e2e

T = TypeVar("T")

DATABASE, PREFIX = "sail_writes", "test/sail_writes/"
WRITE_ID = "run/1/0"
# of each writer beside others
COMMITS = 3
ENGINES = ("sail", "spark", "trino")
BASE, NEW = range(20), range(18, 28)
OLD = [(number, "base") for number in BASE]
WRITTEN = [(number, "new") for number in NEW]
# what stands in the table after the write, by its mode
AFTER = {
    Mode.APPEND: sorted(OLD + WRITTEN),
    Mode.OVERWRITE_PARTITIONS: sorted(OLD[:10] + WRITTEN),
    Mode.OVERWRITE: WRITTEN,
    Mode.CREATE: WRITTEN,
    Mode.CREATE_OR_REPLACE: WRITTEN,
}
# tables that are written at the same time
LANES = 3
EVERY_STEP = bool(os.environ.get("EVERY_STEP"))
# the two ways through the commit: of an entry that is there, and of a new one
SAMPLE = (Mode.OVERWRITE_PARTITIONS, Mode.CREATE)


@pytest.fixture(scope="module")
def lake() -> Iterator[Lake]:
    """A database of the deployed metastore, reached as a pod reaches it; emptied afterwards."""
    keys = kube.secret("lake-s3", pipeline.NAMESPACE)
    with (
        kube.forward("svc/emberlake-metastore", pipeline.SYSTEM, 9083) as metastore,
        kube.forward("svc/emberlake-s3", pipeline.SYSTEM, 7070) as store,
        pytest.MonkeyPatch.context() as patch,
    ):
        for key, value in keys.items():
            patch.setenv(key, value)
        s3 = S3Settings(f"http://127.0.0.1:{store}", "us-east-1", path_style=True)
        found = Lake(
            SailCatalog("lake", (f"thrift://127.0.0.1:{metastore}",), "s3://lake/warehouse", s3), DATABASE
        )
        found.make(f"s3://{pipeline.BUCKET}/{PREFIX}")
        yield found
        found.drop()
    bucket.empty(PREFIX)


def table_for(lake: Lake, mode: Mode) -> Target:
    """A table with the rows of before, or the name of one for a write that creates it."""
    return lake.target() if mode is Mode.CREATE else lake.based(BASE)


def write_of(target: Target, mode: Mode) -> Write:
    return Write(target, mode, WRITE_ID, new=BY_DAY)


def changing(steps: tuple[str, ...]) -> list[int]:
    """Before each step that changes something, and after the last one."""
    if EVERY_STEP:
        return list(range(len(steps)))
    reads = ("get_range", "list_page", "load_table")
    found = [
        number
        for number, step in enumerate(steps)
        if step.startswith("before") and not any(read in step for read in reads)
    ]
    return [*found, len(steps) - 1]


def side_by_side(lake: Lake, steps: Sequence[int], strike: Callable[[Lake, int], T]) -> list[T]:
    """What `strike` finds at each of the steps, in any order: most of its time it waits for answers."""

    def lane(first: int) -> list[T]:
        # a connection of its own
        own = Lake(lake.catalog, lake.database)
        return [strike(own, at) for at in steps[first::LANES]]

    with ThreadPoolExecutor(LANES) as pool:
        return [found for lane_found in pool.map(lane, range(LANES)) for found in lane_found]


@pytest.mark.parametrize("mode", AFTER if EVERY_STEP else SAMPLE)
def test_a_killed_writer_leaves_its_whole_write_or_none_and_the_next_attempt_writes_it_once(
    lake: Lake, mode: Mode
) -> None:
    steps = faulty.write(lake.catalog, write_of(table_for(lake, mode), mode), rows(NEW, "new")).steps
    assert steps

    def killed(lake: Lake, at: int) -> list[tuple[int, str]] | None:
        target = table_for(lake, mode)
        before = lake.seen(target)
        assert faulty.write(lake.catalog, write_of(target, mode), rows(NEW, "new"), "killed", at).killed, at
        outcome = lake.seen(target)
        assert outcome in (before, AFTER[mode]), steps[at]
        lake.expire_locks(target)
        again = rows(NEW, "new")
        written = lake.committer.write(write_of(target, mode), again.to_batches(), again.schema)
        assert written.earlier == (outcome == AFTER[mode]), steps[at]
        assert lake.seen(target) == AFTER[mode], steps[at]
        assert lake.commits(target, WRITE_ID) == 1, steps[at]
        return outcome

    outcomes = side_by_side(lake, changing(steps), killed)
    # both sides of the commit were among the steps
    assert AFTER[mode] in outcomes
    assert outcomes.count(AFTER[mode]) < len(outcomes)


@pytest.mark.parametrize("mode", [Mode.APPEND, Mode.CREATE])
def test_a_lost_answer_of_the_metastore_loses_and_doubles_nothing(lake: Lake, mode: Mode) -> None:
    target = table_for(lake, mode)
    steps = faulty.write(lake.catalog, write_of(target, mode), rows(NEW, "new"), "lost").steps

    def lost(lake: Lake, at: int) -> str:
        target = table_for(lake, mode)
        ended = faulty.write(lake.catalog, write_of(target, mode), rows(NEW, "new"), "lost", at)
        if ended.error:
            assert ended.error.startswith("WriteUnknownError"), (steps[at], ended.error)
            assert lake.seen(target) == OLD
            lake.expire_locks(target)
            again = rows(NEW, "new")
            lake.committer.write(write_of(target, mode), again.to_batches(), again.schema)
        assert lake.seen(target) == AFTER[mode], steps[at]
        assert lake.commits(target, WRITE_ID) == 1, steps[at]
        return steps[at] if ended.error else ""

    unknown = [step for step in side_by_side(lake, range(len(steps)), lost) if step]
    # only a change that may still be under way is not made out; creating a table twice is refused
    expected = ["before metastore LakeCatalog._alter_entry"] if mode is Mode.APPEND else []
    assert unknown == expected


def test_a_commit_that_cannot_be_looked_at_keeps_its_files(lake: Lake) -> None:
    target, write = lake.based(BASE), Mode.APPEND
    steps = faulty.write(lake.catalog, write_of(target, write), rows(NEW, "new"), "blind").steps
    (*_, at) = [number for number, step in enumerate(steps) if step.startswith("after") and "_alter" in step]
    target = lake.based(BASE)
    ended = faulty.write(lake.catalog, write_of(target, write), rows(NEW, "new"), "blind", at)
    assert ended.error.startswith("WriteUnknownError")
    assert lake.seen(target) == AFTER[write]
    lake.expire_locks(target)
    again = rows(NEW, "new")
    assert lake.committer.write(write_of(target, write), again.to_batches(), again.schema).earlier


def test_a_lock_that_the_metastore_does_not_take_back_undoes_nothing(lake: Lake) -> None:
    target, write = lake.based(BASE), Mode.APPEND
    steps = faulty.write(lake.catalog, write_of(target, write), rows(NEW, "new"), "refused").steps
    at = steps.index("before metastore TableLock._release")
    target = lake.based(BASE)
    ended = faulty.write(lake.catalog, write_of(target, write), rows(NEW, "new"), "refused", at)
    assert (ended.error, lake.seen(target)) == ("", AFTER[write])


def test_two_attempts_of_one_write_at_once_write_once(lake: Lake) -> None:
    target = lake.based(BASE)
    with ThreadPoolExecutor(3) as pool:
        tries = [
            pool.submit(faulty.write, lake.catalog, write_of(target, Mode.APPEND), rows(NEW, "new"))
            for _ in range(3)
        ]
    results = [one.result().result for one in tries]
    assert sorted(result.earlier for result in results if result) == [False, True, True]
    assert lake.seen(target) == AFTER[Mode.APPEND]


def test_rows_are_overwritten_by_whole_files_or_not_at_all(lake: Lake) -> None:
    target, new = lake.based(BASE), rows(range(5), "new")
    part = Write(target, Mode.OVERWRITE, "part", where=LessThan("id", 5))
    with pytest.raises(RejectedWriteError, match="only a part of the rows"):
        lake.committer.write(part, new.to_batches(), new.schema)
    assert lake.seen(target) == OLD
    day = Write(target, Mode.OVERWRITE, "day", where=EqualTo("DAY", "2024-01-01"))
    lake.committer.write(day, new.to_batches(), new.schema)
    assert lake.seen(target) == [(number, "new") for number in range(5)] + OLD[10:]
    none = Write(target, Mode.OVERWRITE, "none", where=EqualTo("day", "1999-01-01"))
    lake.committer.write(none, rows([99], "added").to_batches(), new.schema)
    assert lake.seen(target) == [(number, "new") for number in range(5)] + OLD[10:] + [(99, "added")]


def test_a_replaced_table_has_other_columns_and_can_be_looked_at_as_it_was(lake: Lake) -> None:
    target = lake.based(BASE)
    before = lake.tables.load_table((target.database, target.table))
    other = pa.table({"text": ["now"], "number": [0.5]})
    other_form = Write(target, Mode.REPLACE, "replace", new=NewTable((PartitionedBy("text"),)))
    lake.committer.write(other_form, other.to_batches(), other.schema)
    after = lake.tables.load_table((target.database, target.table))
    assert after.scan().to_arrow().to_pylist() == other.to_pylist()
    assert (after.metadata.table_uuid, after.location()) == (before.metadata.table_uuid, before.location())
    travelled = after.scan(snapshot_id=before.current_snapshot().snapshot_id).to_arrow()
    assert sorted(travelled["id"].to_pylist()) == list(BASE)


def test_the_session_catalog_has_the_tables_of_the_first_catalog_but_makes_none(lake: Lake) -> None:
    target = lake.based(BASE)
    there = replace(target, catalog="spark_catalog")
    new = rows(NEW, "new")
    lake.committer.write(write_of(there, Mode.APPEND), new.to_batches(), new.schema)
    assert lake.seen(target) == AFTER[Mode.APPEND]
    with pytest.raises(UnsupportedWriteError, match=r"CATALOG\.DATABASE\.TABLE"):
        lake.committer.write(write_of(there, Mode.CREATE_OR_REPLACE), new.to_batches(), new.schema)


def refusing(property_: str, value: str) -> Callable[[Lake, Target], None]:
    """Gives a table a property with which it is not this engine's to write."""

    def change(lake: Lake, target: Target) -> None:
        table = lake.tables.load_table((target.database, target.table))
        table.transaction().set_properties({property_: value}).commit_transaction()

    return change


@pytest.mark.parametrize(
    "change",
    [refusing("write.format.default", "orc"), refusing("engine.hive.lock-enabled", "false")],
    ids=["orc", "no lock"],
)
def test_a_table_that_is_not_this_engines_is_refused_before_its_rows_are_asked_for(
    lake: Lake, change: Callable[[Lake, Target], None]
) -> None:
    target = lake.based(BASE)
    change(lake, target)

    def unasked() -> Iterator[pa.RecordBatch]:
        raise AssertionError("the rows were asked for")
        yield

    with pytest.raises(UnsupportedWriteError):
        lake.committer.write(write_of(target, Mode.APPEND), unasked(), rows(NEW).schema)
    assert lake.seen(target) == OLD


def test_a_write_whose_rows_break_off_leaves_nothing(lake: Lake) -> None:
    target = lake.based(BASE)
    before = lake.files(target)

    def breaking() -> Iterator[pa.RecordBatch]:
        yield from rows(NEW, "new").to_batches()
        raise ConnectionResetError("the engine died")

    with pytest.raises(ConnectionResetError, match="the engine died"):
        lake.committer.write(write_of(target, Mode.APPEND), breaking(), rows(NEW).schema)
    assert lake.seen(target) == OLD
    assert lake.files(target) == before


def all_waiting(lake: Lake, target: Target, engines: list[str], writers: Sequence[Future[Any]] = ()) -> None:
    """Wait until these have planned their commits; the table's lock is held. Raises what ended a writer."""

    def asked() -> bool | None:
        for writer in writers:
            if writer.done():
                writer.result()
        return lake.waiting(target) == sorted(engines) or None

    kube.wait(f"requests for the lock by {engines}", 180, asked)


def alone(lake: Lake, target: Target, mode: Mode, number: int) -> Written:
    """What a writer of its own writes."""
    row = rows([number], "new")
    return Committer([lake.catalog]).write(
        Write(target, mode, f"alone/{number}", new=BY_DAY), row.to_batches(), row.schema
    )


def test_writers_that_planned_on_the_same_table_all_commit_and_leave_nothing_behind(lake: Lake) -> None:
    target, numbers = lake.based(BASE), range(100, 103)
    with ThreadPoolExecutor(3) as pool:
        with lake.closed(target):
            writers = [pool.submit(alone, lake, target, Mode.APPEND, number) for number in numbers]
            all_waiting(lake, target, ["sail"] * 3, writers)
        assert len({writer.result().snapshot_id for writer in writers}) == 3
    assert lake.seen(target) == OLD + [(number, "new") for number in numbers]
    assert lake.strays(target) == set()


def test_of_two_that_create_a_table_where_there_is_none_one_does(lake: Lake) -> None:
    target, numbers = lake.target(), range(2)
    with ThreadPoolExecutor(2) as pool:
        with lake.closed(target):
            writers = [pool.submit(alone, lake, target, Mode.CREATE_IF_ABSENT, number) for number in numbers]
            all_waiting(lake, target, ["sail"] * 2, writers)
        (made,) = [number for number in numbers if writers[number].result().snapshot_id]
    assert lake.seen(target) == [(made, "new")]
    assert lake.strays(target) == set()


def commits(lake: Lake, target: Target, first: int, write: Callable[[Lake, int], object]) -> list[int]:
    """Numbers that were written one by one; every engine has a commit before the last of them."""
    # a connection of its own
    lake, done = Lake(lake.catalog, lake.database), list[int]()
    for number in range(first, first + COMMITS):
        write(lake, number)
        done.append(number)
        kube.wait("commits of all engines", 180, lambda: {*ENGINES} <= {*lake.engines(target)[1:]} or None)
    return done


def appends(target: Target, lake: Lake, number: int) -> None:
    row = rows([number], "sail")
    lake.committer.write(Write(target, Mode.APPEND, f"append/{number}"), row.to_batches(), row.schema)


def overwrites(target: Target, lake: Lake, number: int) -> None:
    """Write the first day anew."""
    day, write = rows(range(10), str(number)), Write(target, Mode.OVERWRITE_PARTITIONS, f"overwrite/{number}")
    lake.committer.write(write, day.to_batches(), day.schema)


def test_writers_of_three_engines_on_one_table_lose_and_double_nothing(
    main_job: Pass, lake: Lake, cleanup: Callable[[str, str], None]
) -> None:
    target = lake.based(BASE)
    arguments = [str(target), "1000", str(COMMITS), ",".join(ENGINES)]
    job = script_job("writes-beside", "appends.py", arguments)
    job["spec"]["executor"] = {"instances": 0}
    cleanup("sparkjob", "writes-beside")
    with pipeline.sql() as trino, ThreadPoolExecutor(3) as pool:

        def inserts(_: Lake, number: int) -> None:
            ask(trino, f"INSERT INTO {target} VALUES ({number}, DATE '2024-02-02', 'trino')")

        # all have planned on the same table, so that all but the first must plan anew
        with lake.closed(target):
            kube.apply(job, pipeline.NAMESPACE)
            all_waiting(lake, target, ["spark"])
            inserted = pool.submit(commits, lake, target, 2000, inserts)
            appended = pool.submit(commits, lake, target, 3000, partial(appends, target))
            replaced = pool.submit(commits, lake, target, 4000, partial(overwrites, target))
            all_waiting(lake, target, ["sail", "sail", "spark", "trino"], (inserted, appended, replaced))
        expected = [
            *((number, str(replaced.result()[-1])) for number in range(10)),
            *OLD[10:],
            *((number, "trino") for number in inserted.result()),
            *((number, "sail") for number in appended.result()),
        ]
        ended = kube.wait_state("sparkjob", "writes-beside", pipeline.NAMESPACE, ("Succeeded", "Failed"), 180)
        seen_by_trino = [tuple(row) for row in ask(trino, f"SELECT id, text FROM {target}").rows]
    log = kube.kubectl("logs", "writes-beside-1-1-driver", "-n", pipeline.NAMESPACE).splitlines()
    told = [int(line.split()[1]) for line in log if line.startswith("COMMITTED")]
    assert (ended["status"]["state"], len(told)) == ("Succeeded", COMMITS), ended["status"]
    expected += [(number, "spark") for number in told]
    assert lake.seen(target) == sorted(expected)
    assert sorted(seen_by_trino) == sorted(expected)
    made = lake.engines(target)[1:]
    assert Counter(made) == {"sail": 2 * COMMITS, "spark": COMMITS, "trino": COMMITS}
    first = {engine: made.index(engine) for engine in ENGINES}
    last = {engine: len(made) - 1 - made[::-1].index(engine) for engine in ENGINES}
    assert max(first.values()) < min(last.values()), made
