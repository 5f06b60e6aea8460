import json
from pathlib import Path

import pytest

from emberlake.crawler.config import S3Settings
from emberlake.sail.config import SailCatalog, SailConfig, load, parse

LEAST = {
    "engine": "Auto",
    "kind": "SQL",
    "application": "/opt/spark/sql/statements.sql",
    "runId": "uid/2",
    "attempt": 3,
}


def test_a_whole_file(tmp_path: Path) -> None:
    s3 = {"endpoint": "http://s3:7070", "region": "eu-west-1", "pathStyle": True}
    catalog = {
        "sqlName": "lake",
        "metastoreUris": ["thrift://hms:9083"],
        "warehouse": "s3://lake/warehouse",
        "s3": s3,
    }
    document = LEAST | {
        "arguments": ["--month", "2013-01"],
        "parameters": {"day": "1"},
        "catalogs": [catalog],
        "conf": {"spark.sql.session.timeZone": "UTC"},
        "server": {"SAIL_MODE": "local"},
    }
    (tmp_path / "sail.json").write_text(json.dumps(document))
    assert load(tmp_path / "sail.json") == SailConfig(
        engine="Auto",
        kind="SQL",
        application="/opt/spark/sql/statements.sql",
        run_id="uid/2",
        attempt=3,
        arguments=("--month", "2013-01"),
        parameters={"day": "1"},
        catalogs=(
            SailCatalog(
                "lake",
                ("thrift://hms:9083",),
                "s3://lake/warehouse",
                S3Settings("http://s3:7070", "eu-west-1", path_style=True),
            ),
        ),
        conf={"spark.sql.session.timeZone": "UTC"},
        server={"SAIL_MODE": "local"},
    )


def test_a_missing_field_is_named() -> None:
    with pytest.raises(KeyError, match="runId"):
        parse({key: value for key, value in LEAST.items() if key != "runId"})
