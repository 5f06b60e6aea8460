"""The texts of the queries, by name: TPC-H's stand in this tree, TPC-DS's in the jar of Spark's own tests."""

import subprocess
import zipfile
from pathlib import Path, PurePosixPath

from demo import kube

_TPCH = Path(__file__).parents[1] / "tpch/queries"
_JAR = """
. hack/lib/common.sh; . hack/lib/tools.sh; . hack/lib/artifacts.sh
maven org.apache.spark spark-sql_2.13 "$SPARK_SQL_TESTS_VERSION" jar tests
"""


def tpch() -> dict[str, str]:
    """The 22 queries, `q01` to `q22`."""
    return {path.stem: path.read_text() for path in sorted(_TPCH.glob("*.sql"))}


def tpcds() -> dict[str, str]:
    """The 99 queries, four of which have two parts: `q01` to `q99`, `q14a` and so on.

    Raises:
        subprocess.CalledProcessError: the jar can be had neither from the cache nor from Maven Central.
    """
    fetch = ["bash", "-euc", _JAR]
    done = subprocess.run(fetch, cwd=kube.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    with zipfile.ZipFile(done.stdout.strip()) as jar:
        paths = [path for name in jar.namelist() if (path := PurePosixPath(name)).match("tpcds/*.sql")]
        texts = {_name(path.stem): jar.read(str(path)).decode() for path in paths}
    return dict(sorted(texts.items()))


def _name(stem: str) -> str:
    """`q1` as `q01`, so that names sort as numbers do."""
    return f"q{stem[1:].rjust(3 if stem[-1].isalpha() else 2, '0')}"
