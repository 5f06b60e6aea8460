"""A run that is killed before or after any of its writes, and tried again, ends like one that was not."""

import shutil
from pathlib import Path

from emberlake.crawler.config import Changes
from unit.clients.serving import serving
from unit.crawler.metastore import FolderStore, Metastore, config, execute, killed

BEFORE = {
    "raw/days/day=1/a.csv": "n,s\n1,x\n",
    "raw/days/day=2/a.csv": "n,s\n2,y\n",
    "raw/kept/a.csv": "n,s\n1,x\n",
    "raw/going/a.json": '{"a": 1}\n',
}
AFTER = {
    "raw/days/day=2/a.csv": "n,s\n2,y\n",
    "raw/days/day=2/b.csv": "n,s\n2.5,y\n",
    "raw/days/day=3/a.csv": "n,s\n3,y\n",
    "raw/kept/a.csv": "n,s\n1,x\n",
    "raw/coming/a.json": '{"a": 1}\n',
}
DELETE = Changes(delete="Delete")


def lay(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder / "raw", ignore_errors=True)
    for key, text in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_text(text)


def test_a_run_that_was_killed_anywhere_is_repaired_and_can_be_taken_back(tmp_path: Path) -> None:
    metastore, first = Metastore(), tmp_path / "first"
    with serving(metastore) as uri:
        lay(first, BEFORE)
        assert execute(config(uri, 1, changes=DELETE), FolderStore(first)).reason == "Crawled"
        start, found = metastore.saved(), metastore.state()
        lay(first, AFTER)
        whole = tmp_path / "whole"
        shutil.copytree(first, whole)
        second = config(uri, 2, changes=DELETE)
        assert execute(second, FolderStore(whole)).reason == "Crawled"
        expected = metastore.state()
        assert sorted(expected) == ["coming", "days", "kept"]
        assert sorted(expected["days"][1]) == [("2",), ("3",)]
        moment = 0
        while True:
            folder = tmp_path / str(moment)
            shutil.copytree(first, folder)
            metastore.restore(start)
            if not killed(second, folder, moment):
                break
            assert execute(second, FolderStore(folder)).reason == "Crawled"
            assert metastore.state() == expected, f"killed at moment {moment}"
            execute(config(uri, 3, rollback_to=1), FolderStore(folder))
            assert restored(metastore) == restored_from(found), f"killed at moment {moment}, taken back"
            shutil.rmtree(folder)
            moment += 1
        assert moment > 20


def restored(metastore: Metastore) -> dict[str, object]:
    return restored_from(metastore.state())


def restored_from(state: dict[str, object]) -> dict[str, object]:
    """What a state says apart from which run wrote it."""
    found = {}
    for name, (table, partitions) in state.items():  # type: ignore[misc, str-unpack]
        parameters = {k: v for k, v in table.parameters.items() if k != "CRAWL_RUN_ID"}
        found[name] = (table.columns, table.location, table.storage, parameters, partitions)
    return found
