"""The demo's job on Sail beside its pass on Spark, row by row."""

import pytest
from demo import engines, pipeline
from demo.queries import ICEBERG

from e2e.conftest import Pass

pytestmark = pytest.mark.e2e


def test_the_same_script_writes_the_same_rows_on_both_engines(main_job: Pass) -> None:
    with pipeline.sql() as port:
        engines.stage(port)
    status = engines.run("Sail")["status"]
    assert (status["state"], status["engine"]) == ("Succeeded", "Sail"), status
    with pipeline.sql() as port:
        # the main job's, of the crawled tables: those staged are their copies
        answer = engines.compared(port, spark=ICEBERG)
    assert engines.equal(answer), answer
