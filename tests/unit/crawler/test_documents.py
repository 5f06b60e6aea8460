"""JSON documents, XML and logs: where their rows are, their types, and what hostile ones end in."""

import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision, Skipped
from emberlake.crawler.failure import Problem
from unit.crawler.memory import MemoryStore, only

WHOLE = 1 << 30


def found_in(files: dict[str, bytes | str], scan_bytes: int = WHOLE) -> Decision | Skipped:
    store = MemoryStore({f"raw/t/{name}": body for name, body in files.items()})
    return decide(store, only(store), scan_bytes)


def decided(files: dict[str, bytes | str], scan_bytes: int = WHOLE) -> Decision:
    found = found_in(files, scan_bytes)
    assert isinstance(found, Decision)
    return found


def refused(files: dict[str, bytes | str]) -> Problem:
    with pytest.raises(Problem) as caught:
        decided(files)
    return caught.value


def types(decision: Decision) -> dict[str, str]:
    return {column.name: str(column.type) for column in decision.columns}


ROWS: list[Any] = [{"Id": 1, "tags": ["a"], "n": {"a": 1.5}}, {"Id": 2, "late": "2020-01-01"}]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (json.dumps(ROWS), "$[*]"),
        (json.dumps(ROWS, indent=2), "$[*]"),
        ("\ufeff" + json.dumps(ROWS), "$[*]"),
        ("\n".join(json.dumps(row, indent=1) for row in ROWS), "$"),
    ],
)
def test_json_documents(text: str, path: str) -> None:
    found = decided({"a.json": text, "b.json.gz" if path == "$" else "b.json": gzip.compress(text.encode())}
                    if path == "$" else {"a.json": text, "b": text})  # fmt: skip
    assert types(found) == {
        "id": "bigint", "tags": "array<string>", "n": "struct<a:double>", "late": "date",
    }  # fmt: skip
    assert (found.format, found.rows_at, found.records, found.exact) == ("json-document", path, 4, True)
    assert found.evidence["rowsAt"]["value"] == path


def test_an_array_of_plain_values_has_one_column() -> None:
    assert types(decided({"a.json": "[1,\n2]"})) == {"record": "bigint"}
    assert types(decided({"a.json": "[[1,\n2],[3]]"})) == {"array": "array<bigint>"}


def test_a_large_document_is_read_from_its_start() -> None:
    body = json.dumps([{"id": n, "text": "x" * 90} for n in range(60_000)])
    found = decided({"a.json": body}, scan_bytes=1000)
    assert not found.exact
    assert abs(found.records - 60_000) < 2_000


XML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a catalogue -->
<catalog xmlns:x="urn:x"><title>All</title>
 <book id="1"><x:author>Ann &amp; Bob</x:author><price>9.5</price><tag>a</tag><tag>b</tag></book>
 <book id="2"><author>Cy</author><price>12</price><sold>2020-01-01</sold><empty/></book>
 <book id="3"/>
