"""Compressed files: every framing is read to the end, damage and bombs are findings and not crashes."""

import gzip
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.files import compression, reading
from emberlake.crawler.files.lines import TextSource
from emberlake.crawler.files.rows import table_rows
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import BUCKET, MemoryStore, only
from unit.crawler.packed import NOTHING, PACKERS, directory, encrypted, hadoop, lying, zipped

WHOLE = 1 << 30
_RANDOM = random.Random(7)
ROWS = "id,name\n" + "".join(f"{n},{_RANDOM.randbytes(12).hex()}\n" for n in range(20_000))


def decided(key: str, body: bytes) -> Decision:
    store = MemoryStore({f"raw/t/{key}": body})
    found = decide(store, only(store), WHOLE)
    assert isinstance(found, Decision)
    return found


def refused(key: str, body: bytes) -> str:
    with pytest.raises(Problem) as caught:
        decided(key, body)
    assert caught.value.path.startswith("s3://lake/raw/t")
    return caught.value.reason


@pytest.mark.parametrize(
    ("suffix", "pack", "compression", "codec"),
    [
        (".gz", PACKERS[".gz"], "gzip", "gzip"),
        (".bz2", PACKERS[".bz2"], "bzip2", "bzip2"),
        (".zst", PACKERS[".zst"], "zstd", "zstd"),
        (".lz4", PACKERS[".lz4"], "lz4", "lz4"),
        (".lz4", lambda body: hadoop("lz4_raw", body), "lz4", "lz4-hadoop"),
        (".lz4", lambda body: hadoop("lz4_raw", body, 3), "lz4", "lz4-hadoop"),
        (".snappy", PACKERS[".sz"], "snappy", "snappy"),
        (".snappy", PACKERS[".snappy"], "snappy", "snappy-hadoop"),
        (".snappy", lambda body: hadoop("snappy", body, 3), "snappy", "snappy-hadoop"),
        (".zip", PACKERS[".zip"], "zip", "zip"),
    ],
)
def test_every_row_is_read(suffix: str, pack: Callable[[bytes], bytes], compression: str, codec: str) -> None:
    body = pack(ROWS.encode())
    found = decided(f"a.csv{suffix}", body)
    assert (found.records, found.exact) == (20_000, True)
    assert (found.compression, found.codecs) == (compression, (codec,))
    assert [str(column.type) for column in found.columns] == ["bigint", "string"]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst", ".lz4", ".sz", ".snappy"])
def test_a_cut_file_is_not_readable(suffix: str) -> None:
    body = PACKERS[suffix](ROWS.encode())
    assert refused(f"a.csv{suffix}", body[: len(body) * 2 // 3]) == "NotReadable"


@pytest.mark.parametrize("suffix", PACKERS)
def test_the_name_must_say_the_compression(suffix: str) -> None:
    assert refused(f"a.csv{suffix}", ROWS.encode()) == "NotWhatNameSays"
    other = "a.csv.gz" if suffix != ".gz" else "a.csv"
    assert refused(other, PACKERS[suffix](ROWS.encode())) == "NotWhatNameSays"


def test_compressions_may_differ_from_file_to_file() -> None:
    store = MemoryStore({"raw/t/a.csv": "id,v\n1,2\n", "raw/t/b.csv.gz": gzip.compress(b"id,v\n1,2\n")})
    found = decide(store, only(store), WHOLE)
    assert isinstance(found, Decision)
    assert (found.compression, found.codecs, found.records) == ("none", ("gzip", "none"), 2)


@pytest.mark.parametrize(
    "body",
    [
        zipped({"a.csv": b"a,b\n1,2\n", "b.csv": b"a,b\n1,2\n"}),
        zipped({}),
        zipped({"a.csv": b"a,b\n1,2\n"}, zipfile.ZIP_BZIP2),
        zipped({"a.csv": b"a,b\n1,2\n"})[:-30] + b"\xff" * 30,
        b"PK\x03\x04" + b"x" * 99,
    ],
)
def test_zip_files_that_cannot_be_one_text(body: bytes) -> None:
    assert refused("a.csv.zip", body) in {"SeveralFilesInZip", "NotReadable", "NotWhatNameSays"}


ONE = zipped({"a.csv": ROWS.encode()})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (directory(12_000), "lists 12000 files"),
        (directory(50_000), "has 2350000 bytes; at most"),
        (encrypted(ONE), "encrypted"),
        (lying(ONE, 100), "Bad CRC-32"),
    ],
    ids=["many files", "a long list", "encrypted", "less than it holds"],
)
def test_zip_files_that_say_what_is_not_so(body: bytes, told: str) -> None:
    with pytest.raises(Problem, match=told) as caught:
        decided("a.csv.zip", body)
    assert caught.value.reason == "NotReadable"


