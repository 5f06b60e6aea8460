"""Names of tables and columns: Glue's rules, made unique and stable. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

MAX_NAME = 128


def column_name(text: str, fallback: str) -> str:
    """A column name of `text`: lower case; everything but letters, digits and _ becomes one _; `fallback`
    if nothing is left.
    """
    if re.fullmatch(r"\w+", text):
        return text.lower()[:MAX_NAME]
    name = re.sub(r"[\W_]+", "_", text.lower()).strip("_")
    return (name or fallback)[:MAX_NAME]


def unique(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The same names, each later twin with _2, _3, ... behind it; none of them in `taken`."""
    used, out = set(taken), []
    for name in names:
        candidate, number = name, 2
        while candidate in used:
            candidate, number = f"{name}_{number}", number + 1
        used.add(candidate)
        out.append(candidate)
    return out


def table_name(prefix: str, folder: str, bucket: str) -> str:
    """Table name for a folder key (`raw/flights/`): its last component, or the bucket's name at its root."""
    last = folder.rstrip("/").rpartition("/")[2] or bucket
    name = re.sub(r"[^a-z0-9_]", "_", last.lower())
    return f"{prefix}{name}"[:MAX_NAME]


def with_hash(name: str, location: str) -> str:
    """`name` with eight hex digits of its location behind it: the same in every run."""
    digest = hashlib.sha256(location.encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME - 9]}_{digest}"


def assign(wanted: Sequence[tuple[str, str]], existing: Mapping[str, str]) -> dict[str, str]:
    """A name for each (name, location) pair, by location.

    `existing` maps names in the database to their locations. A table that is there already keeps its name;
    a name that is taken by another location gets a hash of the location.
    """
    by_location: dict[str, str] = {}
    for name, location in wanted:
        if existing.get(name) == location:
            by_location[location] = name
        elif existing.get(with_hash(name, location)) == location:
            by_location[location] = with_hash(name, location)
    taken = set(by_location.values()) | set(existing)
    for name, location in sorted(wanted, key=lambda pair: pair[1]):
        if location in by_location:
            continue
        free = name if name not in taken else with_hash(name, location)
        taken.add(free)
        by_location[location] = free
    return by_location
