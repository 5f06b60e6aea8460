"""What people of one namespace try, to get at what is not theirs: each is refused.

What the API server decides is asked as a person with the documented Role. What the operator decides is a
job that one shared operator refuses.
"""

import json
from typing import Any

import pytest
import yaml
from demo import kube

from cluster.ground import DRIVER, JOB, OURS, Document, Ground, bare, changed, ground
from cluster.jobs import job, one_driver, state

__all__ = ["ground"]
pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "secrets"),
        ("get", "secret", OURS),
        ("create", "token", "emberlake-driver"),
        ("create", "token", "emberlake-operator"),
        ("get", "serviceaccounts"),
        ("delete", "pod", DRIVER),
        ("exec", DRIVER, "--", "id"),
        ("label", "serviceaccount", "default", "emberlake.dev/role=driver"),
        ("get", "sparkjobs", "-n", "demo"),
        ("get", "pods", "-n", "kube-system"),
        ("get", "namespaces"),
        ("delete", "lease", "emberlake-operator"),
        (
            "patch",
            "sparkjob",
            JOB,
            "--subresource=status",
            "--type=merge",
            "-p",
            '{"status": {"run": 7}}',
        ),
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_a_person_may_not(ground: Ground, arguments: tuple[str, ...]) -> None:
    with pytest.raises(kube.KubectlError, match="orbidden"):
        ground.as_("person", *arguments)


def test_a_person_makes_no_pods_and_no_jobs_elsewhere(ground: Ground) -> None:
    assert "orbidden" in ground.tries("person", bare())
    elsewhere = job("elsewhere")
    elsewhere["metadata"]["namespace"] = "kube-system"
    assert ground.tries("person", elsewhere)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"sparkConf": {"spark.kubernetes.namespace": "kube-system"}}, "sparkConf must not set"),
        ({"sparkConf": {"spark.master": "k8s://https://evil.example.com"}}, "sparkConf must not set"),
        ({"sparkConf": {"spark.kubernetes.driver.pod.name": "kube-proxy"}}, "sparkConf must not set"),
        ({"catalogs": ["other/lake"]}, "spec.catalogs"),
        ({"serviceAccountName": "other:emberlake-driver"}, "spec.serviceAccountName"),
        ({"driver": {"secrets": [{"name": "other/payroll", "path": "/s"}]}}, "spec.driver.secrets"),
        ({"imagePullSecrets": ["other/registry"]}, "spec.imagePullSecrets"),
    ],
)
def test_a_job_names_nothing_of_another_namespace(ground: Ground, spec: Document, says: str) -> None:
    assert says in ground.tries("person", job("other", **spec))


def test_a_catalog_names_no_secret_of_another_namespace(ground: Ground) -> None:
    catalog = yaml.safe_load((kube.ROOT / "manifests/samples/catalog.yaml").read_text())
    catalog["metadata"].pop("namespace", None)
    assert ground.tries("person", catalog) == ""
    assert ground.tries("person", changed(catalog, "spec/s3/credentials/secretName", "other/lake-s3"))


def template(**spec: Any) -> Document:
    return {"driver": {"template": {"spec": spec}}}