def test_a_size_that_a_zip_file_only_claims_costs_nothing() -> None:
    assert decided("a.csv.zip", lying(ONE, 1 << 31)).records == 20_000


@pytest.mark.parametrize("suffix", NOTHING)
@pytest.mark.parametrize("content", [b"", ROWS.encode()], ids=["nothing else", "behind rows"])
def test_archives_of_nothing_are_not_read_to_their_end(
    suffix: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "MAX_SILENT", 1 << 20)
    one = NOTHING[suffix]
    body = (PACKERS[suffix](content) if content else b"") + one * ((3 << 20) // len(one))
    with pytest.raises(Problem, match="1048576 bytes of it hold no content"):
        decided(f"a.csv{suffix}", body)


def test_a_bomb_of_one_line_ends_at_the_longest_line() -> None:
    bomb = gzip.compress(b"a,b\n" + b"0" * 64 * 1024 * 1024)
    assert refused("a.csv.gz", bomb) == "LineTooLong"


def test_a_bomb_of_many_rows_is_sampled() -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 4_000_000)
    store = MemoryStore({"raw/t/a.csv.gz": bomb})
    found = decide(store, only(store), 100_000)
    assert isinstance(found, Decision)
    assert not found.exact
    assert store.bytes_read < 4 * len(bomb) + 1_000_000


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".lz4", ".sz", ".snappy", ".zip"])
def test_rows_of_a_sampled_file_are_estimated_from_its_stored_size(suffix: str) -> None:
    rows = "id,name\n" + "".join(f"{n},{_RANDOM.randbytes(12).hex()}\n" for n in range(200_000))
    store = MemoryStore({f"raw/t/a.csv{suffix}": PACKERS[suffix](rows.encode())})
    found = decide(store, only(store), 1_000)
    assert isinstance(found, Decision)
    assert not found.exact
    assert abs(found.records - 200_000) < 40_000


def read_all(suffix: str, body: bytes) -> str:
    store = MemoryStore({f"a{suffix}": body})
    return "".join(TextSource(store, BUCKET, StoredObject(f"a{suffix}", len(body))).lines())


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=300_000), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_out(text: str, suffix: str) -> None:
    assert read_all(suffix, PACKERS[suffix](text.encode())) == text


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400), st.integers(0, 400), st.sampled_from(sorted(PACKERS)))
def test_damage_is_a_finding(noise: bytes, position: int, suffix: str) -> None:
    body = bytearray(PACKERS[suffix](ROWS[:2_000].encode()))
    body[position : position + len(noise)] = noise
    with suppress(Problem):
        read_all(suffix, bytes(body))


def bomb(name: str) -> bytes:
    """Two mebibytes in some kilobytes."""
    _, kind, suffix = name.split(".")
    begins, again, ends = {
        "csv": ("a,b\n", "1,2\n", ""), "json": ("[", '{"a":1},', "{}]"), "xml": ("<r>", "<a>1</a>", "</r>"),
    }[kind]  # fmt: skip
    return PACKERS[f".{suffix}"](f"{begins}{again * ((2 << 20) // len(again))}{ends}".encode())


@pytest.mark.parametrize(
    "name",
    [
        "a.csv.gz", "a.csv.bz2", "a.csv.zst", "a.csv.lz4", "a.csv.zip", "a.json.gz", "a.json.zst",
        "a.json.zip", "a.xml.gz", "a.xml.bz2",
    ],
)  # fmt: skip
def test_of_a_bomb_no_more_is_unpacked_than_its_size_allows(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every archive that unpacks to more than 16 MiB and fifty times its size is sampled."""
    monkeypatch.setattr(reading, "LEAST_CONTENT", 1 << 20)
    store = MemoryStore({f"raw/t/{name}": bomb(name)})
    found = decide(store, only(store), 1 << 40)
    assert isinstance(found, Decision)
    assert not found.exact


@pytest.mark.parametrize("name", ["a.csv.zip", "a.json.gz", "a.xml.gz"])
def test_a_bomb_is_not_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LEAST_CONTENT", 1 << 20)
    monkeypatch.setattr(reading, "LEAST_LOADED", 1 << 20)
    store = MemoryStore({f"raw/t/{name}": bomb(name)})
    found = decide(store, only(store), 1 << 40)
    assert isinstance(found, Decision)
    with pytest.raises(Problem, match="50 times") as caught:
        list(table_rows(store, found))
    assert caught.value.reason == "NotReadable"
