"""Relations and expressions of Spark Connect, by the calls of the DataFrame API that make them."""

from typing import Any

from compat.features import Cases

feature = Cases(__name__)


def _plain(spark: Any) -> Any:
    return spark.table("plain")


def _nums(spark: Any) -> Any:
    return spark.table("nums")


@feature("relation.read", "read.table")
def table(spark: Any) -> Any:
    return spark.table("plain")


@feature("relation.read", "read.table")
def read_table(spark: Any) -> Any:
    return spark.read.table("nums")


@feature("relation.read", "read.table")
def table_of_documents(spark: Any) -> Any:
    return spark.table("docs")


@feature("relation.project")
def select(spark: Any) -> Any:
    return _plain(spark).select("k", _plain(spark).i)


@feature("relation.project")
def select_star(spark: Any) -> Any:
    return _plain(spark).select("*", "k")


@feature("relation.project", "expression.expression_string")
def select_expr(spark: Any) -> Any:
    return _plain(spark).selectExpr("k + 1 AS a", "upper(g)", "i")


@feature("expression.expression_string")
def filter_text(spark: Any) -> Any:
    return _plain(spark).filter("i > 1 AND g IS NOT NULL")


@feature("expression.expression_string")
def expr(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.expr("CASE WHEN i > 2 THEN 'big' ELSE g END AS x"))


@feature("relation.filter")
def filter_column(spark: Any) -> Any:
    df = _plain(spark)
    return df.filter((df.i > 1) & (df.g == "a"))


@feature("relation.filter")
def where_null(spark: Any) -> Any:
    df = _plain(spark)
    return df.where(df.g.isNull() | ~(df.i < 5))


@feature("relation.filter")
def filter_in(spark: Any) -> Any:
    df = _plain(spark)
    return df.filter(df.g.isin("a", "c") & df.d.between(0, 3))


@feature("relation.join")
def join_on(spark: Any) -> Any:
    return _plain(spark).join(spark.table("depts"), "g")


@feature("relation.join")
def join_expression(spark: Any) -> Any:
    a, b = _plain(spark).alias("a"), _plain(spark).alias("b")
    from pyspark.sql import functions as F

    return a.join(b, (F.col("a.i") < F.col("b.i")) & (F.col("a.g") == F.col("b.g"))).select("a.k", "b.k")


@feature("relation.join")
def join_kinds(spark: Any) -> Any:
    result = None
    for how in ("inner", "left", "right", "full", "semi", "anti"):
        one = _plain(spark).join(spark.table("depts"), "g", how).select("g")
        result = one if result is None else result.unionAll(one)
    return result


@feature("relation.join")
def join_full_using(spark: Any) -> Any:
    return _plain(spark).join(spark.table("depts"), ["g"], "outer")


@feature("relation.join")
def join_cross(spark: Any) -> Any:
    return _plain(spark).crossJoin(spark.table("depts"))


@feature("relation.join")
def join_null_safe(spark: Any) -> Any:
    p, d = _plain(spark), spark.table("depts")
    return p.join(d, p.g.eqNullSafe(d.g), "left").select(p.k, d.title)


@feature("relation.set_op")
def union(spark: Any) -> Any:
    return _plain(spark).select("g").union(spark.table("depts").select("g"))


@feature("relation.set_op")
def union_by_name(spark: Any) -> Any:
    return _plain(spark).select("k", "g").unionByName(_plain(spark).select("g", "k"))


@feature("relation.set_op")
def union_missing(spark: Any) -> Any:
    return (
        _plain(spark).select("k", "g").unionByName(_plain(spark).select("i", "k"), allowMissingColumns=True)
    )


@feature("relation.set_op")
def intersect(spark: Any) -> Any:
    return _plain(spark).select("g").intersect(spark.table("depts").select("g"))


@feature("relation.set_op")
def intersect_all(spark: Any) -> Any:
    return _plain(spark).select("g").intersectAll(_plain(spark).filter("k > 2").select("g"))


@feature("relation.set_op")
def except_all(spark: Any) -> Any:
    return _plain(spark).select("g").exceptAll(spark.table("depts").select("g"))


