"""The reader of CSV and its options. Each case writes its own file and reads it."""

import tempfile
from pathlib import Path
from typing import Any

from compat.features import Cases, file

feature = Cases(__name__)
CSV = 'id,name,amount,day\n1,"a, b",1.50,2020-02-29\n2,,NA,\n3,"say ""hi""",-2,1999-12-31\n'


@feature("read.csv")
def csv_plain(spark: Any) -> Any:
    return spark.read.csv(file("1,a\n2,b\n"))


@feature("read.csv")
def csv_schema(spark: Any) -> Any:
    return spark.read.schema("a INT, b STRING").csv(file("1,a\n2,\n"))


@feature("read.csv")
def csv_bad_value(spark: Any) -> Any:
    return spark.read.schema("a INT, b STRING").csv(file("1,a\nx,b\n3,c,d\n4\n"))


@feature("read.csv")
def csv_blank_lines(spark: Any) -> Any:
    return spark.read.csv(file("a,b\n\n  ,c\n d , e \n"))


@feature("read.csv")
def csv_types(spark: Any) -> Any:
    text = "1,9999999999,1.5,1.10,true,2020-02-29,2020-02-29 12:34:56\n,,,,,,\n"
    text += "-1,-5,NaN,99999999.99,FALSE,1970-01-01,2020-02-29T12:34:56Z\n"
    return spark.read.schema(
        "a INT, b BIGINT, c DOUBLE, d DECIMAL(10,2), e BOOLEAN, f DATE, g TIMESTAMP"
    ).csv(file(text))


@feature("read.csv")
def csv_header(spark: Any) -> Any:
    return spark.read.csv(file(CSV), header=True)


@feature("read.csv:header")
def csv_header_schema(spark: Any) -> Any:
    return (
        spark.read.option("header", "true")
        .schema("id INT, name STRING, amount STRING, day DATE")
        .csv(file(CSV))
    )


@feature("read.csv:header")
def csv_header_duplicates(spark: Any) -> Any:
    return spark.read.csv(file("a,a,\n1,2,3\n"), header=True)


@feature("read.csv:inferschema")
def csv_infer(spark: Any) -> Any:
    return spark.read.csv(file(CSV), header=True, inferSchema=True)


@feature("read.csv:inferschema")
def csv_infer_types(spark: Any) -> Any:
    text = "a,b,c,d,e,f,g\n1,1.5,x,true,2020-02-29,2020-02-29 12:00:00,99999999999\n"
    text += "2,,y,false,2021-01-01,2020-02-29 13:00:00,1\n"
    return spark.read.csv(file(text), header=True, inferSchema=True)


@feature("read.csv:sep", "read.csv:delimiter")
def csv_sep(spark: Any) -> Any:
    return (
        spark.read.option("sep", ";")
        .csv(file("1;a\n2;b,c\n"))
        .union(spark.read.option("delimiter", "\t").csv(file("3\td\n")))
    )


@feature("read.csv:nullvalue")
def csv_null(spark: Any) -> Any:
    return spark.read.csv(file(CSV), header=True, nullValue="NA")


@feature("read.csv:quote")
def csv_quote(spark: Any) -> Any:
    return spark.read.csv(file("1,'a,b'\n2,'c'\n"), quote="'")


@feature("read.csv:escape")
def csv_escape(spark: Any) -> Any:
    return spark.read.csv(file('1,"a\\"b"\n2,"c""d"\n'), escape='"')


@feature("read.csv")
def csv_backslash(spark: Any) -> Any:
    return spark.read.csv(file('1,"a\\"b"\n2,"c\\\\d"\n'))


@feature("read.csv:multiline")
def csv_multiline(spark: Any) -> Any:
    return spark.read.csv(file('1,"a\nb"\n2,c\n'), multiLine=True)


@feature("read.csv")
def csv_newline_in_quotes(spark: Any) -> Any:
    return spark.read.csv(file('1,"a\nb"\n2,c\n'))


@feature("read.csv:mode")
def csv_malformed(spark: Any) -> Any:
    return spark.read.schema("a INT, b INT").option("mode", "DROPMALFORMED").csv(file("1,2\nx,3\n4,5,6\n"))


@feature("read.csv:mode")
def csv_failfast(spark: Any) -> Any:
    return spark.read.schema("a INT, b INT").option("mode", "FAILFAST").csv(file("1,2\nx,3\n"))


@feature("read.csv:comment")
def csv_comment(spark: Any) -> Any:
    return spark.read.csv(file("#x\n1,2\n#y\n3,4\n"), comment="#")


@feature("read.csv:ignoreleadingwhitespace", "read.csv:ignoretrailingwhitespace")
def csv_spaces(spark: Any) -> Any:
    return spark.read.csv(file(" a , b\n"), ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True)


@feature("read.csv:dateformat", "read.csv:timestampformat")
def csv_dates(spark: Any) -> Any:
    reader = (
        spark.read.schema("a DATE, b TIMESTAMP")
        .option("dateFormat", "dd.MM.yyyy")
        .option("timestampFormat", "dd/MM/yyyy HH:mm")
    )
    return reader.csv(file("29.02.2020,29/02/2020 12:34\n"))


@feature("read.csv:encoding")
def csv_encoding(spark: Any) -> Any:
    return spark.read.csv(file("1,äöü\n".encode("iso-8859-1")), encoding="iso-8859-1")


@feature("read.csv")
def csv_bom(spark: Any) -> Any:
    return spark.read.csv(file(b"\xef\xbb\xbf1,a\n2,b\n"))


@feature("read.csv:compression")
def csv_gz(spark: Any) -> Any:
    import gzip

    return spark.read.csv(file(gzip.compress(b"1,a\n2,b\n"), "data.csv.gz"))


@feature("read.csv")
def csv_crlf(spark: Any) -> Any:
    return spark.read.csv(file("1,a\r\n2,b\r\n"))


@feature("read.csv")
def csv_empty(spark: Any) -> Any:
    return spark.read.schema("a INT").csv(file(""))


@feature("read.partitioned")
def csv_partitions(spark: Any) -> Any:
    folder = Path(tempfile.mkdtemp(prefix="compat-"))
    for day, value in (("2020-01-01", "1,a\n"), ("2020-01-02", "2,b\n")):
        (folder / f"day={day}").mkdir()
        (folder / f"day={day}/x.csv").write_text(value)
    return spark.read.csv(str(folder))
