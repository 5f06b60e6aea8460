"""Functions written in Python: every kind, with nulls, and with results that do not fit the declared type."""

from typing import Any

from compat.features import Cases

feature = Cases(__name__)


def _plain(spark: Any) -> Any:
    return spark.table("plain")


@feature("udf.python", "expression.common_inline_user_defined_function")
def scalar(spark: Any) -> Any:
    from pyspark.sql import functions as F

    twice = F.udf(lambda i: None if i is None else i * 2, "int")
    return _plain(spark).select("k", twice("i"))


@feature("udf.python", "expression.common_inline_user_defined_function")
def scalar_several(spark: Any) -> Any:
    from pyspark.sql import functions as F

    join = F.udf(lambda g, k: f"{g}-{k}")
    return _plain(spark).filter("k > 2").select(join("g", "k").alias("x"), F.upper(join("g", "k")))


@feature("udf.python:timestamp")
def scalar_types(spark: Any) -> Any:
    from pyspark.sql import functions as F

    df = spark.table("nums").filter("k < 3")
    seen = [
        F.udf(lambda v: f"{type(v).__name__} {v}", "string")(c)
        for c in ("i", "l", "d", "m", "s", "dt", "ts", "b")
    ]
    return df.select(*seen)


@feature("udf.python", "expression.common_inline_user_defined_function")
def scalar_nested(spark: Any) -> Any:
    from pyspark.sql import functions as F

    df = spark.table("docs").filter("k = 1")
    seen = F.udf(lambda xs, kv, st: f"{xs} {sorted(kv.items())} {st}", "string")
    made = F.udf(lambda xs: {"n": len(xs), "xs": xs}, "struct<n: int, xs: array<int>>")
    return df.select(seen("xs", "kv", "st"), made("xs"))


@feature("udf.python:return-type")
def scalar_wrong_int(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.udf(lambda k: str(k), "int")("k"), F.udf(lambda k: float(k), "int")("k"))


