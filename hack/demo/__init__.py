"""The demo: raw CSV in S3, a crawl, a Spark job into Iceberg, SQL by Trino. Also the base of tests/e2e."""
