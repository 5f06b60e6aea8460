"""What stands around the plans: actions, views, SQL with parameters, the catalog."""

from typing import Any

from compat.features import Cases

feature = Cases(__name__)


def _plain(spark: Any) -> Any:
    return spark.table("plain")


def _nums(spark: Any) -> Any:
    return spark.table("nums")


@feature("relation.tail", ordered=True)
def tail(spark: Any) -> Any:
    return [[r.k for r in _plain(spark).orderBy("k").tail(n)] for n in (0, 2, 100)]


@feature("relation.tail", ordered=True)
def tail_null(spark: Any) -> Any:
    return [list(r) for r in _nums(spark).select("k", "s").orderBy("k").tail(3)]


@feature("relation.tail", ordered=True)
def tail_filtered(spark: Any) -> Any:
    return [r.k for r in _plain(spark).filter("i > 2").orderBy("k").tail(2)]


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


@feature("sql.create-temporary-view:replaced")
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


@feature("catalog.current_database")
def catalog_current(spark: Any) -> Any:
    return spark.catalog.currentDatabase()


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
