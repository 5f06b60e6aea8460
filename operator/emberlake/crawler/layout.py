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
class _Folder:
    """Files of one table folder while they are collected: by the chain of partitions they lie in."""

    chains: dict[tuple[Segment, ...], list[StoredObject]] = field(default_factory=lambda: defaultdict(list))
    prefixes: dict[tuple[Segment, ...], str] = field(default_factory=dict)


def group(listing: Listing) -> Layout:
    """Group the listing's files into tables; stateless, so that excluding a stray file heals a folder at
    once.
    """
    location = listing.target.location
    layout = Layout()
    excluded_folders = {item.key.rpartition("/")[0] for item in listing.excluded}
    for prefix, folder in sorted(_collect(listing.data, location.prefix).items()):
        try:
            candidate = _candidate(location.bucket, prefix, folder)
            _refuse_excluded(candidate, excluded_folders)
            layout.candidates.append(candidate)
        except Problem as problem:
            layout.problems.append(problem)
    return layout


def _collect(objects: Iterable[StoredObject], target_prefix: str) -> dict[str, _Folder]:
    folders: dict[str, _Folder] = defaultdict(_Folder)
    placed: dict[str, tuple[str, tuple[Segment, ...]]] = {}
    for item in objects:
        directory = item.key.rpartition("/")[0]
        if directory not in placed:
            names = directory[len(target_prefix) :].split("/") if len(directory) > len(target_prefix) else []
            start, chain = split_folder(names)
            root = "".join(f"{name}/" for name in names[:start])
            placed[directory] = (target_prefix + root, tuple(chain))
        root, found = placed[directory]
        folders[root].chains[found].append(item)
        folders[root].prefixes[found] = f"{directory}/" if directory else ""
    return folders


def _candidate(bucket: str, prefix: str, folder: _Folder) -> Candidate:
    """One table of `folder`; raises Problem when its partitions contradict each other."""
    uri = f"s3://{bucket}/{prefix}"
    direct = folder.chains.get((), [])
    chains = sorted(
        (chain for chain in folder.chains if chain), key=lambda chain: [value for _, value in chain]
    )
    if not chains:
        return Candidate(bucket, prefix, (), (PartitionFolder((), prefix, tuple(direct)),))
    keys = _keys(chains[0])
    notes = []
    if direct:
        notes.append(
            f"StrayFiles: {len(direct)} file(s) such as {direct[0].key} lie beside the partition folders; "
            "engines do "
            "not read them, move them into a partition"
        )
    partitions: dict[tuple[str, ...], PartitionFolder] = {}
    for chain in chains:
        place = folder.prefixes[chain]
        if _keys(chain) != keys:
            raise Problem(
                uri,
                "InconsistentPartitions",
                f"{folder.prefixes[chains[0]]} has the partition keys {', '.join(keys)} but {place} has "
                f"{', '.join(_keys(chain))}; lay all files of a table out alike, or exclude one kind",
            )
        values = tuple(value or NULL_VALUE for _, value in chain)
        if values in partitions:
            raise Problem(
                uri,
                "DuplicatePartition",
                f"{partitions[values].prefix} and {place} are the same partition; keep one of the two "
                "folders",
            )
        partitions[values] = PartitionFolder(values, place, tuple(folder.chains[chain]))
    if len(set(keys)) != len(keys):
        raise Problem(uri, "InconsistentPartitions", f"the partition keys {', '.join(keys)} repeat a name")
    return Candidate(bucket, prefix, keys, tuple(partitions.values()), tuple(notes))


def _keys(chain: tuple[Segment, ...]) -> tuple[str, ...]:
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
                "and Trino "
                "read every file of a folder, so move the excluded files away or let their names start "
                "with _",
            )
