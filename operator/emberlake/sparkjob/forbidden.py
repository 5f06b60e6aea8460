"""Settings and annotations that hold a secret, or reach beyond a job's own pods and namespace. Pure."""

import re
from collections.abc import Iterator, Mapping

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.sparkjob.fields import plain_value

_OWNED = "remove it: the operator sets it"
_ANOTHER_SERVER = "remove it: the driver asks the API server of its own cluster, as its own account"
_TOKEN = "remove it: the driver has the token of spec.serviceAccountName"  # noqa: S105
# Settings by which a driver would ask somebody else, as somebody else, or for other objects than Spark needs.
_BEYOND: Mapping[str, str] = {
    "spark.kubernetes.driver.master": _ANOTHER_SERVER,
    "spark.kubernetes.context": _ANOTHER_SERVER,
    "spark.kubernetes.trust.certificates": _ANOTHER_SERVER,
    "spark.kubernetes.executor.podNamePrefix": _OWNED,
    "spark.kubernetes.driver.resourceNamePrefix": _OWNED,
    "spark.kubernetes.file.upload.path": "upload the file, and name its URI",
}
_AUTHENTICATE = "spark.kubernetes.authenticate."
_ACCOUNT = re.compile(r"spark\.kubernetes\.authenticate\.(driver|executor)\.serviceAccountName")
_ALLOCATOR = "spark.kubernetes.allocation.pods.allocator"
_CREDENTIALS = re.compile(
    r"(spark\.hadoop\.)?("
    r"fs\.s3a\.(bucket\..+\.)?(access\.key|secret\.key|session\.token"
    r"|(server-side-)?encryption\.key)"
    r"|fs\.s3n?\.aws(AccessKeyId|SecretAccessKey)"
    r"|fs\.azure\.account\.(key|oauth2\.client\.secret)(\..+)?"
    r"|fs\.gs\.auth\.(service\.account\.private\.key|client\.secret|refresh\.token)"
    r"|javax\.jdo\.option\.ConnectionPassword)"
    r"|(spark\.(kubernetes\.driverEnv|executorEnv)\.)?AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)"
    r"|spark\.sql\.catalog\..+\.(s3\.(access-key-id|secret-access-key|session-token)|jdbc\.password)"
    r"|spark\.authenticate\.secret"
    r"|spark\.ssl\.(.+\.)?(keyPassword|keyStorePassword|trustStorePassword)"
)
_SNIPPET = re.compile(r".*snippets?$")
_OF_ANOTHER = re.compile(r"(?P<namespace>[^/\s]+)/\S+")


def check_settings(spec: SparkJobSpec) -> None:
    """Check what a spec itself sets; the operator's own defaults are its owner's affair.

    Raises:
        ValueError: names the field, the key, its value unless that is a secret, and the mend.
    """
    for source, key, value in _asked(spec):
        if _CREDENTIALS.fullmatch(key):
            raise ValueError(
                f"{source} {key} holds a credential, which anybody can read who reads the job: put it into a"
                " Secret, and name that in s3.credentials of the Catalog, or by env with secretKeyRef"
            )
        if (mend := _mend(key, value)) is not None:
            raise ValueError(f"{source} {key} {value!r} is refused: {mend}")


def _asked(spec: SparkJobSpec) -> Iterator[tuple[str, str, str]]:
    """Field, key and value of every setting, and of every variable that is written out."""
    for field, values in (("spec.sparkConf", spec.spark_conf), ("spec.hadoopConf", spec.hadoop_conf)):
        yield from ((field, key, value) for key, value in values.items())
    for role, pod in (("driver", spec.driver), ("executor", spec.executor)):
        for variable in pod.env:
            if (value := plain_value(variable)) is not None:
                yield f"spec.{role}.env", variable.name, value


def _mend(key: str, value: str) -> str | None:
    if key.startswith(_AUTHENTICATE) and not _ACCOUNT.fullmatch(key):
        return _TOKEN
    if key == _ALLOCATOR and value != "direct":
        return "remove it: a driver may make pods, and no StatefulSets or Deployments"
    return _BEYOND.get(key)


def check_ingress(spec: SparkJobSpec, namespace: str) -> None:
    """Check the annotations of the Ingress that a spec asks for; the operator makes it, with its own rights.

    Raises:
        ValueError: one puts configuration into the ingress controller, or names an object of another
            namespace; says which.
    """
    for key, value in (spec.ui.ingress.annotations if spec.ui.ingress else {}).items():
        field = f"spec.ui.ingress.annotations {key}"
        if _SNIPPET.fullmatch(key):
            raise ValueError(
                f"{field} is refused: a snippet runs in the ingress controller, which serves all namespaces;"
                " make the Ingress yourself, with spec.ui.service"
            )
        other = _OF_ANOTHER.fullmatch(value)
        if other and key.endswith(("secret", "configmap")) and other["namespace"] != namespace:
            raise ValueError(
                f"{field} {value!r} is refused: it names an object of another namespace; name one of"
                f" {namespace}"
            )
