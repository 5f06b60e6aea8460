"""The systems that are compared, each as a function from the bytes of a file to an answer."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import clevercsv
import duckdb

from bench.crawl.accuracy.case import BOOLEAN, DATE, INTEGER, NUMBER, TEXT, TIMESTAMP, Answer
from bench.crawl.accuracy.glue import glue
from emberlake.crawler.config import Location, Target
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.layout import group
from emberlake.crawler.listing.listing import sort_out
from emberlake.crawler.listing.store import StoredObject

CLEVERCSV_CHARACTERS = 16 * 1024
_DUCKDB = {
    "BIGINT": INTEGER, "HUGEINT": INTEGER, "INTEGER": INTEGER, "DOUBLE": NUMBER, "BOOLEAN": BOOLEAN,
    "DATE": DATE, "TIMESTAMP": TIMESTAMP, "TIMESTAMP WITH TIME ZONE": TIMESTAMP,
}  # fmt: skip
_OURS = {
    "bigint": INTEGER, "int": INTEGER, "double": NUMBER, "boolean": BOOLEAN, "date": DATE,
    "timestamp": TIMESTAMP,
}  # fmt: skip
_SQL = """
SELECT Delimiter, SkipRows, HasHeader, Comment, [c.type FOR c IN Columns] FROM sniff_csv(?, encoding=?{})
"""
_LENIENT = ", strict_mode=false, null_padding=true, ignore_errors=true"


def sniffer(body: bytes, options: str = "") -> Answer:
    """DuckDB's `sniff_csv`, tried with UTF-8, then UTF-16 and Latin-1, which it does not detect itself."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_bytes(body)
        for encoding in ("utf-8", "utf-16", "latin-1"):
            try:
                row = duckdb.execute(_SQL.format(options), [file.name, encoding]).fetchone()
            except duckdb.Error:
                continue
            if row:
                delimiter, skipped, header, comment, types = row
                above = _comments(body, comment) if comment != "(empty)" else 0
                return Answer(delimiter, header, skipped + above, tuple(_DUCKDB.get(t, TEXT) for t in types))
    return Answer()


def lenient(body: bytes) -> Answer:
    """DuckDB's `sniff_csv`, told to bear damaged rows."""
    return sniffer(body, _LENIENT)


def _comments(body: bytes, comment: str) -> int:
    """Comment lines at the start, which the sniffer does not count as skipped."""
    count = 0
    for line in body.decode("latin-1").splitlines():
        if not line.startswith(comment):
            break
        count += 1
    return count


def clever(body: bytes) -> Answer:
    """CleverCSV's detector, given the decoded text (it knows no preamble and no types)."""
    text = body.decode("utf-8-sig", errors="replace")[:CLEVERCSV_CHARACTERS]
    try:
        dialect = clevercsv.Sniffer().sniff(text)
        header = clevercsv.Sniffer().has_header(text)
    except (clevercsv.Error, clevercsv.exceptions.NoDetectionResult, TypeError, ValueError, IndexError):
        return Answer()
    return Answer(dialect.delimiter, header, 0) if dialect else Answer()


class _OneFile:
    """A store that holds one object."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """Bytes of the object."""
        assert bucket, key
        return self.body[start : start + length]


def crawler(body: bytes) -> Answer:
    """This crawler's decision on a folder with the one file, by the code that runs in a crawl pod."""
    target = Target(Location("b", ""), ())
    files = [StoredObject("t/f.csv", len(body))]
    candidate = group(sort_out(target, Location("b", "_s/"), files)).candidates[0]
    try:
        found = decide(_OneFile(body), candidate, 1 << 30)
    except Problem:
        return Answer()
    if not isinstance(found, Decision) or found.csv is None:
        return Answer()
    types = tuple(_OURS.get(str(column.meant or column.type), TEXT) for column in found.columns)
    return Answer(found.csv.dialect.delimiter, found.csv.header, found.csv.skip_lines, types)


SYSTEMS: dict[str, Callable[[bytes], Answer]] = {
    "DuckDB sniff_csv": sniffer,
    "DuckDB, lenient": lenient,
    "CleverCSV": clever,
    "Glue's rules": glue,
    "Emberlake": crawler,
}
