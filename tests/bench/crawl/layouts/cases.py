"""The kinds of layout: each adds the objects of one dataset and what tables they are."""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from bench.crawl.layouts.schema import FORMATS, Schema, body, schema

ENTITIES = ("accounts", "billing", "carts", "deals", "events", "flights", "gates", "hotels", "jobs")
PLACES = ["eu", "us", "asia", "africa", "oceania", "north pole", "são paulo", "o'higgins", "50% off", "a+b"]
NULL = "__HIVE_DEFAULT_PARTITION__"
Key = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """What should be found: partition keys with types, columns with types."""

    keys: tuple[Key, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass
class Made:
    """Objects by key, and the tables they are by their prefix."""

    chance: random.Random
    objects: dict[str, bytes] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)

    def files(self, folder: str, columns: Schema, kind: str, most: int) -> None:
        """Some data files of one table in `folder`; few bodies, so that many files need little memory."""
        bodies = [body(self.chance, columns, kind) for _ in range(2)]
        for number in range(self.chance.randint(1, most)):
            self.objects[f"{folder}part-{number:05}.{kind}"] = bodies[number % 2]


Case = Callable[[Made, str, str, int], None]


def _new(made: Made, folder: str) -> tuple[str, Schema]:
    """Format and columns of a new dataset in `folder`."""
    kind = made.chance.choice(FORMATS)
    entity = "".join(char for char in folder.rstrip("/").rpartition("/")[2] if char.isalpha()).lower() or "x"
    return kind, schema(made.chance, entity, kind)


def _spread(made: Made, folder: str, parts: Iterable[str], keys: Sequence[Key], most: int) -> None:
    """A table with the partition folders `parts`."""
    kind, columns = _new(made, folder)
    for part in parts:
        made.files(f"{folder}{part}/", columns, kind, most)
    made.tables[folder] = Table(tuple(keys), columns.columns)


def flat(made: Made, folder: str, name: str, most: int) -> None:
    """Files in one folder."""
    kind, columns = _new(made, f"{folder}{name}/")
    made.files(f"{folder}{name}/", columns, kind, most)
    made.tables[f"{folder}{name}/"] = Table((), columns.columns)


def hive(made: Made, folder: str, name: str, most: int) -> None:
    """One to three levels of `key=value`."""
    levels: list[tuple[Key, list[str]]] = [
        (("year", "int"), ["2012", "2013", "2014"]),
        (("month", "int"), [str(month) for month in range(1, 13)]),
        (("day", "date"), [str(dt.date(2013, 1, 1) + dt.timedelta(days)) for days in range(9)]),
        (("region", "string"), PLACES),
        (("hour", "string"), [f"{hour:02}" for hour in range(24)]),
        (("shard", "int"), ["0", "1", NULL]),
    ]
    chosen = made.chance.sample(levels, made.chance.randint(1, 3))
    parts = [""]
    for (key, _), values in chosen:
        some = made.chance.sample(values, made.chance.randint(1, min(4, len(values))))
        if key == "shard" and some == [NULL]:
            some = ["0"]
        if key == "hour":
            some = sorted({*some, "01"})
        parts = [f"{part}/{key}={quote(value, safe=' ')}" for part in parts for value in some]
    _spread(made, f"{folder}{name}/", [part[1:] for part in parts], [key for key, _ in chosen], most)


def dates(made: Made, folder: str, name: str, most: int) -> None:
    """Date folders without a key."""
    days = [dt.date(2013, 1, 1) + dt.timedelta(days=made.chance.randrange(365)) for _ in range(5)]
    pattern, kinds = made.chance.choice(
        [
            ("%Y-%m-%d", ["date"]),
            ("%Y%m%d", ["int"]),
            ("%Y/%m/%d", ["int", "string", "string"]),
            ("%Y/%m", ["int", "string"]),
            ("%Y-%m", ["string"]),
            ("%Y", ["int"]),
        ]
    )
    days.append(dt.date(2013, 1, 2))  # a leading zero in month and day
    keys = [(f"partition_{number}", kind) for number, kind in enumerate(kinds)]
    _spread(made, f"{folder}{name}/", sorted({day.strftime(pattern) for day in days}), keys, most)


def unnamed(made: Made, folder: str, name: str, most: int) -> None:
    """Folders named by their value alone, one or two levels."""
    kind, values = made.chance.choice(
        [("string", PLACES), ("int", ["1", "2", "3", "7", "12", "40"]), ("string", ["s1", "s2", "s3", "s4"])]
    )
    parts = made.chance.sample(values, made.chance.randint(2, 4))
    keys = [("partition_0", kind)]
    if made.chance.random() < 0.4:
        shops = made.chance.sample(["a1", "b2", "c3"], 2)
        parts = [f"{part}/{shop}" for part in parts for shop in shops]
        keys.append(("partition_1", "string"))
    _spread(made, f"{folder}{name}/", parts, keys, most)


def nested(made: Made, folder: str, name: str, most: int) -> None:
    """A table in the folder of another one."""
    flat(made, folder, name, most)
    made.chance.choice([flat, hive])(made, f"{folder}{name}/", "details", most)


def stray(made: Made, folder: str, name: str, most: int) -> None:
    """Files that are no data beside partitions."""
    made.chance.choice([hive, dates, unnamed])(made, folder, name, most)
    made.objects[f"{folder}{name}/README.md"] = b"# About\n\nWhat this is.\n"
    if made.chance.random() < 0.5:
        made.objects[f"{folder}{name}/docs/notes.txt"] = b"Some words.\nAnd others, too.\n\n"


