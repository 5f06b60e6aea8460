"""The Job that checks a bucket."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emberlake.catalog.build import check_config, check_job, check_name, config_map
from emberlake.core.objects import is_owned
from unit.catalog.catalogs import AWS, spec
from unit.catalog.test_plan import OWNER, SETTINGS


def test_the_check_runs_as_the_crawler_under_restricted_pod_security() -> None:
    template = check_job(OWNER, spec(), SETTINGS, "emberlake/crawler:1", "lake-check-1-1")["spec"]["template"]
    pod: dict[str, Any] = template["spec"]
    (container,) = pod["containers"]
    assert pod["serviceAccountName"] == "emberlake-crawler"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["imagePullSecrets"] == [{"name": "pull"}]
    assert {env["name"] for env in container["env"]} >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_the_check_reads_where_the_bucket_is() -> None:
    document = json.loads(check_config(OWNER, spec(AWS), "lake-check-1-1")["data"]["check.json"])
    assert document["catalog"]["warehouse"] == "s3://prod-lake/warehouse"
    assert document["catalog"]["s3"] == {"endpoint": None, "region": "eu-central-1", "pathStyle": False}


def test_children_belong_to_the_catalog() -> None:
    children = [
        config_map(OWNER, spec()),
        check_config(OWNER, spec(), "x"),
        check_job(OWNER, spec(), SETTINGS, "i", "x"),
    ]
    assert all(is_owned(child, OWNER.uid) for child in children)
    assert all(child["metadata"]["labels"]["emberlake.dev/name"] == "lake" for child in children)


@given(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=50),
    st.integers(1, 10**6),
    st.integers(1, 10**5),
)
def test_names_fit_a_label_and_differ_by_attempt(name: str, generation: int, attempt: int) -> None:
    owner = replace(OWNER, name=name)
    found = check_name(owner, generation, attempt)
    assert len(found) <= 63
    assert found != check_name(owner, generation, attempt + 1)
    assert found != check_name(owner, generation + 1, attempt)