@feature("udf.python:return-type")
def scalar_wrong_string(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(
        F.udf(lambda k: k, "string")("k"),
        F.udf(lambda k: [k], "string")("k"),
        F.udf(lambda k: True, "string")("k"),
    )


@feature("udf.python:return-type")
def scalar_wrong_double(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.udf(lambda k: k, "double")("k"), F.udf(lambda k: 300, "tinyint")("k"))


@feature("udf.python", "expression.common_inline_user_defined_function")
def scalar_raises(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.udf(lambda k: 1 // (k - 3), "int")("k"))


@feature("udf.python", "expression.common_inline_user_defined_function")
def scalar_registered(spark: Any) -> Any:
    spark.udf.register("plus_one", lambda x: None if x is None else x + 1, "int")
    return spark.sql("SELECT k, plus_one(i) FROM plain WHERE plus_one(k) > 3")


@feature("udf.python", "expression.common_inline_user_defined_function")
def scalar_in_aggregate(spark: Any) -> Any:
    from pyspark.sql import functions as F

    parity = F.udf(lambda k: k % 2, "int")
    return _plain(spark).groupBy(parity("k").alias("p")).agg(F.max("i"))


@feature("udf.arrow")
def scalar_arrow(spark: Any) -> Any:
    from pyspark.sql import functions as F

    return _plain(spark).select(F.udf(lambda i: None if i is None else i * 2, "int", useArrow=True)("i"))


@feature("udf.pandas")
def pandas_scalar(spark: Any) -> Any:
    import pandas as pd
    from pyspark.sql import functions as F

    @F.pandas_udf("double")
    def half(x: pd.Series) -> pd.Series:
        return x / 2

    return _plain(spark).select("k", half("i"))


@feature("udf.pandas")
def pandas_strings(spark: Any) -> Any:
    import pandas as pd
    from pyspark.sql import functions as F

    @F.pandas_udf("string")
    def upper(x: pd.Series) -> pd.Series:
        return x.str.upper()

    return _plain(spark).select("k", upper("g"))


@feature("udf.pandas")
def pandas_iterator(spark: Any) -> Any:
    from collections.abc import Iterator

    import pandas as pd
    from pyspark.sql import functions as F

    @F.pandas_udf("long")
    def plus(parts: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for part in parts:
            yield part + 1

    return _plain(spark).select(plus("k"))


@feature("udf.pandas:grouped-aggregate")
def pandas_aggregate(spark: Any) -> Any:
    import pandas as pd
    from pyspark.sql import functions as F

    @F.pandas_udf("double")
    def middle(x: pd.Series) -> float:
        return float(x.median())

    return _plain(spark).filter("i IS NOT NULL").groupBy("g").agg(middle("i"))


@feature("udf.pandas:grouped-aggregate")
def pandas_window(spark: Any) -> Any:
    import pandas as pd
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    @F.pandas_udf("double")
    def mean(x: pd.Series) -> float:
        return float(x.mean())

    return _plain(spark).filter("i IS NOT NULL").select("k", mean("i").over(Window.partitionBy("g")))


@feature("relation.group_map")
def apply_in_pandas(spark: Any) -> Any:
    def top(group: Any) -> Any:
        return group.nlargest(1, "k")[["g", "k"]]

    return (
        _plain(spark)
        .filter("g IS NOT NULL")
        .select("g", "k")
        .groupBy("g")
        .applyInPandas(top, "g string, k int")
    )


@feature("relation.group_map")
def apply_in_pandas_key(spark: Any) -> Any:
    import pandas as pd

    def sized(key: Any, group: Any) -> Any:
        return pd.DataFrame({"g": [key[0]], "n": [len(group)]})

    return _plain(spark).select("g", "k").groupBy("g").applyInPandas(sized, "g string, n long")


@feature("relation.group_map")
def apply_in_arrow(spark: Any) -> Any:
    return (
        _plain(spark)
        .select("g", "k")
        .groupBy("g")
        .applyInArrow(lambda t: t.slice(0, 1).select(["g"]), "g string")
    )


@feature("relation.co_group_map")
def cogroup(spark: Any) -> Any:
    import pandas as pd

    def both(a: Any, b: Any) -> Any:
        return pd.DataFrame({"n": [len(a)], "m": [len(b)]})

    left, right = _plain(spark).select("g", "k").groupBy("g"), spark.table("depts").groupBy("g")
    return left.cogroup(right).applyInPandas(both, "n long, m long")


@feature("relation.map_partitions")
def map_in_pandas(spark: Any) -> Any:
    def kept(parts: Any) -> Any:
        for part in parts:
            yield part[part.k > 4]

    return _plain(spark).select("k", "g").mapInPandas(kept, "k int, g string")


@feature("relation.map_partitions")
def map_in_arrow(spark: Any) -> Any:
    def same(parts: Any) -> Any:
        yield from parts

    return _plain(spark).select("k", "g").mapInArrow(same, "k int, g string")


@feature("relation.map_partitions")
def map_in_pandas_empty(spark: Any) -> Any:
    return spark.table("none").select("k").mapInPandas(lambda parts: parts, "k int")


@feature("udf.table")
def table_function(spark: Any) -> Any:
    from pyspark.sql import functions as F

    @F.udtf(returnType="n int, square int")
    class Squares:
        def eval(self, start: int, end: int) -> Any:
            for n in range(start, end):
                yield n, n * n

    return Squares(F.lit(1), F.lit(4))


@feature("udf.table")
def table_function_lateral(spark: Any) -> Any:
    from pyspark.sql import functions as F

    @F.udtf(returnType="x int")
    class Twice:
        def eval(self, k: int) -> Any:
            yield (k,)
            yield (k * 2,)

    spark.udtf.register("twice_rows", Twice)
    return spark.sql("SELECT k, x FROM plain, LATERAL twice_rows(k) WHERE k < 3")
