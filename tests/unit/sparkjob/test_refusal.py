"""What the API server's refusals mean; the messages are those of Kubernetes 1.36."""

import pytest

from emberlake.core.model import EARLIER_OBJECT, NAME_CONFLICT, Ref, Refusal
from emberlake.settings import Timers
from emberlake.sparkjob.refusal import judge

POD = 'pods "etl-1-1-driver" is forbidden: '


def refusal(message: str, code: int = 403, reason: str = "Forbidden") -> Refusal:
    return Refusal(Ref("Pod", "demo", "etl-1-1-driver"), code, reason, message)


@pytest.mark.parametrize(
    ("found", "reason", "category", "final"),
    [
        (
            refusal(POD + "exceeded quota: small, requested: cpu=1, used: cpu=4, limited: cpu=4"),
            *("QuotaExceeded", "Quota", False),
        ),
        (
            refusal(POD + "failed quota: small: must specify limits.cpu for: spark-kubernetes-driver"),
            *("QuotaExceeded", "Quota", False),
        ),
        (
            refusal(POD + 'error looking up service account demo/x: serviceaccount "x" not found'),
            *("ServiceAccountNotFound", "Timeout", False),
        ),
        (
            refusal(
                POD + "unable to create new content in namespace demo because it is being terminated",
            ),
            *("NamespaceTerminating", "Timeout", False),
        ),
        (
            refusal(POD + 'violates PodSecurity "restricted:latest": hostNetwork (pod uses hostNetwork)'),
            *("PodSecurityViolation", "Validation", True),
        ),
        (
            refusal(POD + "maximum memory usage per Pod is 1Gi, but limit is 1503238553"),
            *("LimitRangeViolation", "Validation", True),
        ),
        (
            refusal(
                POD
                + "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority"
                " admission controller computed PreemptLowerPriority from the given PriorityClass name"
            ),
            *("InvalidPod", "Validation", True),
        ),
        (
            refusal(
                POD + "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
            ),
            *("InvalidPod", "Validation", True),
        ),
        (
            refusal('Pod "etl" is invalid: spec.dnsPolicy: Unsupported value: "Maybe"', 422, "Invalid"),
            *("InvalidPod", "Validation", True),
        ),
        (refusal("Request entity too large", 413, "RequestEntityTooLarge"), "InvalidPod", "Validation", True),
        (
            # A value of a wrong type in a template kept the job waiting for a day.
            refusal(
                'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal array into Go struct'
                " field Toleration.spec.tolerations.value of type string",
                *(400, "BadRequest"),
            ),
            *("InvalidPod", "Validation", True),
        ),
        (
            refusal('admission webhook "policy" denied the request: no', 400, "BadRequest"),
            *("CreateRefused", "Timeout", False),
        ),
        (
            refusal('Internal error: failed calling webhook "policy": refused', 500, "InternalError"),
            *("CreateRefused", "Timeout", False),
        ),
        (refusal(POD + "no PriorityClass with name urgent was found"), "CreateRefused", "Timeout", False),
        (
            refusal("Pod demo/etl-1-1-driver exists", 409, NAME_CONFLICT),
            *(NAME_CONFLICT, "Validation", True),
        ),
        (
            refusal("Pod demo/etl-1-1-driver belongs to an earlier", 409, EARLIER_OBJECT),
            *(EARLIER_OBJECT, "Timeout", False),
        ),
    ],
)
def test_each_refusal_has_its_reason(found: Refusal, reason: str, category: str, final: bool) -> None:
    verdict = judge(found)
    assert (verdict.reason, verdict.category, verdict.final) == (reason, category, final)
    assert found.message in verdict.message


def test_what_cleans_itself_up_is_asked_for_again_soon() -> None:
    soon = judge(refusal("", 409, EARLIER_OBJECT)).retry_seconds
    assert soon is not None
    assert soon < Timers().refused
    assert judge(refusal("exceeded quota")).retry_seconds is None
