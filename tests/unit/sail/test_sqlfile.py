import pytest

from emberlake.sail.sqlfile import refused_statement


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "USE lake.flights;\n\nSELECT ';' AS a -- ; MERGE INTO t\n;; INSERT INTO t SELECT :day;",
        "CREATE TABLE a AS SELECT 1; SHOW TABLES",
        "",
    ],
)
def test_what_may_begin_on_sail(text: str) -> None:
    assert refused_statement(text) is None


@pytest.mark.parametrize(
    ("text", "line", "feature"),
    [
        ("SELECT 1;\nMERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", 2, "sql.merge"),
        ("-- first\nINSERT INTO t VALUES (1);\n\nDELETE FROM t; SELECT 1", 4, "sql.delete"),
        ("CALL lake.system.rewrite_data_files('t')", 1, "sql.call"),
        ("ALTER TABLE t ADD COLUMN b INT", 1, "sql.alter"),
        ("SELECT 1;\nBEGIN\n  SELECT 2;\nEND", 2, "sql.begin"),
        ("SELECT '${day}'", 1, "sql.variable-substitution"),
    ],
)
def test_the_first_statement_that_sail_does_not_run_is_told_with_its_line(
    text: str, line: int, feature: str
) -> None:
    found = refused_statement(text)
    assert found is not None
    assert (found[0], found[1].feature) == (line, feature)
