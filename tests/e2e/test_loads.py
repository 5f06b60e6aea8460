"""What `convert: Iceberg` loaded, taken back by the command line as Trino sees it."""

import pytest
from demo import kube, pipeline
from demo.queries import ask

from e2e.conftest import Pass
from e2e.samples import Sample, zipped
from e2e.test_formats import LOADED, NAME, clean, crawl, upload
from emberlake.cli.errors import ExitCode
from emberlake.cli.main import main

pytestmark = pytest.mark.e2e

ROWS = f"SELECT count(*), max(id) FROM lake.{LOADED}.packed"
TWO, THREE, FOREIGN = ((2, 2),), ((3, 3),), ((4, 9),)


def put(lines: str) -> None:
    upload([Sample("packed", "", "", {"a.csv.zip": zipped(f"id,name\n{lines}".encode())})])


def taken_back(run: int) -> int:
    words = ["crawl", "rollback", NAME, f"--to={run}", "--wait", "-n", pipeline.NAMESPACE]
    return main([*words, "--kubeconfig", kube.KUBECONFIG])


def test_a_load_is_taken_back_unless_another_wrote_since(main_job: Pass) -> None:
    clean()
    put("1,a\n2,b\n")
    crawl(LOADED, convert="Iceberg")
    put("1,a\n2,b\n3,c\n")
    run = kube.request_run("crawl", NAME, pipeline.NAMESPACE)
    kube.wait_state("crawl", NAME, pipeline.NAMESPACE, ("Succeeded", "Failed"), 300, run)
    with pipeline.sql() as port:
        assert ask(port, ROWS).rows == THREE
        for before, rows in ((1, TWO), (2, THREE)):
            assert taken_back(before) == ExitCode.OK
            assert ask(port, ROWS).rows == rows
        ask(port, f"INSERT INTO lake.{LOADED}.packed VALUES (9, 'of another')")
        assert taken_back(0) == ExitCode.FAILED
        assert ask(port, ROWS).rows == FOREIGN
    clean()
