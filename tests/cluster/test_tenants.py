"""What people and drivers of one namespace try, to get at what is not theirs: each is refused.

What the API server decides is asked by server-side dry-run, as a person with the documented Role and as a
driver with the token that its pod has. What the operator decides is a job that one shared operator refuses.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from access import TENANT
from demo import kube

from cluster.conftest import OperatorProcess, as_account, fresh_namespace, policies, running_operator
from cluster.jobs import CONTAINER_SECURITY, POD_SECURITY, job, one_driver, set_phase, state

pytestmark = pytest.mark.cluster

Document = dict[str, Any]
# The name of its driver can be read in two ways.
JOB = "lawful-1"
DRIVER = "lawful-1-1-1-driver"
# Named by the job, and one that is in the namespace and is not.
OURS, THEIRS = "lake-s3", "payroll"


@dataclass
class Ground:
    """A namespace with an operator, admission policies, a driver that runs, and who acts in it."""

    namespace: str
    operator: OperatorProcess
    person: str
    driver: str
    driver_pod: Document

    def as_(self, who: str, *arguments: str, stdin: str | None = None) -> str:
        """kubectl as a person or as the driver."""
        config = self.person if who == "person" else self.driver
        return kube.kubectl(f"--kubeconfig={config}", *arguments, stdin=stdin)

    def tries(self, who: str, document: Document, verb: str = "create") -> str:
        """What the API server says to a dry-run, "" when it would do it."""
        try:
            self.as_(who, verb, "--dry-run=server", "-f", "-", stdin=json.dumps(document))
        except kube.KubectlError as error:
            return str(error)
        return ""

    def executor(self) -> Document:
        """An executor as Spark makes it."""
        meta, labels = self.driver_pod["metadata"], dict(self.driver_pod["metadata"]["labels"])
        labels |= {"spark-role": "executor", "emberlake.dev/role": "executor"}
        reference = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": OURS, "key": "AWS_ACCESS_KEY_ID"}}}
        container = {
            "name": "spark-kubernetes-executor",
            "image": "i",
            "env": [reference],
            "securityContext": CONTAINER_SECURITY,
        }
        owner = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": meta["name"],
            "uid": meta["uid"],
            "controller": True,
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "lawful-1-1-1-exec-1", "labels": labels, "ownerReferences": [owner]},
            "spec": {
                "serviceAccountName": "emberlake-executor",
                "securityContext": POD_SECURITY,
                "containers": [container],
                "volumes": [{"name": "scratch", "emptyDir": {}}],
            },
        }


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """What all attempts are made on."""
    folder = tmp_path_factory.mktemp("tenants")
    with fresh_namespace() as namespace, policies(namespace), running_operator(namespace, folder) as operator:
        # What is refused here is refused where nobody thought of Pod Security.
        kube.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce-")
        person = _person(namespace, folder)
        kube.apply(job(JOB, executor={"secrets": [{"name": OURS, "path": "/s"}]}), namespace)
        pod = one_driver(namespace, DRIVER)
        set_phase(namespace, DRIVER, "Running")
        state(namespace, "Running", JOB)
        bound = (f"--bound-object-name={DRIVER}", f"--bound-object-uid={pod['metadata']['uid']}")
        driver = as_account(namespace, "emberlake-driver", folder, "--bound-object-kind=Pod", *bound)
        found = Ground(namespace, operator, person, driver, pod)
        kube.wait("the policies to be in force", 60, lambda: found.tries("driver", _bare()) or None)
        yield found


def _bare() -> Document:
    container = {"name": "c", "image": "i", "securityContext": CONTAINER_SECURITY}
    spec = {"securityContext": POD_SECURITY, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}, "spec": spec}


def _person(namespace: str, folder: Path) -> str:
    """Somebody with the Role that the documentation gives to those who run jobs."""
    rules = [
        {"apiGroups": [grant.group], "resources": list(grant.resources), "verbs": list(grant.verbs)}
        for grant in TENANT
    ]
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "tenant"}}
    subjects = [{"kind": "ServiceAccount", "name": "person", "namespace": namespace}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"}
    items = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "person"}},
        {**rbac, "kind": "Role", "rules": rules},
        {**rbac, "kind": "RoleBinding", "roleRef": role, "subjects": subjects},
    ]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": items}, namespace)
    return as_account(namespace, "person", folder)


def changed(document: Document, path: str, value: Any) -> Document:
    """A copy with another value at a path; numbers are indices, and ~ stands for the / of a label."""
    found = deepcopy(document)
    parts = [part.replace("~", "/") for part in path.split("/")]
    *parents, last = [int(part) if part.isdigit() else part for part in parts]
    at: Any = found
    for part in parents:
        at = at[part]
    at[last] = value
    return found


# ---- a person, of whom the API server has its own opinion


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
    assert "orbidden" in ground.tries("person", _bare())
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


# ---- a person, by way of the operator


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


# ---- a driver, with the token of its pod


def test_a_driver_makes_executors(ground: Ground) -> None:
    assert ground.tries("driver", ground.executor()) == ""


PODS: dict[str, tuple[str, Any, str]] = {
    "as-a-driver": ("spec/serviceAccountName", "emberlake-driver", "as which executors may run"),
    "as-the-operator": ("spec/serviceAccountName", "emberlake-operator", "as which executors may run"),
    "host-network": ("spec/hostNetwork", True, "hostNetwork"),
    "host-pid": ("spec/hostPID", True, "hostPID"),
    "host-path": ("spec/volumes/0", {"name": "h", "hostPath": {"path": "/"}}, "volumes of an executor"),
    "host-port": ("spec/containers/0/ports", [{"containerPort": 1, "hostPort": 1}], "hostPort"),
    "node": ("spec/nodeName", "emberlake-control-plane", "nodeName"),
    "privileged": ("spec/containers/0/securityContext", {"privileged": True}, "not privileged"),
    "capabilities": ("spec/containers/0/securityContext/capabilities/add", ["NET_ADMIN"], "no capabilities"),
    "no-context": ("spec/containers/0/securityContext", {}, "escalate nothing"),
    "a-secret-by-env": (
        "spec/containers/0/env/0/valueFrom/secretKeyRef/name",
        THEIRS,
        "may name the Secrets of its job and Catalog alone",
    ),
    "a-secret-whole": ("spec/containers/0/envFrom", [{"secretRef": {"name": THEIRS}}], "Secrets of its job"),
    "a-secret-by-volume": (
        "spec/volumes/0",
        {"name": "s", "secret": {"secretName": THEIRS}},
        "Secrets of its job",
    ),
    "a-secret-projected": (
        "spec/volumes/0",
        {"name": "s", "projected": {"sources": [{"secret": {"name": THEIRS}}]}},
        "Secrets of its job",
    ),
    "an-init-container": (
        "spec/initContainers",
        [
            {
                "name": "i",
                "image": "i",
                "envFrom": [{"secretRef": {"name": THEIRS}}],
                "securityContext": CONTAINER_SECURITY,
            }
        ],
        "Secrets of its job",
    ),
    "no-owner": ("metadata/ownerReferences", [], "its own pod owns"),
    "another-name": ("metadata/name", "victim-1-1-driver", "named after its driver"),
    "another-job": ("metadata/labels/emberlake.dev~name", "another", "labels emberlake.dev/name"),
    "another-attempt": ("metadata/labels/emberlake.dev~attempt", "2", "labels emberlake.dev/name"),
    "another-role": ("metadata/labels/emberlake.dev~role", "driver", "executors alone"),
    "sparks-role": ("metadata/labels/spark-role", "driver", "executors alone"),
}


@pytest.mark.parametrize("name", PODS)
def test_a_driver_makes_no_other_pods(ground: Ground, name: str) -> None:
    path, value, says = PODS[name]
    document = changed(ground.executor(), path, value)
    said = ground.tries("driver", document)
    assert "denied request" in said
    assert says in said


def test_the_name_of_a_driver_is_read_in_one_way(ground: Ground) -> None:
    """A driver said to be of a job that is not there would have no list of Secrets."""
    document = ground.executor()
    document["metadata"]["labels"] |= {"emberlake.dev/name": "lawful", "emberlake.dev/run": "1-1"}
    assert "labels emberlake.dev/name" in ground.tries("driver", document)


def test_an_executor_is_of_its_driver_and_of_nobody_else(ground: Ground) -> None:
    """As a child of another job it would pass for that job's driver."""
    document = ground.executor()
    owner = {"apiVersion": "emberlake.dev/v1alpha1", "kind": "SparkJob", "name": "victim", "uid": "1"}
    document["metadata"]["ownerReferences"].append(owner)
    assert "its own pod owns" in ground.tries("driver", document)
    kube.kubectl("create", "--dry-run=server", "-n", ground.namespace, "-f", "-", stdin=json.dumps(document))
    for patch in (
        {"metadata": {"ownerReferences": None}},
        {"metadata": {"labels": {"emberlake.dev/role": "executor"}}},
    ):
        with pytest.raises(kube.KubectlError, match=r"labels emberlake|whose pods are"):
            ground.as_(
                "driver", "patch", "pod", DRIVER, "--dry-run=server", "--type=merge", "-p", json.dumps(patch)
            )


