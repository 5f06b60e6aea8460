"""The parts of a pod template that the operator looks into: their shape, which the CRD leaves open. Pure."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from emberlake.api.v1alpha1.sparkpods import PodResources
from emberlake.sparkjob.resources import Role

Object = dict[str, Any]


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Mount(_Open):
    name: str
    mountPath: str  # noqa: N815


class _Named(_Open):
    name: str


class _Capabilities(_Open):
    add: list[str] | None = None


class _Context(_Open):
    appArmorProfile: Object | None = None  # noqa: N815
    capabilities: _Capabilities | None = None
    seccompProfile: Object | None = None  # noqa: N815
    seLinuxOptions: Object | None = None  # noqa: N815
    sysctls: list[Object] | None = None
    windowsOptions: Object | None = None  # noqa: N815


class _Probe(_Open):
    httpGet: Object | None = None  # noqa: N815
    tcpSocket: Object | None = None  # noqa: N815


class _Lifecycle(_Open):
    postStart: _Probe | None = None  # noqa: N815
    preStop: _Probe | None = None  # noqa: N815


class _Container(_Open):
    name: str | None = None
    args: list[str] | None = None
    env: list[Object] | None = None
    envFrom: list[Object] | None = None  # noqa: N815
    lifecycle: _Lifecycle | None = None
    livenessProbe: _Probe | None = None  # noqa: N815
    readinessProbe: _Probe | None = None  # noqa: N815
    startupProbe: _Probe | None = None  # noqa: N815
    ports: list[Object] | None = None
    resources: dict[str, Any] | None = None
    securityContext: _Context | None = None  # noqa: N815
    volumeMounts: list[_Mount] | None = None  # noqa: N815


class _Spec(_Open):
    containers: list[_Container] | None = None
    initContainers: list[_Container] | None = None  # noqa: N815
    volumes: list[_Named] | None = None
    imagePullSecrets: list[Object] | None = None  # noqa: N815
    nodeSelector: dict[str, str] | None = None  # noqa: N815
    securityContext: _Context | None = None  # noqa: N815
    serviceAccountName: str | None = None  # noqa: N815
    tolerations: list[Object] | None = None


class _Metadata(_Open):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None


class _Template(_Open):
    metadata: _Metadata | None = None
    spec: _Spec | None = None


def check_shape(role: Role, pod: PodResources) -> None:
    """Check the template of a role.

    Raises:
        ValueError: it is no PodTemplateSpec; names the first wrong field.
    """
    if pod.template is None:
        return
    try:
        _Template.model_validate(pod.template.document())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("spec", role, "template", *first["loc"]))
        raise ValueError(f"{where}: {first['msg']}; see kubectl explain pod.spec") from None
