"""With `Auto` only what was compared and found the same passes, and the first other thing is told at once."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from pyspark.errors import PySparkException, UnsupportedOperationException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from emberlake.sail.verified import Finding, Verdict, Verified, shipped
from unit.sail.served import Served, carried_out, served

SAME = Finding(Verdict.SAME)
FUNCTIONS = (
    "+ - * sum negative count max > = and upper "
    "cast:bigint:int cast:bigint:double cast:int:bigint cast:decimal:double cast:decimal:decimal"
)
APART = {
    "sum:double": Finding(Verdict.DIFFERS),
    "sum:decimal": Finding(Verdict.DIFFERS),
    "upper:errors": Finding(Verdict.DIFFERS),
}
NAN = dict.fromkeys(["relation.local_relation:pandas-nan", "udf.python:timestamp"], Finding(Verdict.DIFFERS))
RELATIONS = (
    "to_df range project filter aggregate sql read subquery_alias local_relation with_columns join limit"
)
EXPRESSIONS = (
    "literal unresolved_attribute unresolved_function alias cast expression_string unresolved_star "
    "common_inline_user_defined_function"
)
OTHERS = "sql.select sql.group-by sql.temp-view sql.with sql.subquery-from read.table udf.python"
FEATURES = [
    *(f"relation.{kind}" for kind in RELATIONS.split()),
    *(f"expression.{kind}" for kind in EXPRESSIONS.split()),
    *OTHERS.split(),
]
VERIFIED = Verified(
    "0", "0", dict.fromkeys(FUNCTIONS.split(), SAME) | APART, dict.fromkeys(FEATURES, SAME) | NAN
)


@pytest.fixture
def session(sail: str) -> Iterator[Served]:
    with served(sail, "Auto", VERIFIED) as session:
        session.spark.range(5).selectExpr("id", "CAST(id AS INT) AS i").createOrReplaceTempView("numbers")
        prices = [(Decimal("1.50"), Decimal("2.25"))]
        session.spark.createDataFrame(prices, "p decimal(7,2), q decimal(9,2)").createOrReplaceTempView(
            "prices"
        )
        yield session


def _text(column: str) -> Column:
    return f.udf(lambda value: f"{value}", "string")(column)


def _clock(spark: SparkSession) -> DataFrame:
    return spark.range(1).select(f.lit(datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)).alias("t"))


PASSES: list[Callable[[SparkSession], object]] = [
    lambda spark: spark.range(5).filter(f.col("id") > 3).count(),
    lambda spark: spark.range(5).select(f.col("id") + f.lit(1.5).cast("double")),
    lambda spark: spark.range(5).withColumn("n", f.col("id").cast("double") + f.col("id")),
    lambda spark: spark.table("numbers").select(f.col("i").cast("bigint") + 1).collect(),
    lambda spark: spark.sql("SELECT i, count(*) FROM numbers GROUP BY i").collect(),
    lambda spark: spark.sql("WITH c AS (SELECT i::BIGINT b FROM numbers) SELECT b + 1 FROM c").collect(),
    lambda spark: spark.sql("SELECT sum(i * 1.5) FROM numbers").collect(),
    lambda spark: spark.range(5).select(f.col("id") + 1).collect(),
    lambda spark: spark.range(5).selectExpr("id + 1").collect(),
    lambda spark: spark.range(5).agg(f.sum("id")).collect(),
    lambda spark: spark.range(5).select(-f.col("id")).collect(),
    lambda spark: spark.sql("SELECT i * i FROM numbers").collect(),
    lambda spark: spark.sql("SELECT sum(i) FROM numbers").collect(),
    lambda spark: spark.sql("SELECT * FROM (SELECT i AS j FROM numbers) WHERE j - 1 > 3").collect(),
    lambda spark: spark.conf.get("spark.sql.session.timeZone"),
    lambda spark: spark.range(5).union(spark.range(3)).collect(),
    lambda spark: spark.range(5).union(spark.table("numbers").select("i")).collect(),
    lambda spark: spark.sql("SELECT p FROM prices UNION ALL SELECT q FROM prices").collect(),
    lambda spark: spark.range(5).select(_text("id")).collect(),
    lambda spark: spark.range(5).select(f.udf(lambda: "x", "string")()).collect(),
    lambda spark: spark.createDataFrame([(1.5, "a")], ["x", "y"]).collect(),
    lambda spark: spark.sql("SELECT i FROM numbers UNION SELECT i FROM numbers").collect(),
    # their types follow from the digits
    lambda spark: spark.sql("SELECT sum(p), sum(q) FROM prices").collect(),
    lambda spark: spark.sql("SELECT p FROM prices UNION ALL SELECT p FROM prices").collect(),
    lambda spark: spark.table("prices").select("q").union(spark.table("prices").select("q")).collect(),
    lambda spark: spark.udf.register("mine", lambda text: text, "string"),
]


@pytest.mark.parametrize("ask", PASSES)
def test_what_was_compared_passes(session: Served, ask: Callable[[SparkSession], object]) -> None:
    ask(session.spark)
    assert session.refusals == []


HANDED_OVER: list[tuple[Callable[[SparkSession], object], str]] = [
    (lambda spark: spark.range(5).select(f.col("none") + 1).collect(), "overflow"),
    (lambda spark: spark.range(5).groupBy("id").pivot("id", [1]).agg(f.sum("id")).collect(), "mend.place"),
    (lambda spark: spark.range(5).select("*", f.col("id") + 1, "*").collect(), "mend.name"),
    (lambda spark: spark.range(5).select(f.lower("id")).collect(), "lower"),
    (lambda spark: spark.range(5).select(f.upper("id")).collect(), "upper:errors"),
    (lambda spark: spark.range(5).agg(f.sum(f.col("id").cast("double"))).collect(), "sum:double"),
    (lambda spark: spark.sql("SELECT sum(CAST(i AS DOUBLE)) FROM numbers"), "cast:int:double"),
    (lambda spark: spark.sql("SELECT sum(1.5D * i) FROM numbers"), "sum:double"),
    (lambda spark: spark.sql("SELECT lower('A')"), "lower"),
    (lambda spark: spark.range(5).select(f.expr("lower('A')")).collect(), "lower"),
    (lambda spark: spark.range(5).select(f.col("id").cast("string")).collect(), "cast:bigint:string"),
    (lambda spark: spark.range(5).dropDuplicates().collect(), "relation.deduplicate"),
    (lambda spark: spark.sql("SELECT 1 ORDER BY 1"), "sql.order-by"),
    (lambda spark: spark.sql("SELECT * FROM numbers TABLESAMPLE (10 PERCENT)"), "sql."),
    (lambda spark: spark.read.csv("/no").collect(), "read.csv"),
    (lambda spark: spark.table("no_such_table").collect(), "engine.error"),
    (lambda spark: spark.range(5).explain(), "analyze.explain"),
    (lambda spark: _clock(spark).select(_text("t")).collect(), "udf.python:timestamp"),
    (lambda spark: spark.createDataFrame([(1.5,), (None,)], ["x"]).collect(), "relation.local_relation"),
    (
        lambda spark: spark.range(5).select("id", "id").union(spark.range(5).select("id", "id")).collect(),
        "relation.set_op",
    ),
    (
        lambda spark: spark.sql("SELECT id AS i, i FROM numbers UNION ALL SELECT i, i AS j FROM numbers"),
        "sql.union",
    ),
    (
        lambda spark: spark.sql("SELECT array(i) FROM numbers UNION ALL SELECT array(id) FROM numbers"),
        "sql.union",
    ),
    (lambda spark: spark.sql("SELECT i FROM numbers INTERSECT ALL SELECT i FROM numbers"), "sql.intersect"),
    (lambda spark: spark.conf.get("spark.sql.shuffle.partitions"), "conf.read:spark.sql.shuffle.partitions"),
    (lambda spark: spark.conf.get("spark.executor.instances", "2"), "conf.read:spark.executor.instances"),
    (lambda spark: spark.udf.register("upper", lambda text: text, "string"), "udf.shadows"),
    (lambda spark: spark.range(1).writeTo("lake.db.none").append(), "write.table_or_view_not_found"),
]


@pytest.mark.parametrize(("ask", "feature"), HANDED_OVER)
def test_what_was_not_compared_or_may_overflow_is_handed_over(
    session: Served, ask: Callable[[SparkSession], object], feature: str
) -> None:
    with pytest.raises(PySparkException):
        carried_out(ask(session.spark))
    assert session.refusals[0].feature.startswith(feature)
    assert session.tables.written == []


def _sql(text: str) -> Callable[[DataFrame], object]:
    return lambda frame: frame.sparkSession.sql(text)


BY_DAYS = "ORDER BY t RANGE BETWEEN INTERVAL '2' DAY PRECEDING AND CURRENT ROW"
DIFFERS: list[tuple[Callable[[DataFrame], object], str]] = [
    (lambda frame: frame.select(f.col("x").cast("string")), "cast:double:string"),
    (lambda frame: frame.selectExpr("TRY_CAST(x AS DECIMAL(9, 2))"), "try_cast:double:decimal"),
    (_sql("SELECT CAST(t AS INT) FROM v"), "cast:timestamp:int"),
    (_sql("SELECT typeof(INTERVAL '3' DAY)"), "typeof:interval"),
    (lambda frame: frame.selectExpr("CASE WHEN x > 1 THEN 1 ELSE s END"), "case:(mixed|errors)"),
    (lambda frame: frame.selectExpr("coalesce(x, '0')"), "coalesce:mixed"),
    (lambda frame: frame.selectExpr("coalesce(x, CAST(2.5 AS DECIMAL(3, 2)))"), "coalesce:mixed"),
    (lambda frame: frame.selectExpr("array(s, 1)"), "array:(mixed|errors)"),
    (_sql("SELECT extract(DOW FROM t) FROM v"), "extract:dow"),
    (_sql("SELECT s FROM v INTERSECT ALL SELECT s FROM v"), "sql.intersect-all"),
    (_sql("SELECT * FROM v UNPIVOT (a FOR b IN (x))"), "sql.unpivot"),
    (_sql("SELECT x FROM v TABLESAMPLE (50 PERCENT) REPEATABLE (7)"), "sql.tablesample"),
    (_sql(f"SELECT count(*) OVER ({BY_DAYS}) FROM v"), "sql.window-range-interval"),
    (
        _sql("WITH RECURSIVE v AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM v WHERE n < 5) SELECT * FROM v"),
        "sql.with-recursive",
    ),
    (_sql("SELECT left('abc', -1)"), "left:position"),
    (lambda frame: frame.selectExpr("substring(s, -4, 2)"), "substr(ing)?:position"),
    (lambda frame: frame.select(f.substring("s", -4, 2)), "substring:position"),
    (_sql("SELECT substr(s, n) FROM v"), "substr:position"),
    (_sql("SELECT right(s, n) FROM v"), "right:position"),
    (_sql("SELECT slice(split(s, ','), -3, 2) FROM v"), "slice:(position|errors)"),
    (_sql("SELECT locate('a', s, n) FROM v"), "locate:position"),
    (lambda frame: frame.select(f.locate("", "s")), "locate:position"),
    (_sql("SELECT split(s, '') FROM v"), "split:empty"),
    (lambda frame: frame.select(f.split("s", "")), "split:empty"),
    (_sql("SELECT regexp_replace(s, s, 'x') FROM v"), "regexp_replace:(empty|pattern)"),
    (_sql(r"SELECT s RLIKE '\\w' FROM v"), "rlike:pattern"),
    (lambda frame: frame.filter(f.col("s").rlike(r"\d")), "rlike:pattern"),
    (_sql("SELECT percentile(n, 0.5, 2) FROM v"), "percentile:frequency"),
    (_sql("SELECT date_trunc('MILLISECOND', t) FROM v"), "date_trunc:fraction"),
    (_sql("SELECT date_trunc(s, t) FROM v"), "date_trunc:fraction"),
    (_sql("SELECT date_trunc('MONTH', s) FROM v"), "date_trunc:other"),
    (lambda frame: frame.select(f.date_trunc("month", "s")), "date_trunc:other"),
    (_sql("SELECT trunc(DATE(t), 'DAY') FROM v"), "trunc:day"),
    (_sql("SELECT substring(X'00', 1, 1)"), "substring:(other|binary,int,int)"),
    (_sql("SELECT DATE'2020-01-01' + INTERVAL '1 02' DAY TO HOUR"), r"\+:date,interval"),
    (
        _sql("SELECT x + INTERVAL 2 HOURS FROM VALUES (DATE'2020-01-01'), (NULL) AS w (x)"),
        r"\+:date,interval",
    ),
    (_sql("SELECT DATE(t) - INTERVAL 2 HOURS FROM v"), r"\+:date,interval"),
    (_sql("SELECT timestamp(t) FROM v"), "timestamp:date"),
    (_sql("SELECT nvl(DATE(t), s) FROM v"), "nvl:(mixed|errors)"),
    (_sql("SELECT nvl2(s, n, x) FROM v"), "nvl2:mixed"),
    (_sql("SELECT nvl2(s, n, n) FROM v"), "nvl2:mixed"),
    (_sql("SELECT TRY_CAST(CAST(x AS DECIMAL(38, 9)) AS TIMESTAMP_NTZ) FROM v"), "(try_)?cast:.*"),
    (_sql("SELECT TRY_CAST(x AS INTERVAL DAY TO SECOND) FROM v"), "try_cast:double:interval"),
    (_sql("SELECT n >>> 1 FROM v"), ">>>:int"),
    (_sql("SELECT mask(s, digitChar => 'd') FROM v"), "expression.named_argument_expression"),
    (lambda frame: frame.sample(0.5, seed=7), "relation.sample:seed"),
    (lambda frame: frame.select(_text("t")), "udf.python:timestamp"),
    # what is not known here hides nothing
    (_sql("SELECT transform(array(1), a -> a + 1), extract(DOW FROM t) FROM v"), r"extract:dow|sql\.lambda"),
    (_sql("SELECT extract(DOW FROM t) FROM v WHERE (x > 1) IS TRUE"), r"extract:dow|sql\.is"),
]


@pytest.fixture(scope="module", params=["Sail", "Auto"])
def frame(sail: str, request: pytest.FixtureRequest) -> Iterator[DataFrame]:
    with served(sail, request.param) as session:
        row = 1.5, datetime.datetime(2020, 1, 2), "abc", 2  # noqa: DTZ001
        frame = session.spark.createDataFrame([row], "x double, t timestamp, s string, n int")
        frame.createOrReplaceTempView("v")
        yield frame


@pytest.mark.parametrize(("ask", "feature"), DIFFERS)
def test_what_is_known_to_differ_is_refused_on_both_engines(
    frame: DataFrame, ask: Callable[[DataFrame], object], feature: str
) -> None:
    with pytest.raises(UnsupportedOperationException, match=rf"\({feature}\)"):
        carried_out(ask(frame))


@pytest.mark.parametrize("text", ["soundex(n)", "ascii(t)"])
def test_auto_takes_functions_with_arguments_of_kinds_that_were_compared(sail: str, text: str) -> None:
    with served(sail, "Auto") as session:
        rows = "VALUES (1, TIMESTAMP'2020-01-02 03:04:05') AS v (n, t)"
        with pytest.raises(UnsupportedOperationException, match="has not been compared"):
            session.spark.sql(f"SELECT {text} FROM {rows}").collect()


@pytest.mark.parametrize(
    "text", ["array(1, NULL, 2L)", "array()", "coalesce(NULL, 1)", "if(true, NULL, 'x')"]
)
def test_a_null_beside_values_is_no_other_type(sail: str, text: str) -> None:
    with served(sail, "Sail") as session:
        assert session.spark.sql(f"SELECT {text}").count() == 1


def test_the_end_of_a_session_is_no_reason_to_hand_over(sail: str) -> None:
    with served(sail, "Auto", replace(shipped(), features={}, functions={})) as session:
        session.spark.client._cleanup_ml_cache()
        session.spark.stop()
        assert session.refusals == []
