"""From a listing to tables: which folder is a table, which folders below it are its partitions. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from emberlake.crawler.failure import Problem
from emberlake.crawler.listing import Listing
from emberlake.crawler.names import column_name
from emberlake.crawler.partitions import NULL_VALUE, Segment, split_folder
from emberlake.crawler.store import StoredObject


@dataclass(frozen=True)
class PartitionFolder:
    """One partition: its `values` in the order of the keys, its folder `prefix`, its files."""

    values: tuple[str, ...]
    prefix: str
    files: tuple[StoredObject, ...]


@dataclass(frozen=True)
class Candidate:
    """A folder that may be one table: unpartitioned (`keys` empty, one partition without values) or
    partitioned.
    """

    bucket: str
    prefix: str
    keys: tuple[str, ...]
    partitions: tuple[PartitionFolder, ...]
    notes: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The table's location."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def files(self) -> list[StoredObject]:
        """All files of the table in the order of the listing."""
        return [item for partition in self.partitions for item in partition.files]

    @property
    def total_bytes(self) -> int:
        """Bytes of all files as stored."""
        return sum(item.size for item in self.files)


@dataclass
class Layout:
    """The tables of one target, and the folders that cannot be one."""

    candidates: list[Candidate] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class _Leaf:
    """The files of one folder: how it is partitioned below its table, and its `prefix`."""

    chain: list[Segment]
    prefix: str
    files: list[StoredObject] = field(default_factory=list)


def group(listing: Listing) -> Layout:
    """Group the listing's files into tables; stateless, so that excluding a stray file heals a folder at
    once.
    """
    location = listing.target.location
    layout = Layout()
    excluded_folders = {item.key.rpartition("/")[0] for item in listing.excluded}
    for prefix, leaves in sorted(_collect(listing.data, location.prefix).items()):
        try:
            candidate = _candidate(location.bucket, prefix, leaves)
            _refuse_excluded(candidate, excluded_folders)
            layout.candidates.append(candidate)
        except Problem as problem:
            layout.problems.append(problem)
    return layout


def _collect(objects: Iterable[StoredObject], target_prefix: str) -> dict[str, list[_Leaf]]:
    """The leaf folders of each table folder."""
    tables: dict[str, list[_Leaf]] = defaultdict(list)
    leaves: dict[str, _Leaf] = {}
    for item in objects:
        directory = item.key.rpartition("/")[0]
        if directory not in leaves:
            names = directory[len(target_prefix) :].split("/") if len(directory) > len(target_prefix) else []
            start, chain = split_folder(names)
            root = target_prefix + "".join(f"{name}/" for name in names[:start])
            leaves[directory] = _Leaf(chain, f"{directory}/" if directory else "")
            tables[root].append(leaves[directory])
        leaves[directory].files.append(item)
    return tables


def _candidate(bucket: str, prefix: str, leaves: list[_Leaf]) -> Candidate:
    """One table of `leaves`; raises Problem when its partitions contradict each other."""
    direct = [item for leaf in leaves if not leaf.chain for item in leaf.files]
    parts = [leaf for leaf in leaves if leaf.chain]
    if not parts:
        return Candidate(bucket, prefix, (), (PartitionFolder((), prefix, tuple(direct)),))
    uri, keys = f"s3://{bucket}/{prefix}", _keys(parts[0].chain)
    if len(set(keys)) != len(keys):
        raise Problem(uri, "InconsistentPartitions", f"the partition keys {', '.join(keys)} repeat a name")
    partitions: dict[tuple[str, ...], PartitionFolder] = {}
    for leaf in parts:
        if (others := _keys(leaf.chain)) != keys:
            raise Problem(
                uri,
                "InconsistentPartitions",
                f"{parts[0].prefix} has the partition keys {', '.join(keys)} but {leaf.prefix} has "
                f"{', '.join(others)}; lay all files of a table out alike, or exclude one kind",
            )
        values = tuple(value or NULL_VALUE for _, value in leaf.chain)
        if values in partitions:
            raise Problem(
                uri,
                "DuplicatePartition",
                f"{partitions[values].prefix} and {leaf.prefix} are the same partition; keep one of the two",
            )
        partitions[values] = PartitionFolder(values, leaf.prefix, tuple(leaf.files))
    return Candidate(bucket, prefix, keys, tuple(partitions.values()), _strays(direct))


def _strays(direct: list[StoredObject]) -> tuple[str, ...]:
    """A note about files beside the partition folders."""
    if not direct:
        return ()
    note = f"StrayFiles: {len(direct)} file(s) such as {direct[0].key} lie beside the partition folders"
    return (f"{note}; engines do not read them, move them into a partition",)


def _keys(chain: Iterable[Segment]) -> tuple[str, ...]:
    """Partition keys of a chain; a folder without one gets `partition_N` by its position, as in Glue."""
    return tuple(
        column_name(key, "partition") if key is not None else f"partition_{number}"
        for number, (key, _) in enumerate(chain)
    )


def _refuse_excluded(candidate: Candidate, excluded_folders: set[str]) -> None:
    """Engines read every file of a table's folder, the excluded ones too: such a table would have wrong
    rows.
    """
    for partition in candidate.partitions:
        folder = partition.prefix.rstrip("/")
        if folder in excluded_folders:
            raise Problem(
                candidate.uri,
                "ExcludedFileInTable",
                f"s3://{candidate.bucket}/{folder}/ holds both files of the table and excluded ones; Spark "
                "and Trino read every file of a folder, so move the excluded files away or let their names "
                "start with _",
            )
