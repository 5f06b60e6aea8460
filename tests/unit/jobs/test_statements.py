"""Splitting SQL as Spark's lexer reads it; the cases were run through Spark 4.1's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake_spark.statements import split


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        (" ;; SELECT 1 ;\n; ", ["SELECT 1"]),
        ("-- only a comment; really", []),
        ("SELECT ';', \";\", `;`; X", ["SELECT ';', \";\", `;`", "X"]),
        (r"SELECT 'a\'; b'; X", [r"SELECT 'a\'; b'", "X"]),
        ("SELECT 'it''s; x'; X", ["SELECT 'it''s; x'", "X"]),
        (r"SELECT r'c:\'; X", [r"SELECT r'c:\'", "X"]),
        (r"SELECT bar'c:\'; Y'", [r"SELECT bar'c:\'; Y'"]),
        ("SELECT `a``;b`; X", ["SELECT `a``;b`", "X"]),
        ("SELECT 1 -- it's; \n + 1; X", ["SELECT 1 -- it's; \n + 1", "X"]),
        ("SELECT 1 -- a \\\n ; b\n + 1", ["SELECT 1 -- a \\\n ; b\n + 1"]),
        ("SELECT /* a /* b; */ ' ; */ 1; X", ["SELECT /* a /* b; */ ' ; */ 1", "X"]),
        ("SELECT /*+ BROADCAST(t) */ 1; X", ["SELECT /*+ BROADCAST(t) */ 1", "X"]),
        ("SELECT * FROM parquet.abfss://a--b/c; X", ["SELECT * FROM parquet.abfss://a--b/c", "X"]),
        ("/* head */ SELECT 1 /* tail */;", ["SELECT 1"]),
    ],
)
def test_a_semicolon_ends_a_statement_only_where_spark_reads_one(text: str, statements: list[str]) -> None:
    assert [found.text for found in split(text)] == statements


@pytest.mark.parametrize(
    "block",
    [
        "BEGIN SELECT 1; SELECT 2; END",
        "begin if x then select 1; else select case when a then 1 else 2 end; end if; end",
        "BEGIN CASE x WHEN 1 THEN SELECT 1; END CASE; WHILE a DO SELECT 1; END WHILE; END",
        "BEGIN l: LOOP LEAVE l; END LOOP l; REPEAT SELECT 1; UNTIL a END REPEAT; END",
        "BEGIN FOR r AS SELECT 1 DO SELECT r.end; END FOR; END",
        "BEGIN inner:BEGIN SELECT :end, :case; END inner; SELECT ' END '; END",
        "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SELECT 1; END; SELECT `begin`; END",
    ],
)
def test_a_block_is_one_statement(block: str) -> None:
    assert [found.text for found in split(f"SELECT 1; {block}; SELECT begin, end")] == [
        "SELECT 1",
        block,
        "SELECT begin, end",
    ]


def test_statements_know_their_line_and_markers() -> None:
    first, second = split("-- head\n\nSELECT :a, ':b', x::int -- :c\n; SELECT\n :`d`, : e")
    assert (first.line, first.markers) == (3, {"a"})
    assert (second.line, second.markers) == (4, {"d", "e"})


def test_lines_in_sparks_message_are_those_of_the_file() -> None:
    statement = split("\n\n\nSELECT\n x")[0]
    assert statement.in_file("[X] no x; line 2 pos 1;") == "[X] no x; line 5 pos 1;"
    assert statement.in_file("SQLSTATE: 42601 (line 1, pos 7)") == "SQLSTATE: 42601 (line 4, pos 7)"
    assert statement.in_file("reads line 1 of a file") == "reads line 1 of a file"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT 1;\nSELECT 'a; SELECT 2", "string that starts at line 2 is not closed"),
        ('SELECT "a', "string that starts at line 1"),
        ("SELECT `a", "quoted identifier that starts at line 1"),
        ("SELECT 1; /* a /* b */", "comment that starts at line 1"),
        ("SELECT 1;\nBEGIN SELECT 1; END IF;", "BEGIN at line 2 has no END"),
    ],
)
def test_what_is_not_closed_is_refused_before_anything_runs(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        split(text)


plain = st.text(st.characters(codec="utf-8", exclude_characters="'\"`;/-*\\:"), max_size=8)
inside = st.text(st.sampled_from("ab;'\"`-/*\n \\"), max_size=8)
pieces = st.one_of(
    plain,
    inside.map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    inside.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'),
    inside.map(lambda text: "`" + text.replace("`", "``") + "`"),
    inside.map(lambda text: "/* " + text.replace("*", "").replace("/", "") + " /* ; */ */"),
    inside.map(lambda text: "-- " + text.replace("\n", "").replace("\\", "") + "\n"),
)
bodies = st.lists(pieces, max_size=5).map(lambda parts: "SELECT " + " ".join(parts) + " END")


@given(st.lists(bodies, max_size=5))
def test_statements_that_are_joined_are_found_again(wanted: list[str]) -> None:
    assert [found.text for found in split(" ;\n".join(wanted))] == wanted


@given(st.text(st.sampled_from("ab:;'\"`-/*+\n \\rR"), max_size=40))
def test_nothing_is_lost_and_lines_are_right(text: str) -> None:
    try:
        found = split(text)
    except ValueError as refused:
        assert "is not closed" in str(refused)  # noqa: PT017  # any text is either split or refused
        return
    position = 0
    for statement in found:
        position = text.index(statement.text, position)
        assert text.count("\n", 0, position) + 1 == statement.line
        position += len(statement.text)