@feature("relation.set_op")
def subtract(spark: Any) -> Any:
    return _plain(spark).select("g").subtract(spark.table("depts").select("g"))


@feature("relation.set_op")
def union_types(spark: Any) -> Any:
    return _plain(spark).select("k").union(_plain(spark).select("d")).union(_nums(spark).select("l"))


@feature("relation.sort", "expression.sort_order", ordered=True)
def sort(spark: Any) -> Any:
    df = _plain(spark)
    return df.orderBy(df.i.desc(), "k")


@feature("relation.sort", "expression.sort_order", ordered=True)
def sort_nulls(spark: Any) -> Any:
    df = _nums(spark)
    return df.select("k", "d").orderBy(df.d.desc_nulls_first(), df.k.asc_nulls_last())


@feature("relation.sort", "expression.sort_order", ordered=True)
def sort_ascending_list(spark: Any) -> Any:
    return _nums(spark).select("s", "k").sort(["s", "k"], ascending=[False, True])


@feature("relation.sort", ordered=True)
def sort_within_partitions(spark: Any) -> Any:
    return _plain(spark).coalesce(1).sortWithinPartitions("k")


@feature("relation.limit", ordered=True)
def limit(spark: Any) -> Any:
    return _plain(spark).orderBy("k").limit(3)


@feature("relation.limit", ordered=True)
def limit_zero(spark: Any) -> Any:
    return _plain(spark).orderBy("k").limit(0)


@feature("relation.limit", ordered=True)
def limit_beyond(spark: Any) -> Any:
    return _plain(spark).orderBy("k").limit(100)


@feature("relation.limit", ordered=True)
def take_and_first(spark: Any) -> Any:
    df = _plain(spark).orderBy("k")
    return [[r.k for r in df.take(2)], df.first().k, df.head().k, [r.k for r in df.head(3)]]


@feature("relation.offset", ordered=True)
def offset(spark: Any) -> Any:
    return _plain(spark).orderBy("k").offset(4)


@feature("relation.offset", ordered=True)
def offset_limit(spark: Any) -> Any:
    return _plain(spark).orderBy("k").offset(2).limit(3)


@feature("relation.offset", ordered=True)
def limit_offset(spark: Any) -> Any:
    return _plain(spark).orderBy("k").limit(5).offset(2)


@feature("relation.tail", ordered=True)
def tail(spark: Any) -> Any:
    return [[r.k for r in _plain(spark).orderBy("k").tail(n)] for n in (0, 2, 100)]


@feature("relation.tail", ordered=True)
def tail_null(spark: Any) -> Any:
    return [list(r) for r in _nums(spark).select("k", "s").orderBy("k").tail(3)]


@feature("relation.tail", ordered=True)
def tail_filtered(spark: Any) -> Any:
    return [r.k for r in _plain(spark).filter("i > 2").orderBy("k").tail(2)]


@feature("relation.aggregate")
def group_agg(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).groupBy("g").agg(F.count("*").alias("n"), F.max("i").alias("m"))


@feature("relation.aggregate")
def group_dict(spark: Any) -> Any:
    return _plain(spark).groupBy("g").agg({"i": "max", "d": "min"})


@feature("relation.aggregate")
def group_count(spark: Any) -> Any:
    return _plain(spark).groupBy("g").count()


@feature("relation.aggregate")
def group_shortcuts(spark: Any) -> Any:
    return _plain(spark).groupBy("g").max("i", "k")


@feature("relation.aggregate")
def agg_whole(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).agg(F.min("d"), F.max("d"), F.countDistinct("g"))


@feature("relation.aggregate")
def count_action(spark: Any) -> Any:
    return [
        _plain(spark).count(),
        spark.table("none").count(),
        _plain(spark).isEmpty(),
        spark.table("none").isEmpty(),
    ]


@feature("relation.aggregate:rollup")
def rollup(spark: Any) -> Any:
    return _plain(spark).rollup("g", "i").count()


