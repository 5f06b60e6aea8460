"""Where each kind lives in the API: the only place that knows paths and plurals."""

from dataclasses import dataclass

from emberlake.api import GROUP, VERSION
from emberlake.api.v1alpha1 import KINDS
from emberlake.core.model import Ref


@dataclass(frozen=True)
class Kind:
    """A kind the operator reads or writes."""

    kind: str
    group: str
    version: str
    plural: str

    @property
    def api_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def collection(self, namespace: str | None) -> str:
        """Path of the collection, in one namespace or in all."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"


OWN = {model.kind: Kind(model.kind, GROUP, VERSION, model.plural) for model in KINDS}
CHILDREN = {
    kind.kind: kind
    for kind in (
        Kind("Pod", "", "v1", "pods"),
        Kind("ConfigMap", "", "v1", "configmaps"),
        Kind("Service", "", "v1", "services"),
        Kind("Job", "batch", "v1", "jobs"),
        Kind("Deployment", "apps", "v1", "deployments"),
        Kind("Ingress", "networking.k8s.io", "v1", "ingresses"),
        Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
    )
}
OTHER = {
    kind.kind: kind
    for kind in (
        Kind("Lease", "coordination.k8s.io", "v1", "leases"),
        Kind("Event", "", "v1", "events"),
        Kind("ServiceAccount", "", "v1", "serviceaccounts"),
    )
}
ALL = {**OWN, **CHILDREN, **OTHER}


def path(ref: Ref) -> str:
    """Path of one object."""
    return f"{ALL[ref.kind].collection(ref.namespace)}/{ref.name}"