</catalog>
"""


def test_xml() -> None:
    found = decided({"a.xml": XML, "b.xml": XML.replace("<book ", "<book\n")})
    assert types(found) == {
        "_id": "bigint", "author": "string", "price": "double", "tag": "array<string>", "sold": "date",
        "empty": "string",
    }  # fmt: skip
    assert (found.format, found.rows_at, found.records, found.exact) == ("xml", "book", 6, True)
    assert found.evidence["rowsAt"]["why"] == "the first element that repeats"


def test_xml_in_another_encoding() -> None:
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><r><v>caf\xe9</v><v>th\xe9</v></r>'
    assert types(decided({"a.xml": body.encode("latin-1")})) == {"_value": "string"}
    assert decided({"a.xml": XML.replace("UTF-8", "UTF-16").encode("utf-16")}).records == 3


def test_an_xml_file_without_repetition_is_one_row() -> None:
    found = decided({"a.xml": "<note to='x'><body>1</body><at><day>2</day></at></note>"})
    assert types(found) == {"_to": "string", "body": "bigint", "at": "struct<day:bigint>"}
    assert (found.rows_at, found.records) == ("note", 1)


APACHE = '10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a b.gif HTTP/1.0" 200 23'
COMBINED = '10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 23 "-" "Mozilla/4.08 [en]"'
LOGS = {
    "combined_apache": COMBINED,
    "apache": APACHE.replace("a b", "a"),
    "elb": "2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 "
    '200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
    "syslog": "Mar  7 04:02:08 avas clamd[11165]: SelfCheck: Database status OK.",
    "linux_kernel": "Mar  7 04:02:08 avas kernel: [ 12.345] usb 1-1: new device",
    "syslog_5424": "<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [x@32473 iut=\"3\"] An event",
    "microsoft_log": "192.168.114.201, -, 03/20/01, 7:55:20, W3SVC2, SALES1, 172.21.13.45, 4502, 163, 3223, "
    "200, 0, GET, /DeptLogo.gif, -,",
    "ruby_logger": "I, [1999-03-03T02:34:24.895701 #19074]  INFO -- Main: info.",
    "squid": "1286536309.586    921 192.168.0.68 TCP_MISS/200 507 POST http://x.y/ - DIRECT/1.2.3.4 text/xml",
    "redismonlog": '1339518083.107412 [0 127.0.0.1:60866] "keys" "*"',
    "redislog": "1234:M 14 Nov 2020 07:01:22.119 * Background saving terminated with success",
    "json_in_text": '2020-01-01T00:00:00Z INFO request {"a":1,"b":{"c":2}}',
    "application_log": "2020-01-01 00:00:00,123 [main] INFO com.example.Main - started, with commas",
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_logs(name: str) -> None:
    found = decided({"a.log": f"{LOGS[name]}\n" * 3, "b": f"{LOGS[name]}\r\n"})
    assert (found.format, found.classification, found.records) == ("grok", name, 4)
    assert found.grok is not None
    assert found.grok.regex.replace("(?", "").replace(r"\(", "").count("(") == len(found.columns)


def test_fields_of_a_log_have_types_and_lines_without_them_are_told() -> None:
    found = decided({"access.log": f"{COMBINED}\n" * 40 + "damaged\n"})
    assert {"response": "bigint", "bytes": "bigint", "agent": "string"}.items() <= types(found).items()
    assert (found.records, found.confidence) == (41, 1.0)
    assert found.notes[0].startswith("UnmatchedLines: 1 of 41")
    assert found.evidence["format"]["tried"][0] == {"classifier": "json", "certainty": 0.0}


def test_a_csv_file_is_no_log_by_its_name() -> None:
    row = LOGS["microsoft_log"]
    assert decided({"a.csv": f"{row}\n" * 3}).format == "csv"


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(9))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.json": "[" * 100_000}, "NotReadable"),
        ({"a.json": '{"a":\n' * 100_000}, "NotReadable"),
        ({"a.json": '[\n{"a":1},\n{"a":2}' + " " * 90_000 + "}"}, "NotReadable"),
        ({"a.json.gz": gzip.compress(b'["' + b"x" * 40_000_000 + b'"]')}, "NotReadable"),
        ({"a.json": '[{"a":"' + "x" * 20_000_000 + '"}]'}, "NotReadable"),
        ({"a.json": '[\n{"a":' + "1" * 9_000 + "}]"}, "NotWhatNameSays"),
        ({"a.json": "[\n" + '{"a":1},' * 9_000 + '{"a":' + "1" * 9_000 + "}]"}, "NotReadable"),
        ({"a.json": '{"a":1}\n{"a":' + "1" * 9_000 + "}\n"}, "NotJsonLines"),
        ({"a.json": "[{},\n{}]"}, "NoColumns"),
        ({"a.json": "[\n]"}, "NoRows"),
        ({"a.xml": "<a>" * 100_000}, "NotReadable"),
        ({"a.xml": f"<!DOCTYPE x [{BOMB}]><x><y>&l8;</y><y>1</y></x>"}, "NotReadable"),
        ({"a.xml.gz": gzip.compress(f"<!DOCTYPE x [{BOMB}]><x><y>&l8;</y></x>".encode())}, "NotReadable"),
        ({"a.xml": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hosts">]><x><y>&f;</y></x>'}, "NotReadable"),
        ({"a.xml": '<!DOCTYPE x [<!ENTITY % f SYSTEM "http://x/y"> %f;]><x><y/><y/></x>'}, "NotReadable"),
        ({"a.xml": f'<!DOCTYPE x [<!ATTLIST y z CDATA "{"z" * 9_000}">]><x>{"<y/>" * 9}</x>'}, "NotReadable"),
        ({"a.xml": "<r><v>1</v><v>2</w></r>"}, "NotReadable"),
        ({"a.xml": "<r><v>1</v><v a='" + "x" * 20_000_000 + "'/></r>"}, "NotReadable"),
        ({"a.xml": "<r><v/><v/><v>" + "<w/>" * 300_000 + "</v></r>"}, "NotReadable"),
        ({"a.xml": "<a>\n</a>\n"}, "NoRows"),
        ({"a.xml": "<html><body></body></html>"}, "NotWhatNameSays"),
    ],
)
def test_hostile_documents_are_findings(files: dict[str, bytes | str], reason: str) -> None:
    assert refused(files).reason == reason


def test_what_a_document_names_elsewhere_is_not_fetched() -> None:
    found = decided({"a.xml": '<!DOCTYPE r SYSTEM "http://localhost:1/r.dtd"><r><v>1</v><v>2</v></r>'})
    assert found.records == 2


@settings(deadline=None, max_examples=200)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_any_json_is_decided_or_a_finding(value: Any) -> None:
    with suppress(Problem):
        decided({"a.json": json.dumps([value, value], indent=1)})


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(XML)), st.text(max_size=20))
def test_any_damage_to_xml_is_decided_or_a_finding(position: int, noise: str) -> None:
    with suppress(Problem):
        found_in({"a": XML[:position] + noise + XML[position:]})


@pytest.mark.parametrize(
    "name",
    [
        "a b.csv", "caf\xe9.csv", "a%2Fb.csv", "a=b=c.csv", "x'; DROP TABLE t;--.csv", '"q".csv', "a\nb.csv",
        "\U0001f600.csv",
    ],
)  # fmt: skip
def test_keys_with_odd_characters(name: str) -> None:
    found = decided({name: "id,n\n1,2\n2,3\n"})
    assert (types(found), found.records) == ({"id": "bigint", "n": "bigint"}, 2)
