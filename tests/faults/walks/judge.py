"""What may become of an input: everything else is a defect."""

import json
from collections.abc import Iterator
from typing import Any

import javaproperties

from emberlake.api.v1alpha1.common import Resource
from emberlake.core.model import Manifest, Refusal
from emberlake.core.objects import ref_of
from emberlake.sparkjob.driver_volumes import PROPERTIES, TEMPLATE_FILE
from emberlake.sparkjob.refusal import judge
from emberlake.sparkjob.sparkconf import under
from faults.walks.changes import Change
from faults.walks.kubernetes import PASSED
from faults.walks.schema import Schema
from faults.walks.server import Answer

# What no schema and no operator without rights to read it can know.
_UNKNOWABLE = (
    "no PriorityClass with name",
    "error looking up service account",
)


def names_field(answer: Answer, change: Change) -> bool:
    """Whether a refusal says which field is wrong."""
    told = (*(cause.get("field", "") for cause in answer.causes), answer.message)
    return any(change.told in text for text in told)


def rules(node: Schema) -> Iterator[str]:
    """The messages of all rules across fields."""
    yield from (rule["message"] for rule in node.get("x-kubernetes-validations", ()))
    children = [*node.get("properties", {}).values(), node.get("items"), node.get("additionalProperties")]
    for child in children:
        if isinstance(child, dict):
            yield from rules(child)


def refused_by_rule(answer: Answer, root: Schema) -> bool:
    """Whether nothing but rules across fields refused an input."""
    known = list(rules(root))
    return bool(answer.causes) and all(
        any(rule in cause["message"] for rule in known) for cause in answer.causes
    )


def passed_on(spec: Manifest) -> dict[str, Any]:
    """The parts of a job that are Kubernetes' own, which nobody but the API server judges as a whole."""
    return {
        role: {name: (spec.get(role) or {}).get(name) for name in PASSED} for role in ("driver", "executor")
    }


def may_refuse(resource: type[Resource], child: Manifest, answer: Answer, *, passed: bool) -> bool:
    """Whether the API server may refuse an object that the operator or Spark asks for.

    Args:
        passed: whether the change reached into what is passed on.
    """
    if resource.kind != "SparkJob":
        return False
    if any(text in answer.message for text in _UNKNOWABLE):
        return True
    if child["metadata"]["name"] == EXECUTOR:
        return passed
    found = Refusal(ref_of(child), answer.code, answer.document.get("reason", ""), answer.message)
    verdict = judge(found)
    if answer.message not in verdict.message:
        return False
    # Admission may refuse for reasons of its own: the job then waits, and tells them.
    return passed or (verdict.final and verdict.category == "Validation")


EXECUTOR = "executor-of-spark"


def executor(config_map: Manifest, namespace: str) -> dict[str, Any]:
    """The executor pod that Spark makes from a driver's configuration, as far as the API server judges it."""
    pod: dict[str, Any] = json.loads(config_map["data"][TEMPLATE_FILE])
    conf = javaproperties.loads(config_map["data"][PROPERTIES])
    start = "spark.kubernetes.executor"
    pod["metadata"] |= {"name": EXECUTOR, "namespace": namespace}
    pod["metadata"]["labels"] |= under(conf, f"{start}.label.")
    pod["metadata"]["annotations"] |= under(conf, f"{start}.annotation.")
    if selector := under(conf, f"{start}.node.selector."):
        pod["spec"]["nodeSelector"] = selector
    for container in pod["spec"]["containers"]:
        container.setdefault("image", "spark:1")
    return pod
