import json
from typing import Any

from unit.sparkjob.test_build import container, made, pod

TEXT = "SELECT 'it''s' AS a;\nSELECT :month;\n"


def sql(**fields: Any) -> dict[str, Any]:
    return {"type": "SQL", "mainApplicationFile": None, "sql": fields}


def mounted(fields: dict[str, Any]) -> dict[str, str]:
    """The SQL files in the driver's container, by path."""
    found, files = pod(**fields), made(**fields)["ConfigMap"]["data"]
    mount = next(m for m in container(**fields)["volumeMounts"] if m["name"] == "emberlake-sql")
    volume = next(v for v in found["spec"]["volumes"] if v["name"] == "emberlake-sql")
    return {
        f"{mount['mountPath']}/{item['path']}": files[item["key"]] for item in volume["configMap"]["items"]
    }


def test_statements_of_the_spec_reach_the_runner_as_a_file() -> None:
    fields = sql(text=TEXT)
    assert container(**fields)["args"][3:] == [
        "--class",
        "org.apache.spark.deploy.PythonRunner",
        "local:///opt/emberlake/run_sql.py",
        "/opt/spark/sql/statements.sql",
    ]
    assert mounted(fields) == {"/opt/spark/sql/statements.sql": TEXT}


def test_parameters_never_become_part_of_the_statements() -> None:
    fields = sql(text=TEXT, parameters={"month": "1; DROP TABLE t"})
    assert container(**fields)["args"][6:] == [
        "/opt/spark/sql/statements.sql",
        "--parameters",
        "/opt/spark/sql/parameters.json",
    ]
    files = mounted(fields)
    assert files["/opt/spark/sql/statements.sql"] == TEXT
    assert json.loads(files["/opt/spark/sql/parameters.json"]) == {"month": "1; DROP TABLE t"}
    assert "DROP" not in json.dumps(pod(**fields))


def test_a_file_of_statements_is_read_by_the_driver_itself() -> None:
    fields = sql(file="s3://lake/sql/daily.sql")
    assert container(**fields)["args"][6:] == ["s3://lake/sql/daily.sql"]
    assert all(volume["name"] != "emberlake-sql" for volume in pod(**fields)["spec"]["volumes"])
    fields = sql(file="s3://lake/sql/daily.sql", parameters={"a": "b"})
    assert container(**fields)["args"][6] == "s3://lake/sql/daily.sql"
    assert list(mounted(fields)) == ["/opt/spark/sql/parameters.json"]


def test_a_sql_job_has_the_memory_of_a_python_job() -> None:
    assert container(**sql(text=TEXT))["resources"] == container(type="Python")["resources"]
