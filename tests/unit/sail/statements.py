"""Strategies of SQL text: a statement in many spellings, and statements that write hidden in others."""

from __future__ import annotations

from hypothesis import strategies as st

QUERIES = (
    "SELECT 1 AS a",
    "SELECT a, 'insert into t' AS b FROM s WHERE a > 1 -- drop table t\n",
    "WITH c AS (SELECT a FROM s) SELECT * FROM c",
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c), d AS (SELECT 2) SELECT * FROM c, d",
    "VALUES (1, 'x'), (2, \"y\")",
    "TABLE s",
    "FROM s SELECT a",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT `insert`, `drop table`, /* a /* nested */ comment */ ';' FROM `update` AS `merge`",
    "SELECT r'\\' AS x, 'it\\'s' AS y",
    "SELECT insert, into FROM (SELECT 1 AS insert, 2 AS into)",
)
ROWS = (
    "INSERT INTO t {q}",
    "INSERT INTO TABLE lake.db.t (a, b) {q}",
    "INSERT INTO t BY NAME {q}",
    "INSERT OVERWRITE t {q}",
    "INSERT OVERWRITE TABLE t PARTITION (d = '2020-01-01', h) {q}",
    "INSERT INTO t REPLACE WHERE a = 1 {q}",
    "CREATE TABLE t AS {q}",
    "CREATE TABLE IF NOT EXISTS t USING iceberg PARTITIONED BY (days(ts)) TBLPROPERTIES ('a' = 'b') AS {q}",
    "CREATE OR REPLACE TABLE t COMMENT 'c' AS {q}",
    "REPLACE TABLE t AS {q}",
    "INSERT OVERWRITE DIRECTORY '/tmp/x' USING parquet {q}",
    "INSERT OVERWRITE LOCAL DIRECTORY '/tmp/x' {q}",
    "MERGE INTO t USING ({q}) AS s ON t.a = s.a WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *",
    "MERGE WITH SCHEMA EVOLUTION INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET *",
    "FROM s INSERT INTO t SELECT a INSERT INTO u SELECT b",
    "CREATE VIEW v AS {q}",
    "CREATE OR REPLACE GLOBAL TEMPORARY VIEW v AS {q}",
)
CHANGES = (
    "DELETE FROM t WHERE a = 1",
    "DELETE FROM t",
    "UPDATE t SET a = 1 WHERE b = 2",
    "TRUNCATE TABLE t",
    "DROP TABLE IF EXISTS t PURGE",
    "DROP VIEW v",
    "DROP DATABASE d CASCADE",
    "CREATE TABLE t (a INT) USING iceberg",
    "CREATE TABLE t LIKE u",
    "CREATE DATABASE d",
    "CREATE DATABASE IF NOT EXISTS d COMMENT 'x'",
    "CREATE TEMPORARY FUNCTION f AS 'x.Y'",
    "ALTER TABLE t ADD COLUMNS (c INT)",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t CREATE BRANCH b",
    "COMMENT ON TABLE t IS 'x'",
    "LOAD DATA INPATH 's3://b/x' OVERWRITE INTO TABLE t",
    "MSCK REPAIR TABLE t",
    "ANALYZE TABLE t COMPUTE STATISTICS",
    "CALL lake.system.rollback_to_snapshot('db.t', 1)",
    "ADD JAR 's3://b/x.jar'",
    "SET spark.sql.ansi.enabled = false",
    "SET VARIABLE x = 1",
    "DECLARE VARIABLE x INT DEFAULT 1",
    "RESET spark.sql.ansi.enabled",
    "CACHE TABLE t AS SELECT 1",
    "GRANT SELECT ON t TO u",
    "COPY INTO t FROM 's3://b/x'",
    "OPTIMIZE t ZORDER BY (a)",
    "VACUUM t RETAIN 1 HOURS",
)
_BLANKS = st.text(" \n\t\r", min_size=1, max_size=3)
_COMMENTS = st.sampled_from(
    [
        "/* x */",
        "/* SELECT /* 1 */ ; */",
        "-- select 1\n",
        "--\r",
        "/**/",
        "/*+ BROADCAST(t) */",
        "--'\n",
        '/* " */',
    ]
)
_GAPS = st.lists(st.one_of(_BLANKS, _COMMENTS), max_size=3).map(lambda parts: " " + "".join(parts) + " ")


@st.composite
def spelled(draw: st.DrawFn, text: str) -> str:
    """The text with other blanks, comments between its words, and its bare words in any case."""
    words = text.split(" ")
    return draw(_GAPS) + "".join(_cased(draw, word) + draw(_GAPS) for word in words)


def _cased(draw: st.DrawFn, word: str) -> str:
    if not word.isalpha():
        return word
    return draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))(word)


queries = st.sampled_from(QUERIES)


@st.composite
def _statements(draw: st.DrawFn, templates: tuple[str, ...]) -> str:
    query = st.one_of(queries, queries.flatmap(spelled))
    text = draw(st.sampled_from(templates)).replace("{q}", draw(query))
    if text.startswith(("INSERT", "DELETE", "UPDATE", "MERGE")) and draw(st.booleans()):
        text = f"WITH c AS (SELECT 1 AS a) {text}"
    return text if any(mark in text for mark in ("'", '"', "`", "--")) else draw(spelled(text))


# around any statement
AROUND = (
    "{c}",
    "{c};",
    "SELECT 1; {c}",
    "{c}; SELECT 1",
    "SHOW TABLES; {c};",
    "BEGIN {c}; END",
    "BEGIN SELECT 1; {c}; END;",
    "BEGIN IF true THEN {c}; END IF; END",
    "EXECUTE IMMEDIATE '{s}'",
    "EXPLAIN {c}",
    "EXPLAIN ANALYZE {c}",
    "EXPLAIN EXTENDED {c}",
    "WITH c AS (SELECT 1) {c}",
    "/* {c} */ {c}",
    "-- x\n{c}",
)
# around a query: the grammar has no other statement in these places
NESTED = ("SELECT * FROM ({c})", "WITH c AS ({c}) SELECT * FROM c", "({c})", "SELECT ({c})", "DESCRIBE {c}")


@st.composite
def hidden(draw: st.DrawFn) -> str:
    """A statement that changes something alone, or inside, before or behind another."""
    if draw(st.booleans()):
        return draw(st.sampled_from(NESTED)).replace("{c}", draw(_statements(ROWS)))
    change = draw(_statements(ROWS + CHANGES))
    quoted = change.replace("\\", "\\\\").replace("'", "\\'")
    return draw(st.sampled_from(AROUND)).replace("{c}", change).replace("{s}", quoted)