@feature("relation.aggregate:rollup")
def rollup_one(spark: Any) -> Any:
    return _nums(spark).rollup("g").max("k")


@feature("relation.aggregate:rollup")
def rollup_empty(spark: Any) -> Any:
    return spark.table("none").rollup("g").count()


@feature("relation.aggregate:cube")
def cube(spark: Any) -> Any:
    return _plain(spark).cube("g", "i").count()


@feature("relation.aggregate:cube")
def cube_one(spark: Any) -> Any:
    return _nums(spark).cube("b").max("k")


@feature("relation.aggregate:cube")
def cube_empty(spark: Any) -> Any:
    return spark.table("none").cube("g").count()


@feature("relation.aggregate:pivot")
def pivot(spark: Any) -> Any:
    return _plain(spark).groupBy("g").pivot("i", [1, 2, 3]).max("d")


@feature("relation.aggregate:pivot")
def pivot_found(spark: Any) -> Any:
    return _plain(spark).groupBy("i").pivot("g").count()


@feature("relation.aggregate:pivot")
def pivot_several(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).groupBy().pivot("g", ["a", "b"]).agg(F.max("i").alias("m"), F.count("k").alias("n"))


@feature("relation.aggregate:grouping-sets")
def grouping_sets(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).groupingSets([["g"], ["i"], []], "g", "i").agg(F.count("*"))


@feature("relation.local_relation")
def create_rows(spark: Any) -> Any:
    return spark.createDataFrame([(1, "a", 1.5), (2, None, float("nan"))], ["x", "y", "z"])


@feature("relation.local_relation")
def create_schema(spark: Any) -> Any:
    import datetime as dt
    import decimal

    rows = [
        (
            1,
            decimal.Decimal("1.10"),
            dt.date(2020, 2, 29),
            dt.datetime(2020, 2, 29, 12),
            b"\x00",
            [1, None],
            {"a": 1},
            (1, "x"),
        ),
        (None,) * 8,
    ]
    return spark.createDataFrame(
        rows,
        "a INT, b DECIMAL(10,2), c DATE, d TIMESTAMP, e BINARY, f ARRAY<INT>, "
        "g MAP<STRING,INT>, h STRUCT<p: INT, q: STRING>",
    )


@feature("relation.local_relation")
def create_pandas(spark: Any) -> Any:
    import pandas as pd

    return spark.createDataFrame(pd.DataFrame({"x": [1, 2, 3], "y": ["a", "b", None], "z": [1.5, None, 2.5]}))


@feature("relation.local_relation")
def create_arrow(spark: Any) -> Any:
    import pyarrow as pa

    return spark.createDataFrame(
        pa.table({"x": pa.array([1, None], pa.int16()), "y": ["a", "ä"], "z": [[1, 2], None]})
    )


@feature("relation.local_relation")
def create_empty(spark: Any) -> Any:
    return spark.createDataFrame([], "a INT, b STRING")


@feature("relation.local_relation")
def create_dicts(spark: Any) -> Any:
    return spark.createDataFrame([{"a": 1, "b": "x"}, {"a": 2, "b": None}])


@feature("relation.local_relation")
def create_many(spark: Any) -> Any:
    return spark.createDataFrame([(i, str(i)) for i in range(20000)], ["n", "t"]).groupBy().count()


@feature("relation.range")
def ranges(spark: Any) -> Any:
    return (
        spark.range(5)
        .union(spark.range(2, 10, 3))
        .union(spark.range(3, 0, -1))
        .union(spark.range(0, 10, 1, 4))
    )


@feature("relation.range")
def range_types(spark: Any) -> Any:
    return spark.range(3)


@feature("relation.range")
def range_empty(spark: Any) -> Any:
    return spark.range(5, 5)


@feature("relation.deduplicate")
def distinct(spark: Any) -> Any:
    return _plain(spark).select("g", "i").distinct()


@feature("relation.deduplicate")
def drop_duplicates(spark: Any) -> Any:
    return _plain(spark).select("g").dropDuplicates()


