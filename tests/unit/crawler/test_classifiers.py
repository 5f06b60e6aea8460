"""Classifiers of users, as the crawl applies them: before the built-in ones, in their order, by certainty."""

import io
from dataclasses import replace
from typing import Any

import pytest

from emberlake.crawler.classify.grok import compile_grok, parse_patterns
from emberlake.crawler.classify.grokpatterns import PATTERNS
from emberlake.crawler.config import ClassifierSpec, _classifier
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.find import Finder
from emberlake.crawler.progress import Progress
from unit.crawler.memory import MemoryStore, only
from unit.crawler.test_cache import CONFIG

WHOLE = 1 << 30


def classifier(name: str = "mine", **spec: Any) -> ClassifierSpec:
    return _classifier({"name": name, **spec})


def decided(files: dict[str, str], *specs: ClassifierSpec) -> Decision:
    store = MemoryStore({f"raw/t/{name}": body for name, body in files.items()})
    found = decide(store, only(store), WHOLE, specs)
    assert isinstance(found, Decision)
    return found


def types(decision: Decision) -> dict[str, str]:
    return {column.name: str(column.meant or column.type) for column in decision.columns}


BOUGHT = "%{WORD:who} bought %{INT:count:int} for %{PRICE:price:double} EUR"
PRICE = "PRICE ([0-9]+)\\.([0-9]+)"
PART = {"classification": "c", "pattern": "for %{NUMBER:price}"}
LINES = "ann bought 3 for 9.50 EUR\nbob bought 1 for 2.00 EUR\n"


def test_grok_with_patterns_of_its_own() -> None:
    found = decided(
        {"a.log": LINES},
        classifier(grok={"classification": "shop", "pattern": BOUGHT, "customPatterns": PRICE}),
    )
    assert types(found) == {"who": "string", "count": "int", "price": "double"}
    assert (found.format, found.classification, found.records) == ("grok", "shop", 2)
    assert found.evidence["format"]["classifier"] == "mine"


def test_grok_that_matches_a_part_of_the_lines() -> None:
    found = decided({"a.txt": LINES}, classifier(grok=PART))
    assert (types(found), found.grok and found.grok.regex[:5]) == ({"price": "double"}, ".*?(?")


def test_the_first_certain_classifier_wins_else_the_most_certain() -> None:
    some = classifier("some", grok={"classification": "some", "pattern": "ann %{GREEDYDATA:rest}"})
    every = classifier("all", grok={"classification": "all", "pattern": "%{WORD:who} %{GREEDYDATA:rest}"})
    again = classifier("again", grok={"classification": "again", "pattern": "%{GREEDYDATA:line}"})
    assert decided({"a.txt": LINES}, some, every, again).classification == "all"
    half = classifier("half", grok={"classification": "half", "pattern": "%{N:n}", "customPatterns": "N a|b"})
    found = decided({"a.txt": "a\nc\n"}, half)
    assert (found.classification, found.confidence) == ("half", 0.5)
    assert found.notes[0].startswith("UnmatchedLines: 1 of 2")


def test_a_classifier_that_does_not_recognise_leaves_the_files_to_the_others() -> None:
    other = classifier(xml={"rowTag": "x"})
    assert decided({"a.csv": "id,v\n1,2\n"}, other).format == "csv"


def test_row_tag() -> None:
    text = "<r><meta/><meta/><meta/><book><id>1</id></book><book id='2'/></r>"
    found = decided({"a.xml": text}, classifier(xml={"classification": "books", "rowTag": "book"}))
    assert (found.rows_at, found.classification, found.records) == ("book", "books", 2)
    assert types(found) == {"id": "bigint", "_id": "bigint"}


@pytest.mark.parametrize(
    ("path", "expected", "rows"),
    [
        ("$.items[*]", {"a": "bigint"}, 2),
        ("$['items'][*].a", {"record": "bigint"}, 2),
        ("$.items[1]", {"a": "bigint"}, 1),
        ("$.items", {"array": "array<struct<a:bigint>>"}, 1),
        ("$", {"items": "array<struct<a:bigint>>", "n": "bigint"}, 1),
    ],
)
def test_json_path(path: str, expected: dict[str, str], rows: int) -> None:
    found = decided({"a.json": '{"n": 1,\n "items": [{"a": 1}, {"a": 2}]}'}, classifier(json={"path": path}))
    assert (types(found), found.records, found.rows_at) == (expected, rows, path)


def test_json_path_into_lines() -> None:
    found = decided({"a.json": '{"d": {"a": 1}}\n{"d": {"a": 2}}\n'}, classifier(json={"path": "$.d"}))
    assert (found.format, types(found), found.records) == ("json-document", {"a": "bigint"}, 2)


