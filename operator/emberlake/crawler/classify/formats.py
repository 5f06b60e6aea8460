"""Names of file formats and of compressions, as decisions, parameters and reports write them."""

CSV, JSON, PARQUET, ORC, AVRO, XML = "csv", "json", "parquet", "orc", "avro", "xml"
GROK, JSON_DOCUMENT, EXCEL = "grok", "json-document", "excel"
ICEBERG, DELTA = "iceberg", "delta"
UNKNOWN = "unknown"

NONE, GZIP, BZIP2, ZSTD, LZ4, SNAPPY, ZIP = "none", "gzip", "bzip2", "zstd", "lz4", "snappy", "zip"
# the block framing of Hadoop's codecs, which engines read; `lz4` and `snappy` are the framing of the tools
LZ4_HADOOP, SNAPPY_HADOOP = "lz4-hadoop", "snappy-hadoop"
