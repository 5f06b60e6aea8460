"""The cases: specs of SparkJobs as users write them, and where the recorded answers stand."""

import json
from pathlib import Path
from random import Random
from typing import Any

import yaml

GOLDEN = Path(__file__).parent / "golden"
_RANDOM_CASES = 8
_SIZES = ("512m", "1g", "1536m", "2", "3000", "4194304k", "7G", "2gb", "900MB")
_FACTORS = ("0.1", "0.15", "0.333", "0.4", "0.75", "1.2")


def cases() -> dict[str, dict[str, Any]]:
    """The spec of each case, complete; a field set to null in cases.yaml takes a default away."""
    document = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
    written = {
        **document["cases"],
        **{f"random-memory-{n}": _random_memory(Random(n)) for n in range(_RANDOM_CASES)},
    }
    merged = {name: {**document["defaults"][case["type"]], **case} for name, case in written.items()}
    return {name: {k: v for k, v in spec.items() if v is not None} for name, spec in merged.items()}


def golden(name: str) -> dict[str, Any]:
    """What spark-submit sent for a case."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return found


def _random_memory(chance: Random) -> dict[str, Any]:
    """A job whose memory is set in many places at once."""
    settings = {
        "spark.driver.memory": _SIZES,
        "spark.driver.memoryOverhead": _SIZES,
        "spark.driver.memoryOverheadFactor": _FACTORS,
        "spark.driver.minMemoryOverhead": _SIZES,
        "spark.kubernetes.memoryOverheadFactor": _FACTORS,
        "spark.executor.memory": _SIZES,
        "spark.executor.memoryOverheadFactor": _FACTORS,
    }
    wanted = chance.sample(sorted(settings), chance.randint(2, 5))
    return {
        "type": chance.choice(("Python", "Java", "R")),
        "sparkConf": {key: chance.choice(settings[key]) for key in wanted},
    }