def test_a_driver_changes_nothing_that_is_not_its_own(ground: Ground) -> None:
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "spark-exec-1-conf-map"},
        "data": {},
    }
    assert "what Spark made" in ground.tries("driver", config_map)
    spark = changed(
        config_map, "metadata/labels", {"spark-app-selector": "spark-1", "spark-role": "executor"}
    )
    assert ground.tries("driver", spark) == ""
    forged = changed(spark, "metadata/labels/emberlake.dev~kind", "Warehouse")
    assert "that the operator made" in ground.tries("driver", forged)
    for arguments in (
        ("delete", "configmap", "lawful-1-1-1-conf"),
        ("delete", "configmap", "kube-root-ca.crt"),
        ("label", "pod", DRIVER, "emberlake.dev/name-"),
        (
            "annotate",
            "--overwrite",
            "configmap",
            "lawful-1-1-1-conf",
            f"emberlake.dev/executor-secrets={THEIRS}",
        ),
    ):
        with pytest.raises(kube.KubectlError, match=r"denied|orbidden"):
            ground.as_("driver", *arguments, "--dry-run=server")
    ground.as_("driver", "annotate", "pod", DRIVER, "spark.exit-exception=x", "--dry-run=server")


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "secrets"),
        ("get", "secret", OURS),
        ("get", "sparkjobs"),
        ("create", "token", "emberlake-operator"),
        ("exec", DRIVER, "--", "id"),
        ("debug", DRIVER, "--image=i", "--profile=restricted"),
        ("get", "pods", "-n", "kube-system"),
        ("delete", "sparkjob", JOB),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_driver_may_not(ground: Ground, arguments: tuple[str, ...]) -> None:
    with pytest.raises(kube.KubectlError, match="orbidden"):
        ground.as_("driver", *arguments)


def test_a_token_that_no_pod_has_makes_nothing(ground: Ground, tmp_path: Path) -> None:
    stray = as_account(ground.namespace, "emberlake-driver", tmp_path)
    with pytest.raises(kube.KubectlError, match=r"its own pod owns|the driver of this attempt"):
        kube.kubectl(
            f"--kubeconfig={stray}",
            "create",
            "--dry-run=server",
            "-f",
            "-",
            stdin=json.dumps(ground.executor()),
        )
