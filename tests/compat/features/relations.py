"""Relations that take rows and give rows, by the calls of the DataFrame API that make them."""

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


@feature("relation.set_op:missing")
def union_missing(spark: Any) -> Any:
    return (
        _plain(spark).select("k", "g").unionByName(_plain(spark).select("i", "k"), allowMissingColumns=True)
    )


@feature("relation.set_op")
def intersect(spark: Any) -> Any:
    return _plain(spark).select("g").intersect(spark.table("depts").select("g"))


@feature("relation.set_op:all")
def intersect_all(spark: Any) -> Any:
    return _plain(spark).select("g").intersectAll(_plain(spark).filter("k > 2").select("g"))


@feature("relation.set_op:all")
def except_all(spark: Any) -> Any:
    return _plain(spark).select("g").exceptAll(spark.table("depts").select("g"))


@feature("relation.set_op")
def subtract(spark: Any) -> Any:
    return _plain(spark).select("g").subtract(spark.table("depts").select("g"))


@feature("relation.set_op:types")
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


@feature("relation.to_schema:narrowing")
def to_schema_refused(spark: Any) -> Any:
    from pyspark.sql.types import DateType, StructType

    return _plain(spark).to(StructType().add("k", DateType()))


@feature("relation.transpose")
def transpose(spark: Any) -> Any:
    return _plain(spark).select("k", "i").limit(3).transpose()
