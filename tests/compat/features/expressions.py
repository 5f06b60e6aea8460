"""Expressions of Spark Connect, by the calls that make them."""

from typing import Any

from compat.features import Cases

feature = Cases(__name__)


def _plain(spark: Any) -> Any:
    return spark.table("plain")


@feature("expression.expression_string")
def filter_text(spark: Any) -> Any:
    return _plain(spark).filter("i > 1 AND g IS NOT NULL")


@feature("expression.expression_string")
def expr(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.expr("CASE WHEN i > 2 THEN 'big' ELSE g END AS x"))


@feature("expression.literal")
def literals(spark: Any) -> Any:
    import datetime as dt

    from pyspark.sql import functions as F

    values = [
        1,
        2**40,
        1.5,
        "ä",
        True,
        None,
        dt.date(2020, 2, 29),
        dt.datetime(2020, 2, 29, 12, 30),
        b"\x01",
        dt.timedelta(hours=3),
        [1, 2],
    ]
    return spark.range(1).select(*[F.lit(v).alias(f"c{n}") for n, v in enumerate(values)])


@feature("expression.literal:decimal")
def literal_decimals(spark: Any) -> Any:
    from decimal import Decimal

    from pyspark.sql import functions as F

    return spark.range(1).select(
        F.lit(Decimal("1.10")), F.lit(Decimal("-0.005")), F.lit(Decimal(12345678901))
    )


