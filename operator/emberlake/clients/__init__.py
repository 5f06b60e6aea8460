"""Thin wrappers around what Emberlake talks to: S3, the metastore, Trino."""