CSV = "ann~1~01\nbob~2~02\n"


def test_csv_names_types_and_delimiter() -> None:
    spec = classifier(
        csv={
            "delimiter": "~",
            "header": "Absent",
            "names": ["Who", "n", "code"],
            "types": ["string", "double", "int"],
        }
    )
    found = decided({"a.csv": CSV}, spec)
    assert types(found) == {"who": "string", "n": "double", "code": "int"}
    assert found.csv is not None
    assert (found.csv.dialect.delimiter, found.csv.header, found.records) == ("~", False, 2)


def test_csv_header_is_what_was_told() -> None:
    texts = "ann,rome\nbob,oslo\ncy,bonn\n"
    there = decided({"a.csv": texts}, classifier(csv={"delimiter": ",", "header": "Present"}))
    assert (list(types(there)), there.records) == (["ann", "rome"], 2)
    absent = decided({"a.csv": "id,n\n1,2\n"}, classifier(csv={"delimiter": ",", "header": "Absent"}))
    assert (types(absent), absent.records) == ({"col0": "string", "col1": "string"}, 2)


def test_csv_quote_and_serde() -> None:
    spec = classifier(csv={"delimiter": ",", "quote": "'", "header": "Present"})
    found = decided({"a.csv": "a,b\n1,'x, y'\n2,'z'\n"}, spec)
    assert found.csv is not None
    assert (found.csv.dialect.quote, found.csv.dialect.quoted, found.records) == ("'", True, 2)
    opened = decided({"a.csv": "a,b\n1,x\n"}, classifier(csv={"delimiter": ",", "serde": "OpenCSV"}))
    assert opened.csv is not None
    assert opened.csv.dialect.quoted


def test_csv_of_one_column() -> None:
    spec = classifier(csv={"delimiter": ",", "allowSingleColumn": True, "header": "Absent"})
    assert (types(decided({"a": "1\n2\n"}, spec)), spec.name) == ({"col0": "bigint"}, "mine")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"grok": {"classification": "c", "pattern": "%{NOSUCH:x}"}}, "no pattern NOSUCH"),
        ({"grok": {"classification": "c", "pattern": "%{INT:x:date}"}}, "'date' is not a type"),
        ({"grok": {"classification": "c", "pattern": "%{INT}"}}, "names no field"),
        ({"grok": {"classification": "c", "pattern": "(%{INT:x}"}}, "no regular expression"),
        ({"grok": {"classification": "c", "pattern": r"(a)\1%{INT:x}"}}, "group reference"),
        ({"grok": {"classification": "c", "pattern": "%{INT:x}(?#comment)"}}, "Java has no"),
        ({"grok": {"classification": "c", "pattern": "%{A:x}", "customPatterns": "A %{A}"}}, "themselves"),
        ({"grok": {"classification": "c", "pattern": "%{INT:x}", "customPatterns": "A"}}, "is not a name"),
        ({"json": {"path": "$.items[-1]"}}, "other steps"),
    ],
)
def test_a_wrong_classifier_is_named(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(Problem) as caught:
        decided({"a.json": '{"items": [1]}\n'}, classifier("wrong", **spec))
    assert caught.value.reason == "InvalidClassifier"
    assert words in str(caught.value)
    assert "wrong" in str(caught.value)


def test_every_published_pattern_compiles() -> None:
    assert [name for name in PATTERNS if not compile_grok(f"%{{{name}:x}}").names] == []


def test_what_java_reads_otherwise_is_escaped() -> None:
    grok = compile_grok("%{A:a}", parse_patterns("A [[:alpha:][&&b]+(x)?"))
    assert grok.regex == r"([a-zA-Z\[&\&b]+(?:x)?)"
    assert grok.match("a[&b") == ("a[&b",)


def test_a_changed_classifier_reclassifies() -> None:
    store = MemoryStore({"raw/t/a.log": LINES})

    def formats(*specs: ClassifierSpec) -> list[str]:
        config = replace(CONFIG, classifiers=specs)
        found = Finder(config, store, Progress(io.StringIO())).find()
        return [decision.classification for decision, _ in found.decisions]

    before = classifier(grok={"classification": "one", "pattern": "%{WORD:who} %{GREEDYDATA:rest}"})
    after = classifier(grok={"classification": "two", "pattern": "%{WORD:who} %{GREEDYDATA:rest}"})
    assert [formats(before), formats(before), formats(after)] == [["one"], ["one"], ["two"]]
