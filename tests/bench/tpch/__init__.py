"""The 22 queries of TPC-H and a write-heavy job on Iceberg, under two Spark configurations."""
