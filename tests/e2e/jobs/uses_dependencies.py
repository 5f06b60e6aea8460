"""Reads one word out of each dependency, in the driver and in an executor; prints them as one JSON line."""

import json
from pathlib import Path

import hello_ember
import helper
from pyspark.sql import SparkSession


def words(_: int) -> dict[str, str]:
    """What this Python process finds."""
    return {
        "requirement": hello_ember.WORD,
        "pyFile": helper.WORD,
        "file": Path("word.txt").read_text(),
        "archive": Path("data/word.txt").read_text(),
    }


spark = SparkSession.builder.getOrCreate()
found = {"driver": words(0), "executor": spark.sparkContext.parallelize([0], 1).map(words).first()}
loader = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()
stream = loader.getResourceAsStream("greeting.txt")
found["package"] = bytes(stream.readAllBytes()).decode()
print("FOUND " + json.dumps(found), flush=True)
spark.stop()