def markers(made: Made, folder: str, name: str, most: int) -> None:
    """Empty objects, folder markers and hidden names."""
    made.chance.choice([flat, hive, dates, unnamed])(made, folder, name, most)
    places = sorted({key.rpartition("/")[0] for key in made.objects if key.startswith(f"{folder}{name}/")})
    root = f"{folder}{name}"
    for place in [root, *made.chance.sample(places, min(2, len(places)))]:
        made.objects |= {
            f"{place}/": b"",
            f"{place}/_SUCCESS": b"",
            f"{place}/.part.crc": b"crc",
            f"{place}/part": b"",
        }
    made.objects |= {f"{root}_$folder$": b"", f"{root}/_temporary/0/part-00000": b"a,b\n1,2\n"}
    made.objects[f"{root}/empty_run/marker"] = b""


def drift(made: Made, folder: str, name: str, most: int) -> None:
    """Columns that came later, in formats that are read by name."""
    kind = made.chance.choice(["json", "parquet"])
    columns = schema(made.chance, name, kind)
    for month in range(1, made.chance.randint(3, 8)):
        made.files(f"{folder}{name}/month={month}/", columns, kind, most)
        if made.chance.random() < 0.4:
            columns = columns.grown(made.chance, 3)
    last = [key for key in made.objects if key.startswith(f"{folder}{name}/month=")][-1]
    made.files(f"{last.rpartition('/')[0]}/", columns, kind, most)
    made.tables[f"{folder}{name}/"] = Table((("month", "int"),), columns.columns)


def grown(made: Made, folder: str, name: str, most: int) -> None:
    """Folders named by their value alone, some with a column more."""
    kind = made.chance.choice(["json", "parquet"])
    columns = schema(made.chance, name, kind, least=6)
    more = columns.grown(made.chance, 2)
    shops = made.chance.sample(PLACES, 5)
    for number, shop in enumerate(shops):
        made.files(f"{folder}{name}/{shop}/", more if number % 2 else columns, kind, most)
    made.tables[f"{folder}{name}/"] = Table((("partition_0", "string"),), more.columns)


def kin(made: Made, folder: str, name: str, most: int) -> None:
    """Tables of one application side by side, which share some columns."""
    shared = (("created", "bigint"), ("updated", "bigint"), ("note", "string"))
    kind = made.chance.choice(FORMATS)
    for entity in made.chance.sample(ENTITIES, made.chance.randint(2, 5)):
        columns = schema(made.chance, entity, kind, shared=shared)
        made.files(f"{folder}{name}/{entity}/", columns, kind, most)
        made.tables[f"{folder}{name}/{entity}/"] = Table((), columns.columns)


def collision(made: Made, folder: str, name: str, most: int) -> None:
    """Two tables of one name."""
    for parent in ("old", "new"):
        made.chance.choice([flat, hive])(made, f"{folder}{name}-{parent}/", "orders", most)


def odd(made: Made, folder: str, name: str, most: int) -> None:
    """Names with characters that trip others."""
    trap = made.chance.choice(
        ["my table", "täble", "a%2Fb", "x'; DROP TABLE t;--", 'q"uote', "a.b", "C+D", "日本"]
    )
    made.chance.choice([flat, hive, dates])(made, folder, f"{name} {trap}", most)


def mixed(made: Made, folder: str, name: str, most: int) -> None:
    """One partition of another format: a table of its own."""
    root = f"{folder}{name}/"
    one, other = made.chance.sample(FORMATS, 2)
    columns, others = schema(made.chance, name, one), schema(made.chance, name, other)
    for month in range(1, 6):
        made.files(f"{root}month={month}/", columns, one, most)
    made.files(f"{root}month=6/", others, other, most)
    made.tables[root] = Table((("month", "int"),), columns.columns)
    made.tables[f"{root}month=6/"] = Table((), others.columns)


def refused(made: Made, folder: str, name: str, most: int) -> None:
    """Two formats in one folder: engines would read both as one, so there is no table."""
    columns = schema(made.chance, name, "json")
    for kind in ("csv", "json"):
        made.files(f"{folder}{name}/", columns, kind, most)


def other(made: Made, folder: str, name: str, most: int) -> None:
    """Files that are no tables."""
    for number in range(made.chance.randint(1, most)):
        made.objects[f"{folder}{name}/img-{number}.png"] = b"\x89PNG\r\n\x1a\n" + bytes(40)


CASES: tuple[Case, ...] = (
    flat, hive, dates, unnamed, nested, stray, markers, drift, grown, kin, collision, odd, mixed,
    refused, other,
)  # fmt: skip


def layout(seed: int, objects: int) -> Made:
    """A bucket of about `objects` objects below raw/: a mixture of all cases."""
    made = Made(random.Random(seed))
    most, number = max(2, min(1_000, objects // 200)), 0
    cases = list(CASES)
    while len(made.objects) < objects:
        if number % len(cases) == 0:
            made.chance.shuffle(cases)
        case = cases[number % len(cases)]
        name = f"{made.chance.choice(ENTITIES)}{number}"
        zone = made.chance.choice(["", "", "landing/", "landing/deep/"])
        case(made, f"raw/{zone}", name, most)
        number += 1
    return made
