"""The demo's job on both engines, row by row."""

import pytest
from demo import engines, pipeline

from e2e.conftest import Pass

pytestmark = pytest.mark.e2e


def test_the_same_script_writes_the_same_rows_on_both_engines(main_job: Pass) -> None:
    with pipeline.sql() as port:
        engines.stage(port)
    for engine in engines.ENGINES:
        status = engines.run(engine)["status"]
        assert (status["state"], status["engine"]) == ("Succeeded", engine), status
    with pipeline.sql() as port:
        answer = engines.compared(port)
    assert engines.equal(answer), answer