@feature("expression.literal")
def literal_names(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.range(1).select(F.lit(1), F.lit("a"), F.lit(None), F.lit(1.5))


@feature("expression.literal")
def literal_edges(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.range(1).select(
        F.lit(float("nan")), F.lit(float("-inf")), F.lit(-0.0), F.lit(2**31 - 1), F.lit(-(2**63)), F.lit("")
    )


@feature("expression.unresolved_attribute")
def attributes(spark: Any) -> Any:
    from pyspark.sql import functions as F

    df = _plain(spark)
    return df.select(F.col("k"), df["g"], df.i, F.col("`d`"), "K")


@feature("expression.unresolved_attribute")
def attribute_nested(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.table("docs").select(F.col("st.p"), F.col("st.*"), "kv.x")


@feature("expression.unresolved_attribute")
def attribute_ambiguous(spark: Any) -> Any:
    return _plain(spark).join(spark.table("depts"), _plain(spark).g == spark.table("depts").g).select("g")


@feature("expression.unresolved_star")
def star(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.col("*"), F.lit(1).alias("one"))


@feature("expression.unresolved_star")
def star_count(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.count("*"), F.count(F.lit(1)))


@feature("expression.unresolved_star:qualified")
def star_qualified(spark: Any) -> Any:
    return _plain(spark).alias("p").join(spark.table("depts").alias("d"), "g").select("d.*")


@feature("expression.unresolved_regex")
def col_regex(spark: Any) -> Any:
    return _plain(spark).select(_plain(spark).colRegex("`[ki]`"))


@feature("expression.alias")
def aliases(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(
        F.col("k").alias("a b"), F.col("i").name("c"), F.upper("g").alias("G", metadata={"x": 1})
    )


@feature("expression.alias")
def alias_several(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.table("docs").select("k", F.posexplode("xs").alias("p", "x"))


@feature("expression.alias")
def alias_map(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.table("docs").select(F.explode("kv").alias("name", "v"))


@feature("expression.window")
def windows(spark: Any) -> Any:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    by = Window.partitionBy("g").orderBy("k")
    return _plain(spark).select(
        "k", F.row_number().over(by), F.lag("i").over(by), F.max("i").over(by.rowsBetween(-1, 1))
    )


@feature("expression.window")
def window_range(spark: Any) -> Any:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    by = Window.orderBy("k").rangeBetween(-2, Window.currentRow)
    return _plain(spark).select("k", F.count("i").over(by), F.min("d").over(Window.partitionBy()))


@feature("expression.window")
def window_whole(spark: Any) -> Any:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    by = Window.partitionBy("g").orderBy(F.col("d").desc_nulls_last())
    whole = by.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return _plain(spark).select("k", F.rank().over(by), F.last("i").over(whole), F.ntile(2).over(by))


@feature("expression.unresolved_extract_value")
def extract(spark: Any) -> Any:
    df = spark.table("docs").filter("k = 1")
    return df.select(df.st.p, df.st["q"], df.xs.getItem(0), df.kv.getItem("x"), df.st.getField("p"))


@feature("expression.unresolved_extract_value")
def extract_index(spark: Any) -> Any:
    df = spark.table("docs").filter("k = 1")
    return df.select(df.xs[1], df.kv["y"], df.kv["nope"])


@feature("expression.unresolved_extract_value")
def extract_beyond(spark: Any) -> Any:
    df = spark.table("docs")
    return df.select(df.xs[5])


@feature("expression.update_fields")
def update_fields(spark: Any) -> Any:
    from pyspark.sql import functions as F

    df = spark.table("docs")
    return df.select(df.st.withField("r", F.lit(5)), df.st.dropFields("p"), df.st.withField("p", F.lit("x")))


@feature("expression.lambda_function", "expression.unresolved_named_lambda_variable")
def lambdas(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.table("docs").select(
        F.transform("xs", lambda x: F.coalesce(x, F.lit(0))),
        F.filter("xs", lambda x: x.isNotNull()),
        F.exists("xs", lambda x: x > 1),
    )


@feature("expression.lambda_function", "expression.unresolved_named_lambda_variable")
def lambda_two(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.table("docs").select(
        F.map_filter("kv", lambda k, v: v > 1), F.transform("xs", lambda x, i: i)
    )


@feature("expression.lambda_function", "expression.unresolved_named_lambda_variable")
def lambda_nested(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return spark.table("docs").select(
        F.transform("xs", lambda x: F.transform("xs", lambda y: F.coalesce(y, x)))
    )


@feature("expression.cast")
def casts(spark: Any) -> Any:
    df = _plain(spark)
    return df.select(df.k.cast("string"), df.i.cast("bigint"), df.k.astype("double"), df.k.try_cast("string"))


@feature("expression.cast")
def cast_types(spark: Any) -> Any:
    from pyspark.sql.types import DecimalType, LongType

    df = _plain(spark)
    return df.select(df.k.cast(LongType()), df.k.cast(DecimalType(10, 2)))


@feature("expression.cast")
def cast_refused(spark: Any) -> Any:
    df = _plain(spark)
    return df.select(df.g.cast("int"))


@feature("expression.unresolved_function")
def functions(spark: Any) -> Any:
    from pyspark.sql import functions as F

    df = _plain(spark)
    return df.select(
        F.upper(df.g),
        F.coalesce(df.i, F.lit(0)),
        F.concat_ws("-", "g", "k"),
        df.g.substr(1, 1),
        F.when(df.i > 2, "x").otherwise("y"),
    )


@feature("expression.unresolved_function")
def column_methods(spark: Any) -> Any:
    df = _plain(spark)
    return df.select(
        df.g.startswith("a"),
        df.g.contains("b"),
        df.g.like("a%"),
        df.i.isNull(),
        df.g.eqNullSafe("a"),
        ~(df.i > 1),
        df.g.isin([]),
    )


@feature("expression.unresolved_function")
def when_chain(spark: Any) -> Any:
    from pyspark.sql import functions as F

    df = _plain(spark)
    return df.select(F.when(df.i > 5, 1).when(df.i > 2, 2), F.greatest("k", "i"), F.nullif("g", F.lit("a")))


@feature("expression.call_function")
def call_function(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.call_function("upper", F.col("g")), F.call_function("abs", F.col("i")))


@feature("expression.call_function")
def call_function_several(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.call_function("concat", F.col("g"), F.lit("x")))


@feature("expression.call_function")
def call_function_unknown(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.call_function("nope", F.col("g")))


@feature("expression.named_argument_expression")
def named_arguments(spark: Any) -> Any:
    return spark.sql("SELECT mask('AbC1', lowerChar => 'q', digitChar => 'd')")


@feature("expression.subquery_expression")
def subquery(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).filter(F.col("i") == _plain(spark).select(F.max("i")).scalar())