@feature("relation.deduplicate")
def drop_duplicates_of(spark: Any) -> Any:
    return _plain(spark).dropDuplicates(["g"]).select("g")


@feature("relation.deduplicate")
def distinct_doubles(spark: Any) -> Any:
    return spark.sql(
        "SELECT * FROM VALUES (0D), (-0D), (double('NaN')), (double('NaN')), (NULL), (NULL) AS t(d)"
    ).distinct()


@feature("relation.subquery_alias")
def alias(spark: Any) -> Any:
    return _plain(spark).alias("p").select("p.k", "p.g")


@feature("relation.subquery_alias")
def alias_star(spark: Any) -> Any:
    return _plain(spark).alias("p").select("p.*")


@feature("relation.subquery_alias")
def alias_twice(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).alias("p").filter(F.col("p.i") > 2).alias("q").select("q.k")


@feature("relation.repartition", "relation.repartition_by_expression")
def repartition(spark: Any) -> Any:
    return (
        _plain(spark)
        .repartition(3)
        .union(_plain(spark).repartition(2, "g"))
        .union(_plain(spark).repartition("g"))
    )


@feature("relation.repartition", "relation.repartition_by_expression")
def coalesce(spark: Any) -> Any:
    return _plain(spark).coalesce(1).union(_plain(spark).repartitionByRange(2, "k"))


@feature("relation.repartition", "relation.repartition_by_expression")
def repartition_counted(spark: Any) -> Any:
    return _plain(spark).repartition(4).groupBy("g").count().repartition(2, "g")


@feature("relation.to_df")
def to_df(spark: Any) -> Any:
    return _plain(spark).select("k", "g").toDF("a", "b c")


@feature("relation.to_df")
def to_df_duplicates(spark: Any) -> Any:
    return _plain(spark).select("k", "k").toDF("a", "b")


@feature("relation.to_df")
def to_df_all(spark: Any) -> Any:
    return _nums(spark).toDF(*[f"c{n}" for n in range(10)])


@feature("relation.with_columns")
def with_column(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).withColumn("x", F.upper("g")).withColumn("K", F.lit(0)).withColumn("y", F.col("x"))


@feature("relation.with_columns")
def with_columns(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).withColumns({"x": F.lit("a"), "i": F.col("i").cast("string")})


@feature("relation.with_columns")
def with_column_metadata(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).withColumn("x", F.coalesce("i", F.lit(0))).withMetadata("x", {"a": 1})


@feature("relation.with_columns_renamed")
def renamed(spark: Any) -> Any:
    return _plain(spark).withColumnRenamed("k", "kk").withColumnRenamed("nope", "x")


@feature("relation.with_columns_renamed")
def renamed_several(spark: Any) -> Any:
    return _plain(spark).withColumnsRenamed({"k": "a", "G": "b"})


@feature("relation.with_columns_renamed")
def renamed_swapped(spark: Any) -> Any:
    return _plain(spark).withColumnsRenamed({"k": "i", "i": "k"})


@feature("relation.drop")
def drop(spark: Any) -> Any:
    return _plain(spark).drop("g", "nope")


@feature("relation.drop")
def drop_column(spark: Any) -> Any:
    df = _plain(spark)
    return df.drop(df.g).drop("I")


@feature("relation.drop")
def drop_all(spark: Any) -> Any:
    return _plain(spark).drop("g", "k", "i")


@feature("relation.hint")
def hint(spark: Any) -> Any:
    from pyspark.sql import functions as F

    joined = _plain(spark).join(F.broadcast(spark.table("depts")), "g")
    return joined.hint("merge").hint("rebalance")


@feature("relation.hint")
def hint_broadcast(spark: Any) -> Any:
    return _plain(spark).join(spark.table("depts").hint("broadcast"), "g", "left")


@feature("relation.hint")
def hint_parameters(spark: Any) -> Any:
    return _plain(spark).hint("repartition", 3)


@feature("relation.unpivot")
def unpivot(spark: Any) -> Any:
    return (
        _plain(spark).select("k", "i").withColumn("j", _plain(spark).i).unpivot("k", ["i", "j"], "name", "v")
    )


