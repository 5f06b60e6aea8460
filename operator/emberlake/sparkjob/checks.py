"""What a SparkJob asks for and cannot have: refused before anything is made, never dropped silently. Pure."""

from collections.abc import Mapping

from emberlake.api.quantity import cpu_millis
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.sparkjob.application import application
from emberlake.sparkjob.resources import ROLES, size
from emberlake.sparkjob.sparkconf import Conf, under
from emberlake.sparkjob.volumes import mounted

_FILE = "put the file into a Secret or ConfigMap, and mount it"
_SUBMITTER = "only spark-submit can do it; set what it does in spec.driver.template"
# What needs the disk or the JVM of the machine that submits.
REFUSED: Mapping[str, str] = {
    "spark.kubernetes.driver.podTemplateFile": "write the template into spec.driver.template",
    "spark.kubernetes.executor.podTemplateFile": "write the template into spec.executor.template",
    "spark.kubernetes.driver.pod.featureSteps": _SUBMITTER,
    "spark.kubernetes.driver.pod.excludedFeatureSteps": _SUBMITTER,
    "spark.kubernetes.kerberos.krb5.path": f"{_FILE} by spark.kubernetes.kerberos.krb5.configMapName",
    **{
        f"spark.kubernetes.authenticate.driver.{name}": _FILE
        for name in ("oauthToken", "oauthTokenFile", "clientKeyFile", "clientCertFile", "caCertFile")
    },
}
_SECRET_NAME = 63 - len("-volume")
_RESERVED = ("spark-app-selector", "spark-exec-id", "spark-role", "spark-exec-resourceprofile-id")


def check(spec: SparkJobSpec, conf: Conf) -> None:
    """Check a spec and its effective configuration for what would only fail later, or not at all.

    Raises:
        ValueError: names the first field or setting that cannot be carried out, and the mend.
    """
    if refused := sorted(spec.spark_conf.keys() & REFUSED.keys()):
        raise ValueError(f"spec.sparkConf {refused[0]} is not supported: {REFUSED[refused[0]]}")
    _check_names(conf)
    mounted(conf, "spark.kubernetes.executor.volumes.")
    _check_sizes(spec, conf)


def _check_names(conf: Conf) -> None:
    for label in _RESERVED:
        if f"spark.kubernetes.executor.label.{label}" in conf:
            raise ValueError(f"label {label!r} of the executors is Spark's own: choose another name")
    for role in ROLES:
        for name in under(conf, f"spark.kubernetes.{role}.secrets."):
            if len(name) > _SECRET_NAME:
                raise ValueError(
                    f"Secret {name!r} of {role}.secrets has more than {_SECRET_NAME} characters, and Spark"
                    f" makes a volume's name of it: mount it by {role}.volumes"
                )


def _check_sizes(spec: SparkJobSpec, conf: Conf) -> None:
    for role in ROLES:
        found = size(conf, role, application(spec).language)
        if found.cpu_limit and cpu_millis(found.cpu_limit) < found.cpu_millis:
            raise ValueError(
                f"spark.kubernetes.{role}.limit.cores {found.cpu_limit!r} is below the request"
                f" {found.cpu_request!r}: raise {role}.coreLimit or lower {role}.coreRequest"
            )
