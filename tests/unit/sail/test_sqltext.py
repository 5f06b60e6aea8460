import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.sail.refusal import Refusal
from emberlake.sail.sqltext import Query, SessionStatement, statement
from emberlake.sail.sqlwrite import Verb, WriteStatement
from unit.sail import statements


@settings(max_examples=500)
@given(statements.hidden())
def test_no_statement_that_changes_something_passes_as_a_query(text: str) -> None:
    found = statement(text)
    assert isinstance(found, WriteStatement | Refusal), text
    if isinstance(found, WriteStatement):
        assert isinstance(statement(found.query), Query), text


@settings(max_examples=150)
@given(statements.queries.flatmap(lambda text: st.one_of(st.just(text), statements.spelled(text))))
def test_a_query_passes_in_every_spelling_that_keeps_its_meaning(text: str) -> None:
    assert isinstance(statement(text), Query | Refusal)


@pytest.mark.parametrize(
    "text", [*statements.QUERIES, "select 1;", " ; ;".join(["SELECT 1", ""]), "/* a */ select 1"]
)
def test_a_query_passes(text: str) -> None:
    assert isinstance(statement(text), Query), statement(text)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("SHOW TABLES IN lake.db", "sql.show"),
        ("DESC TABLE t", "sql.describe"),
        ("use lake.db", "sql.use"),
    ],
)
def test_what_tells_of_tables_or_changes_the_session_is_known_as_that(text: str, feature: str) -> None:
    assert statement(text) == SessionStatement(feature)


@pytest.mark.parametrize(
    ("text", "feature", "query"),
    [
        ("EXPLAIN FORMATTED SELECT 1", "sql.explain", "SELECT 1"),
        ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "sql.create-temporary-view", "SELECT 1"),
        ("create temporary view v as (select 1)", "sql.create-temporary-view", "(select 1)"),
    ],
)
def test_a_query_inside_a_harmless_statement_is_found(text: str, feature: str, query: str) -> None:
    assert statement(text) == Query(query, feature)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT INTO t SELECT 1", WriteStatement(Verb.INSERT, ("t",), "SELECT 1")),
        (
            "insert into table a.b.`x y` values (1)",
            WriteStatement(Verb.INSERT, ("a", "b", "x y"), "values (1)"),
        ),
        (
            "INSERT INTO t (a, `b`) SELECT 1, 2",
            WriteStatement(Verb.INSERT, ("t",), "SELECT 1, 2", True, ("a", "b")),
        ),
        ("INSERT INTO t (SELECT 1)", WriteStatement(Verb.INSERT, ("t",), "(SELECT 1)")),
        ("INSERT OVERWRITE t BY NAME SELECT 1", WriteStatement(Verb.OVERWRITE, ("t",), "SELECT 1", True)),
        (
            "WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c",
            WriteStatement(Verb.INSERT, ("t",), "WITH c AS (SELECT 1) SELECT * FROM c"),
        ),
        (
            """CREATE OR REPLACE TABLE t USING Iceberg PARTITIONED BY (a, days(`b`), bucket(4, c))
            TBLPROPERTIES ('k' = 'v') COMMENT 'hi' LOCATION 's3://x/y' AS SELECT 1""",
            WriteStatement(
                Verb.CREATE_OR_REPLACE,
                ("t",),
                "SELECT 1",
                True,
                (),
                (("a", "identity"), ("b", "day"), ("c", "bucket[4]")),
                {"k": "v"},
                "hi",
                "s3://x/y",
            ),
        ),
    ],
)
def test_a_write_is_read_into_its_parts(text: str, expected: WriteStatement) -> None:
    assert statement(text) == expected


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("INSERT INTO t PARTITION (d = 1) SELECT 1", "sql.insert-partition"),
        ("INSERT INTO t VALUES (1, DEFAULT)", "sql.insert-default"),
        ("INSERT INTO IDENTIFIER('t') SELECT 1", "sql.identifier-clause"),
        ("CREATE TABLE t USING parquet AS SELECT 1", "sql.create-provider"),
        ("CREATE TABLE t CLUSTERED BY (a) INTO 4 BUCKETS AS SELECT 1", "sql.create"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "sql.merge"),
        ("SELECT '${x}'", "sql.variable-substitution"),
        ("SELECT 1 -- \\\nINSERT INTO t SELECT 1", "sql.lexer"),
        ("SELECT 1 /* /* */ INSERT INTO t SELECT 1", "sql.lexer"),
        ("SELECT r 'x\\' , 1", "sql.lexer"),
        ("SELECT U&'x\\' , 1", "sql.lexer"),
        ("SELECT '''x' , 1", "sql.lexer"),
        ("SELECT 'x", "sql.lexer"),
        ("SELECT $$x$$", "sql.lexer"),
        ("", "sql.empty"),
        ("; ;", "sql.empty"),
    ],
)
def test_what_is_refused_has_its_name(text: str, feature: str) -> None:
    refused = statement(text)
    assert isinstance(refused, Refusal)
    assert refused.feature == feature


@given(st.text("SELECTINORADP intofrm'\"`;()-*/\\$&,.0\n", max_size=60))
def test_no_text_raises(text: str) -> None:
    statement(text)
