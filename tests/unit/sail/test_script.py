"""What the client of Spark Connect lacks is told at once, whatever the script does about it."""

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import pytest

from emberlake.sail.config import SailConfig
from emberlake.sail.refusal import Refusal
from emberlake.sail.script import start

NO_JVM = """
from pyspark.sql.connect.session import SparkSession
try:
    SparkSession.__getattr__(object(), "_jvm")
except AttributeError:
    print("goes on")
"""
LACKING = ("from pyspark import SparkContext", "import py4j.protocol")
OTHER_FIRST = "try:\n    import no_such_module\nexcept ImportError:\n    pass\nimport py4j"
SCRIPTS = (NO_JVM, *LACKING, OTHER_FIRST)
Told = dict[str, tuple[int, Refusal]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Of each script its exit code and the first thing that it lacked. They run side by side."""

    def run(text: str) -> tuple[int, Refusal]:
        folder = tmp_path_factory.mktemp("script")
        file = folder / "script.py"
        file.write_text(text)
        found: SimpleQueue[Refusal] = SimpleQueue()
        with start(SailConfig("Auto", "Python", str(file), "uid/1", 1), file, folder, 1) as program:
            program.go(found.put)
            return program.process.wait(60), found.get(timeout=60)

    with ThreadPoolExecutor(len(SCRIPTS)) as pool:
        return dict(zip(SCRIPTS, pool.map(run, SCRIPTS), strict=True))


def test_an_attribute_of_the_jvm_even_if_the_script_goes_on(told: Told) -> None:
    code, refusal = told[NO_JVM]
    assert (code, refusal.feature) == (0, "client.jvm_attribute_not_supported")
    assert "_jvm" in refusal.message


@pytest.mark.parametrize("text", LACKING)
def test_a_part_of_pyspark_that_the_client_has_not(told: Told, text: str) -> None:
    code, refusal = told[text]
    assert (code, refusal.feature) == (1, "client.import")


def test_other_errors_are_the_scripts(told: Told) -> None:
    assert "py4j" in told[OTHER_FIRST][1].message
