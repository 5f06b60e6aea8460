"""What the client of Spark Connect lacks is told at once, whatever the script does about it."""

from pathlib import Path
from queue import SimpleQueue

import pytest

from emberlake.sail.config import SailConfig
from emberlake.sail.refusal import Refusal
from emberlake.sail.script import start


def told(folder: Path, text: str) -> tuple[int, Refusal]:
    """Exit code of a script without a server, and the first thing that it lacked."""
    file = folder / "script.py"
    file.write_text(text)
    found: SimpleQueue[Refusal] = SimpleQueue()
    with start(SailConfig("Auto", "Python", str(file), "uid/1", 1), file, folder, 1) as program:
        program.go(found.put)
        return program.process.wait(60), found.get(timeout=60)


NO_JVM = """
from pyspark.sql.connect.session import SparkSession
try:
    SparkSession.__getattr__(object(), "_jvm")
except AttributeError:
    print("goes on")
"""


def test_an_attribute_of_the_jvm_even_if_the_script_goes_on(tmp_path: Path) -> None:
    code, refusal = told(tmp_path, NO_JVM)
    assert (code, refusal.feature) == (0, "client.jvm_attribute_not_supported")
    assert "_jvm" in refusal.message


@pytest.mark.parametrize("name", ["from pyspark import SparkContext", "import py4j.protocol"])
def test_a_part_of_pyspark_that_the_client_has_not(tmp_path: Path, name: str) -> None:
    code, refusal = told(tmp_path, name)
    assert (code, refusal.feature) == (1, "client.import")


def test_other_errors_are_the_scripts(tmp_path: Path) -> None:
    text = "try:\n    import no_such_module\nexcept ImportError:\n    pass\nimport py4j"
    assert "py4j" in told(tmp_path, text)[1].message
