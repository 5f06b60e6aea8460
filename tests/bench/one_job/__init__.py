"""One PySpark job by phases: a SparkJob beside plain spark-submit in cluster mode, in turns."""