@feature("relation.unpivot")
def melt(spark: Any) -> Any:
    return _plain(spark).select("g", "k", "i").melt(["g"], ["k", "i"], "variable", "value")


@feature("relation.unpivot")
def unpivot_rest(spark: Any) -> Any:
    return _plain(spark).select("g", "k", "i").unpivot(["g"], None, "variable", "value")


@feature("relation.to_schema")
def to_schema(spark: Any) -> Any:
    from pyspark.sql.types import LongType, StringType, StructType

    return _plain(spark).to(StructType().add("g", StringType()).add("k", LongType()))


@feature("relation.to_schema")
def to_schema_missing(spark: Any) -> Any:
    from pyspark.sql.types import LongType, StringType, StructType

    return _plain(spark).to(StructType().add("k", LongType()).add("new", StringType()))


@feature("relation.to_schema")
def to_schema_refused(spark: Any) -> Any:
    from pyspark.sql.types import DateType, StructType

    return _plain(spark).to(StructType().add("k", DateType()))


@feature("relation.sample", types_only=True)
def sample(spark: Any) -> Any:
    return spark.range(100).sample(0.5, seed=1)


@feature("relation.sample:seed")
def sample_seed(spark: Any) -> Any:
    return spark.range(100).sample(0.5, seed=42)


@feature("relation.sample:seed")
def sample_replaced(spark: Any) -> Any:
    return spark.range(100).sample(True, 0.5, seed=42)


@feature("relation.sample:seed")
def random_split(spark: Any) -> Any:
    return spark.range(100).randomSplit([0.3, 0.7], seed=7)[0]


@feature("relation.fill_na")
def fill_na(spark: Any) -> Any:
    return _nums(spark).select("k", "g", "i", "d", "b", "s").fillna(0)


@feature("relation.fill_na")
def fill_na_text(spark: Any) -> Any:
    return _nums(spark).select("k", "g", "i", "s").fillna("none", ["g", "s"])


@feature("relation.fill_na")
def fill_na_dict(spark: Any) -> Any:
    return _nums(spark).select("k", "g", "i", "d", "b").fillna({"g": "x", "i": -1, "d": 1.5, "b": True})


@feature("relation.drop_na")
def drop_na(spark: Any) -> Any:
    return _nums(spark).select("k", "g", "i", "d").dropna()


@feature("relation.drop_na")
def drop_na_all(spark: Any) -> Any:
    return _nums(spark).select("g", "i", "d").dropna("all")


@feature("relation.drop_na")
def drop_na_thresh(spark: Any) -> Any:
    return _nums(spark).select("k", "g", "i", "d").dropna(thresh=3, subset=["k", "g", "i"])


@feature("relation.replace")
def replace(spark: Any) -> Any:
    return _plain(spark).replace("a", "A").replace([1, 2], [10, 20])


@feature("relation.replace")
def replace_dict(spark: Any) -> Any:
    return _plain(spark).replace({"a": None, "b": "B"}, subset=["g"])


@feature("relation.replace")
def replace_double(spark: Any) -> Any:
    return _nums(spark).select("k", "d").replace(float("nan"), 0.0)


@feature("relation.describe")
def describe(spark: Any) -> Any:
    return _plain(spark).describe()


@feature("relation.describe")
def describe_of(spark: Any) -> Any:
    return _nums(spark).describe("i", "s")


@feature("relation.describe")
def describe_empty(spark: Any) -> Any:
    return spark.table("none").describe("i")


@feature("relation.summary")
def summary(spark: Any) -> Any:
    return _plain(spark).summary()


@feature("relation.summary")
def summary_of(spark: Any) -> Any:
    return _plain(spark).summary("count", "25%", "max")


@feature("relation.summary")
def summary_empty(spark: Any) -> Any:
    return spark.table("none").select("i").summary("count", "min")


@feature("relation.crosstab")
def crosstab(spark: Any) -> Any:
    return _plain(spark).crosstab("g", "i")


