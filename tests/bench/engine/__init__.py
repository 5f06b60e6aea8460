"""The same queries, and a small job, on both engines of a SparkJob in pods of the same cores and memory."""
