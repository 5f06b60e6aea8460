"""CSV texts to dialect, preamble, names, types and encoding; and which engine may read them."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.api.v1alpha1.classifier import CsvClassifier
from emberlake.crawler.config import ClassifierSpec
from emberlake.crawler.csv.sniff import sniff
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import CsvFormat, Decision
from emberlake.crawler.entry.readable import readable_by
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import MemoryStore, only

WHOLE = 1 << 30


def decided(*bodies: bytes | str, scan_bytes: int = WHOLE) -> tuple[Decision, CsvFormat]:
    store = MemoryStore({f"raw/t/{number}.csv": body for number, body in enumerate(bodies)})
    found = decide(store, only(store), scan_bytes)
    assert isinstance(found, Decision)
    assert found.csv is not None
    return found, found.csv


def meant(decision: Decision) -> dict[str, str]:
    return {column.name: str(column.meant or column.type) for column in decision.columns}


@pytest.mark.parametrize(
    "delimiter",
    [",", ";", "\t", "|", "\x01", " ", ":", "~", "^", ", ", "; ", " | ", "||", "::", ";;", "|~|", "#;#"],
)
def test_delimiters(delimiter: str) -> None:
    rows = [["id", "name", "day"], *([str(n), f"w{n}", f"2020-01-0{n}"] for n in range(1, 9))]
    found, fmt = decided("".join(delimiter.join(row) + "\n" for row in rows))
    assert fmt.dialect.delimiter == delimiter
    assert (list(meant(found).values()), found.records) == (["bigint", "string", "date"], 8)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("t\n2020-01-01 10:00:00\n2020-01-02 11:30:00\n", 1),
        ("url\nhttp://a.example\nhttp://b.example\n", 1),
        ("10:30:00\n11:30:00\n12:30:00\n", 1),
        ("name\nAnn Lee\nBob Ray\nCy Young\n", 1),
        ("name;price\na;1,5\nb;2,75\n", 2),
        ("1,5;2,5\n3,5;4,5\n5,5;6,5\n", 2),
        ('a,b\n1,"x, y, z"\n2,"p; q; r"\n', 2),
        ('n, d, where\nA,1,"x", "s, t"\n'.replace("n, d, where", "n, d, where, what"), 4),
        ("'a','b'\n'1','x, y'\n'2','z, w'\n", 2),
        ("col1,col2\n1;2;3,4;5;6\na;b;c,d;e;f\n", 2),
    ],
)
def test_what_stands_inside_values_parts_nothing(text: str, columns: int) -> None:
    assert len(decided(text)[0].columns) == columns


@pytest.mark.parametrize(
    ("text", "skipped", "names", "records"),
    [
        ("Report of May\n\nid,v\n1,a\n2,b\n3,c\n", 2, ["id", "v"], 3),
        ("Report,,\n,,\nid,v,w\n1,a,2.5\n2,b,3.5\n", 2, ["id", "v", "w"], 2),
        ("# by hand\n# again\nid\tv\n1\ta\n2\tb\n", 2, ["id", "v"], 2),
        ("##version=1\n#chrom\tpos\nc1\t5\nc2\t7\n", 1, ["chrom", "pos"], 2),
        (
            "yyyy,tmax,rain\n,degC,mm\n1978,17.5,26.7\n1979,15.6,20.4\n",
            0,
            ["yyyy", "tmax_degc", "rain_mm"],
            2,
        ),
        ("id,v\nid,v\n1,2\n3,4\n", 0, ["id", "v"], 2),
        ("id,v\n1,a\n2,b\n\nSource: register\n", 0, ["id", "v"], 2),
        ("a b\nr1 1 2\nr2 3 4\nr3 5 6\n", 0, ["col0", "a", "b"], 3),
        ("country,2010,2011,2012\nA,5,6,9\nB,7,3,2\n", 0, ["country", "2010", "2011", "2012"], 2),
        ("id,v,\n1,2\n3,4\n", 0, ["id", "v"], 2),
        ('id,"v,w\n1,"a, b",2\n3,c,4\n5,"d, e",6\n', 0, ["id", "v", "w"], 3),
        ("sep=;\nid;v\n1;2\n3;4\n", 1, ["id", "v"], 2),
        (",2019,,2020,\nr,a,b,a,b\nN,1,2,3,4\nS,5,6,7,8\n", 0, ["r", "2019_a", "b", "2020_a", "b_2"], 2),
    ],
)
def test_where_the_table_begins_and_ends(text: str, skipped: int, names: list[str], records: int) -> None:
    found, fmt = decided(text)
    assert (fmt.skip_lines, list(meant(found)), found.records) == (skipped, names, records)


@pytest.mark.parametrize(
    ("cells", "kind", "pattern"),
    [
        (["28/01/2018", "1/2/2018"], "date", "d/M/yyyy"),
        (["01/02/2018", "03/04/2018"], "date", "MM/dd/yyyy or dd/MM/yyyy"),
        (["10/18/2010", "01/02/2011"], "date", "MM/dd/yyyy"),
        (["03-Feb-1999", "14-Mar-2001"], "date", "dd-MMM-yyyy"),
        (["28.01.2018 06:05", "29.01.2018 16:05"], "timestamp", "dd.MM.yyyy HH:mm"),
        (["12/28/2018 06:05:01 PM"], "timestamp", "MM/dd/yyyy hh:mm:ss a"),
        (["2018-01-01T00:00:00+01:00"], "timestamp", "yyyy-MM-dd'T'HH:mm:ssXXX"),
        (["1,5", "2.345,67", "7"], "double", "#.##0,#"),
        (["1,234", "5"], "bigint", "#,##0.# or #.##0,#"),
        (["1,234,567", "12"], "bigint", "#,##0.#"),
        (["yes", "No", "YES"], "boolean", "yes/no"),
        ([" 5", "6 "], "bigint", ""),
        (["007", "012"], "string", ""),
        (["28/01/2018", "soon"], "string", ""),
        (["31/02/2018"], "string", ""),
    ],
)
def test_what_values_mean(cells: list[str], kind: str, pattern: str) -> None:
    found, _ = decided("id;v\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells)))
    assert (meant(found)["v"], found.columns[1].pattern) == (kind, pattern)
    assert str(found.columns[1].type) == "string"


@pytest.mark.parametrize("row", [0, 1, 9])
@pytest.mark.parametrize("damage", ["quote before", "quote behind", "field more", "field less"])
def test_a_damaged_row_changes_no_decision(row: int, damage: str) -> None:
    rows = [["id", "day", "city", "note", "price"]]
    rows += [[str(n), f"2018-01-{n:02d}", "Rome", f'"a note, with {n}"', f"{n}.5"] for n in range(1, 20)]
    cells = rows[row]
    if damage == "field more":
        cells.insert(2, "")
    elif damage == "field less":
        cells[1:3] = [cells[1] + cells[2]]
    else:
        cells[2] = f'"{cells[2]}' if damage == "quote before" else f'{cells[2]}"'
    _, fmt = decided("".join(",".join(cells) + "\n" for cells in rows))
    assert (fmt.dialect.delimiter, fmt.header, fmt.skip_lines) == (",", True, 0)


def test_of_two_tables_in_a_file_the_first_counts() -> None:
    one = "id,day,note\n" + "".join(f'{n},2018-01-{n:02d},"a note, with {n}"\n' for n in range(10, 30))
    two = "id,city\n" + "".join(f"{n},Rome\n" for n in range(20))
    found, fmt = decided(one + "\n" + two)
    assert (fmt.dialect.delimiter, list(meant(found)), fmt.skip_lines) == (",", ["id", "day", "note"], 0)


def test_day_and_month_are_told_by_another_column() -> None:
    found, _ = decided("a;b\n01/02/2018;28/01/2018\n03/04/2018;11/12/2019\n")
    assert [column.pattern for column in found.columns] == ["dd/MM/yyyy", "dd/MM/yyyy"]


def test_values_behind_quotes_keep_their_meaning() -> None:
    found, _ = decided('"id","v","t"\n"1","2.5","x, y"\n"2","3.5","z"\n')
    assert meant(found) == {"id": "bigint", "v": "double", "t": "string"}
    assert {str(column.type) for column in found.columns} == {"string"}


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16le"),
        ("utf-16-be", "utf-16be"), ("latin-1", "iso-8859-1"), ("cp1252", "windows-1252"),
    ],
)  # fmt: skip
def test_encodings(encoding: str, name: str) -> None:
    word = "caf\u00e9 \u201c5\u201d" if name == "windows-1252" else "caf\u00e9"
    found, fmt = decided(f"id,{word}\n1,a\n2,{word}\n".encode(encoding))
    assert (fmt.encoding, fmt.header, found.records, found.columns[1].source) == (name, True, 2, word)


def test_latin_letters_behind_the_head_are_found() -> None:
    found, fmt = decided(b"id,v\n" + b"1,a\n" * 100_000 + b"2,caf\xe9\n")
    assert (fmt.encoding, found.records) == ("iso-8859-1", 100_001)


def test_other_encodings_behind_the_head_are_not_taken_for_one() -> None:
    with pytest.raises(Problem, match="some lines are UTF-8"):
        decided(b"id,v\n" + b"1,a\n" * 100_000 + "2,caf\u00e9\n".encode() + b"2,caf\xe9\n")


@pytest.mark.parametrize(
    ("text", "spark", "trino"),
    [
        ("id,v\n1,2\n", True, True),
        ("id,v\n1,2\n\n3,4\n", True, False),
        ("id\tv\n1\t2\n \t\n", True, False),
        ('id,v\n1,"x\ny"\n2,z\n', True, False),
        ('id,v\n1,"x"y\n2,z\n', False, False),
        ('id,v\n1,"x"\n2,"z\n', False, False),
        ("id,v\n1,2,3\n4,5,6\n", False, False),
        ("Report\nid,v\n1,2\n3,4\n", False, True),
        ("# report\nid,v\n1,2\n3,4\n", True, True),
        ("id,v\n1,2\n# checked\n3,4\n", True, False),
        ("id,v\n1,2\n3,4\nSource: x\n", False, True),
        ("id,v\nid,v\n1,2\n3,4\n", False, True),
        ("id, v\n1, 2\n3, 4\n", True, True),
        ("id,v\n1,caf\xe9\n", True, True),
    ],
)
def test_which_engine_reads_it(text: str, spark: bool, trino: bool) -> None:
    readable = readable_by(decided(text)[0])
    assert (readable.in_spark, readable.in_trino) == (spark, trino)


def test_only_spark_reads_other_encodings() -> None:
    readable = readable_by(decided("id,v\n1,caf\xe9\n".encode("latin-1"))[0])
    assert (readable.in_spark, readable.in_trino) == (True, False)


def test_the_report_says_how_sure_and_why() -> None:
    found, _ = decided("Report\nid;v\n1;a\n2;b\n")
    for what in ("encoding", "delimiter", "header"):
        assert 0 < found.evidence[what]["confidence"] <= 1
        assert len(found.evidence[what]["why"]) > 10
    assert 0 < found.confidence <= 1


def test_samples_see_a_change_in_the_middle_and_at_the_end() -> None:
    rows = [f"{n},{n},{n}\n" for n in range(500_000)]
    rows[260_000], rows[499_990] = "260000,late,1\n", "499990,1,late\n"
    found, _ = decided("a,b,c\n" + "".join(rows), scan_bytes=1024)
    assert (meant(found), found.exact) == ({"a": "bigint", "b": "string", "c": "string"}, False)


def classified(body: str, **told: Any) -> Decision:
    store = MemoryStore({"raw/t/a.csv": body})
    spec = ClassifierSpec("mine", csv=CsvClassifier.model_validate(told))
    found = decide(store, only(store), WHOLE, [spec])
    assert isinstance(found, Decision)
    return found


@pytest.mark.parametrize(
    ("told", "body", "columns"),
    [
        ({"delimiter": "-"}, "a-b\n1-x,y\n2-z,w\n", {"a": "bigint", "b": "string"}),
        ({"header": "Absent"}, "id,v\n1,2\n3,4\n", {"col0": "string", "col1": "string"}),
        ({"header": "Present"}, "1,2\n3,4\n", {"1": "bigint", "2": "bigint"}),
        ({"names": ["k", "w"]}, "id,v\n1,2\n3,4\n", {"k": "bigint", "w": "bigint"}),
        ({"types": ["string", "double"]}, "id,v\n1,2\n3,4\n", {"id": "string", "v": "double"}),
        ({"delimiter": ",", "quote": "'"}, "id,v\n1,'a,b'\n2,'c'\n", {"id": "bigint", "v": "string"}),
        ({"trim": False}, "id,v\na, 2\nb, 3\n", {"id": "string", "v": "string"}),
    ],
)
def test_a_classifier_outweighs_the_evidence(
    told: dict[str, Any], body: str, columns: dict[str, str]
) -> None:
    assert meant(classified(body, **told)) == columns


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (",".join(f"c{n}" for n in range(10_001)) + "\n" + ",".join("1" * 10_001) + "\n", "TooManyColumns"),
        ("id,v\n1," + "x" * (9 << 20) + "\n", "LineTooLong"),
        ('id,v\n1,"' + "xxxxxxx\n" * (9 << 17), "NotReadable"),
        (b"id,v\n1,\x00\x01\x02\n" * 99, "NotWhatNameSays"),
    ],
)
def test_hostile_text_is_a_finding(body: bytes | str, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        decided(body)
    assert caught.value.reason == reason
    assert caught.value.path.startswith("s3://")


def test_ten_thousand_columns_are_a_table() -> None:
    names = ",".join(f"c{n}" for n in range(10_000))
    found, _ = decided(names + "\n" + (",".join("1" * 10_000) + "\n") * 20)
    assert (len(found.columns), found.records) == (10_000, 20)


class Endless(MemoryStore):
    """An object of one line that has no end."""

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        return (b"id,v\n1," if start == 0 else b"").ljust(length, b"x")

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        yield StoredObject("raw/t/a.csv", 1 << 30)


def test_a_line_of_a_gigabyte_takes_little_memory() -> None:
    store = Endless({})
    tracemalloc.start()
    with pytest.raises(Problem, match="longer than"):
        decide(store, only(store), 1 << 31)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 96 << 20


WORDS = st.text(alphabet="abcdefg xyz", min_size=1, max_size=8).map(str.strip).filter(bool)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), WORDS, st.dates().map(str)), min_size=4, max_size=20),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_what_is_written_is_found(rows: list[tuple[int, str, str]], delimiter: str, quoting: int) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writerows([("id", "city", "day"), *rows])
    found = sniff(out.getvalue().splitlines(keepends=True))
    assert found is not None
    assert (found.dialect.delimiter, found.columns) == (delimiter, 3)