@feature("relation.cov", "relation.corr")
def covariance(spark: Any) -> Any:
    df = _plain(spark).dropna()
    return [round(df.cov("i", "d"), 9), round(df.corr("i", "d"), 9)]


@feature("relation.approx_quantile")
def approx_quantile(spark: Any) -> Any:
    return _plain(spark).approxQuantile("d", [0.0, 0.25, 0.5, 1.0], 0.0)


@feature("relation.approx_quantile")
def approx_quantile_several(spark: Any) -> Any:
    return _plain(spark).approxQuantile(["d", "i"], [0.5], 0.1)


@feature("relation.freq_items")
def freq_items(spark: Any) -> Any:
    return _plain(spark).freqItems(["g"], 0.5)


@feature("relation.sample_by")
def sample_by(spark: Any) -> Any:
    return _plain(spark).sampleBy("g", {"a": 1.0, "b": 0.0}, seed=1)


@feature("relation.show_string", ordered=True)
def show(spark: Any) -> Any:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        _nums(spark).orderBy("k").show()
        _plain(spark).orderBy("k").show(2, truncate=3)
        spark.table("docs").orderBy("k").show(truncate=False, vertical=True)
    return out.getvalue()


@feature("relation.show_string", ordered=True)
def show_numbers(spark: Any) -> Any:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        spark.sql(
            "SELECT 1.5D, 1E10D, 1.10, double('NaN'), NULL, X'01', INTERVAL '1' DAY, true, 1.0E-7D"
        ).show()
    return out.getvalue()


@feature("relation.show_string", ordered=True)
def show_empty(spark: Any) -> Any:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        spark.table("none").select("k", "g").show()
    return out.getvalue()


@feature("relation.transpose")
def transpose(spark: Any) -> Any:
    return _plain(spark).select("k", "i").limit(3).transpose()


@feature("relation.collect_metrics")
def observe(spark: Any) -> Any:
    from pyspark.sql import Observation
    from pyspark.sql import functions as F

    seen = Observation("m")
    _plain(spark).observe(seen, F.count("*").alias("n"), F.max("i").alias("m")).collect()
    return sorted(seen.get.items())


@feature("relation.parse")
def parse_json(spark: Any) -> Any:
    return (
        spark.read.schema("a INT, b STRING").json(spark.sql("""SELECT '{"a": 1, "b": "x"}' AS value"""))
        if hasattr(spark, "client")
        else spark.read.schema("a INT, b STRING").json(spark.sparkContext.parallelize(['{"a": 1, "b": "x"}']))
    )


@feature("relation.cached")
def cache(spark: Any) -> Any:
    df = _plain(spark).filter("i > 1").cache()
    df.count()
    return df


@feature("relation.cached")
def persist(spark: Any) -> Any:
    df = _plain(spark).persist()
    df.count()
    df.unpersist()
    return df


@feature("relation.cached_remote_relation")
def local_checkpoint(spark: Any) -> Any:
    return _plain(spark).localCheckpoint()


@feature("expression.literal")
def literals(spark: Any) -> Any:
    import datetime as dt
    import decimal

    from pyspark.sql import functions as F

    values = [
        1,
        2**40,
        1.5,
        "ä",
        True,
        None,
        decimal.Decimal("1.10"),
        dt.date(2020, 2, 29),
        dt.datetime(2020, 2, 29, 12, 30),
        b"\x01",
        dt.timedelta(hours=3),
        [1, 2],
    ]
    return spark.range(1).select(*[F.lit(v).alias(f"c{n}") for n, v in enumerate(values)])


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


@feature("expression.unresolved_star")
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
    df = spark.table("docs")
    return df.select(df.st.p, df.st["q"], df.xs.getItem(0), df.kv.getItem("x"), df.st.getField("p")).filter(
        "k = 1"
    )


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


@feature("relation.sql", "sql.query")
def sql_parameters(spark: Any) -> Any:
    return spark.sql("SELECT k, :x AS x FROM plain WHERE i > :low", args={"x": "a", "low": 2})


@feature("relation.sql", "sql.query")
def sql_positional(spark: Any) -> Any:
    return spark.sql("SELECT k FROM plain WHERE g = ? AND i >= ?", args=["a", 1])


