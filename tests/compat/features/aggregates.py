"""Where rows come from, and what is computed of all of them."""

from typing import Any

from compat.features import Cases

feature = Cases(__name__)


def _plain(spark: Any) -> Any:
    return spark.table("plain")


def _nums(spark: Any) -> Any:
    return spark.table("nums")


@feature("relation.aggregate")
def group_agg(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).groupBy("g").agg(F.count("*").alias("n"), F.max("i").alias("m"))


@feature("relation.aggregate:dict")
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


@feature("relation.aggregate:rollup-empty")
def rollup_empty(spark: Any) -> Any:
    return spark.table("none").rollup("g").count()


@feature("relation.aggregate:cube")
def cube(spark: Any) -> Any:
    return _plain(spark).cube("g", "i").count()


@feature("relation.aggregate:cube")
def cube_one(spark: Any) -> Any:
    return _nums(spark).cube("b").max("k")


@feature("relation.aggregate:rollup-empty")
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


@feature("relation.local_relation:pandas-nan")
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