ACCOUNT = "spark.kubernetes.authenticate.{}.serviceAccountName"
JOBS: dict[str, tuple[Document, str]] = {
    "host-network": (template(hostNetwork=True), "spec.driver.template.spec.hostNetwork"),
    "host-pid-of-executors": (
        {"executor": {"template": {"spec": {"hostPID": True}}}},
        "spec.executor.template.spec.hostPID",
    ),
    "host-path": (template(volumes=[{"name": "h", "hostPath": {"path": "/"}}]), "'hostPath' is refused"),
    "host-path-field": ({"driver": {"volumes": [{"name": "h", "hostPath": {"path": "/"}}]}}, "'hostPath'"),
    "host-path-conf": (
        {
            "sparkConf": {
                "spark.kubernetes.executor.volumes.hostPath.h.mount.path": "/h",
                "spark.kubernetes.executor.volumes.hostPath.h.options.path": "/",
            }
        },
        "'hostPath' is refused",
    ),
    "privileged": (
        template(containers=[{"name": "c", "image": "i", "securityContext": {"privileged": True}}]),
        "securityContext.privileged True is refused",
    ),
    "capabilities": (
        template(
            initContainers=[
                {"name": "c", "image": "i", "securityContext": {"capabilities": {"add": ["ALL"]}}}
            ]
        ),
        "capabilities.add 'ALL' is refused",
    ),
    "root": (template(securityContext={"runAsUser": 0}), "securityContext.runAsUser 0 is refused"),
    "host-port": (
        template(containers=[{"name": "c", "image": "i", "ports": [{"containerPort": 1, "hostPort": 1}]}]),
        "ports.hostPort",
    ),
    "operators-account": ({"serviceAccountName": "emberlake-operator"}, "has no label emberlake.dev/role"),
    "account-by-conf": ({"sparkConf": {ACCOUNT.format("driver"): "default"}}, "has no label"),
    "account-by-template": (template(serviceAccountName="person"), "has no label"),
    "executors-as-driver": (
        {"sparkConf": {ACCOUNT.format("executor"): "emberlake-driver"}},
        "its label emberlake.dev/role is 'driver'",
    ),
    "template-file": (
        {"sparkConf": {"spark.kubernetes.executor.podTemplateFile": "s3a://lake/pod.yaml"}},
        "is not supported: write the template into spec.executor.template",
    ),
    "another-api-server": (
        {"sparkConf": {"spark.kubernetes.driver.master": "https://evil.example.com"}},
        "spark.kubernetes.driver.master",
    ),
    "another-token": (
        {"sparkConf": {"spark.kubernetes.authenticate.driver.mounted.oauthTokenFile": "/t"}},
        "oauthTokenFile '/t' is refused",
    ),
    "another-prefix": (
        {"sparkConf": {"spark.kubernetes.executor.podNamePrefix": "kube-proxy"}},
        "podNamePrefix 'kube-proxy' is refused",
    ),
    "credentials": ({"hadoopConf": {"fs.s3a.secret.key": "hunter2"}}, "fs.s3a.secret.key holds a credential"),
    "credentials-of-a-bucket": (
        {"sparkConf": {"spark.hadoop.fs.s3a.bucket.lake.access.key": "hunter2"}},
        "holds a credential",
    ),
    "operators-labels": (
        {"driver": {"labels": {"emberlake.dev/kind": "Warehouse"}}},
        "label 'emberlake.dev/kind' of driver.labels is reserved",
    ),
    "sparks-labels": ({"executor": {"labels": {"spark-role": "driver"}}}, "is reserved"),
    "ingress-snippet": (
        {
            "ui": {
                "ingress": {"host": "h", "annotations": {"nginx.ingress.kubernetes.io/server-snippet": "x"}}
            }
        },
        "a snippet runs in the ingress controller",
    ),
    "ingress-secret": (
        {"ui": {"ingress": {"host": "h", "annotations": {"nginx.ingress.kubernetes.io/auth-secret": "a/b"}}}},
        "names an object of another namespace",
    ),
}


@pytest.fixture(scope="module")
def judged(ground: Ground) -> dict[str, Document]:
    """All of them at once, as the operator left them."""
    items = [job(name, **spec) for name, (spec, _) in JOBS.items()]
    ground.as_(
        "person", "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    )

    def told() -> dict[str, Document] | None:
        found = {item["metadata"]["name"]: item for item in kube.items("sparkjobs", ground.namespace)}
        return found if all("state" in found[name].get("status", {}) for name in JOBS) else None

    return kube.wait("a word on every job", 60, told)


@pytest.mark.parametrize("name", JOBS)
def test_the_operator_refuses_a_job(ground: Ground, judged: dict[str, Document], name: str) -> None:
    status = judged[name]["status"]
    assert status["state"] == ("Pending" if "ServiceAccount" in status["reason"] else "Failed")
    assert JOBS[name][1] in status["message"]
    assert "hunter2" not in status["message"]
    assert "attempt" not in status
    assert not kube.items("pods", ground.namespace, f"emberlake.dev/name={name}")


def test_annotations_and_logs_stay_text(ground: Ground) -> None:
    """What people write comes out of the operator's log within one JSON document a line."""
    forged = '"}\n{"level": "ERROR", "message": "forged"}'
    loud = job("loud")
    loud["metadata"]["annotations"] = {
        "emberlake.dev/requested-at": forged * 200,
        "emberlake.dev/cancel-requested-at": forged,
    }
    ground.as_("person", "apply", "-f", "-", stdin=json.dumps(loud))
    status = state(ground.namespace, "Cancelled", "loud")
    assert len(json.dumps(status)) < 16 * 1024
    lines = [json.loads(line) for line in ground.operator.log().splitlines()]
    assert not [line for line in lines if line.get("message") == "forged"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("nested", "[" * 60_000), ("lines", '"}\n{"level": "ERROR"}\n' * 3000), ("odd", "\u2028<&>\x1b" * 9000)],
)
def test_a_termination_message_is_no_bomb(ground: Ground, name: str, message: str) -> None:
    kube.apply(job(name), ground.namespace)
    one_driver(ground.namespace, f"{name}-1-1-driver")
    ended = {"exitCode": 1, "reason": "Error", "message": message}
    container = {
        "name": "spark-kubernetes-driver",
        "ready": False,
        "restartCount": 0,
        "image": "i",
        "imageID": "",
    }
    status = {"phase": "Failed", "containerStatuses": [{**container, "state": {"terminated": ended}}]}
    arguments = (
        "patch",
        "pod",
        f"{name}-1-1-driver",
        "-n",
        ground.namespace,
        "--subresource=status",
        "--type=merge",
    )
    kube.kubectl(*arguments, "--patch-file=/dev/stdin", stdin=json.dumps({"status": status}))
    found = state(ground.namespace, "Failed", name)
    assert len(json.dumps(found).encode()) < 16 * 1024