@feature("relation.sql", "sql.query")
def sql_frame(spark: Any) -> Any:
    return spark.sql("SELECT g, count(*) AS n FROM {df} GROUP BY g", df=_plain(spark))


@feature("relation.sql", "sql.query")
def sql_then_frame(spark: Any) -> Any:
    return spark.sql("SELECT * FROM plain").filter("i > 2").select("k")


@feature("sql.create-temporary-view")
def temp_view(spark: Any) -> Any:
    _plain(spark).filter("i > 2").createOrReplaceTempView("tv_frames")
    return spark.sql("SELECT k FROM tv_frames")


@feature("sql.create-temporary-view")
def temp_view_sql(spark: Any) -> Any:
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW tv_sql AS SELECT k, upper(g) AS g FROM plain").collect()
    return spark.table("tv_sql")


@feature("sql.create-temporary-view")
def temp_view_of_view(spark: Any) -> Any:
    spark.sql("CREATE OR REPLACE TEMP VIEW tv_a AS SELECT * FROM plain WHERE k < 5").collect()
    spark.sql("CREATE OR REPLACE TEMP VIEW tv_b AS SELECT g, count(*) AS n FROM tv_a GROUP BY g").collect()
    spark.sql("CREATE OR REPLACE TEMP VIEW tv_a AS SELECT * FROM plain WHERE k < 2").collect()
    return spark.sql("SELECT * FROM tv_b")


@feature("action.to-pandas", ordered=True)
def to_pandas(spark: Any) -> Any:
    df = _plain(spark).orderBy("k").toPandas()
    return [[str(t) for t in df.dtypes], df.to_csv(index=False)]


@feature("action.to-arrow", ordered=True)
def to_arrow(spark: Any) -> Any:
    got = _nums(spark).select("k", "g", "l", "m", "s", "dt", "b").orderBy("k").toArrow()
    return [[str(f.type) for f in got.schema], str(got.to_pylist())]


@feature("action.to-local-iterator", ordered=True)
def to_local_iterator(spark: Any) -> Any:
    return [r.k for r in _plain(spark).orderBy("k").toLocalIterator()]


@feature("action.foreach")
def foreach(spark: Any) -> Any:
    _plain(spark).foreach(lambda row: None)
    return "done"


@feature("action.to-json")
def to_json(spark: Any) -> Any:
    return sorted(_plain(spark).toJSON().collect())


@feature("action.rdd")
def rdd(spark: Any) -> Any:
    return _plain(spark).rdd.map(lambda r: r.k).sum()


@feature("analyze.schema")
def schema(spark: Any) -> Any:
    return [_nums(spark).dtypes, _nums(spark).columns, spark.table("docs").schema.simpleString()]


@feature("analyze.tree")
def print_schema(spark: Any) -> Any:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        _nums(spark).printSchema()
    return out.getvalue()


@feature("catalog.list_tables", "catalog.table_exists")
def catalog(spark: Any) -> Any:
    return [
        spark.catalog.tableExists("plain"),
        spark.catalog.tableExists("nope"),
        sorted(t.name for t in spark.catalog.listTables() if t.name in {"plain", "nums"}),
    ]


@feature("catalog.current_database", "catalog.current_catalog")
def catalog_current(spark: Any) -> Any:
    return [spark.catalog.currentDatabase(), spark.catalog.currentCatalog()]


@feature("catalog.list_columns")
def catalog_columns(spark: Any) -> Any:
    return [[c.name, c.dataType] for c in spark.catalog.listColumns("plain")]


@feature("catalog.drop_temp_view")
def catalog_drop(spark: Any) -> Any:
    _plain(spark).createOrReplaceTempView("tv_drop")
    return [spark.catalog.dropTempView("tv_drop"), spark.catalog.dropTempView("tv_drop")]


@feature("catalog.function_exists")
def catalog_function(spark: Any) -> Any:
    return [spark.catalog.functionExists("abs"), spark.catalog.functionExists("nope")]
