"""What it means that the API server refused a job's pod or ConfigMap. Pure.

The API server has no machine-readable cause for most refusals by admission: its message is read.
"""

import re
from dataclasses import dataclass, replace

from emberlake.api.v1alpha1.common import Category
from emberlake.core.model import EARLIER_OBJECT, NAME_CONFLICT, Refusal

_SOON_SECONDS = 3.0
_INVALID = (413, 422)


@dataclass(frozen=True)
class Verdict:
    """`final`: asking again is of no use. Else the job waits, and at last fails for `category`.

    `retry_seconds` says when it will be of use at the earliest, None when nobody knows.
    """

    reason: str
    message: str
    category: Category = "Timeout"
    final: bool = False
    retry_seconds: float | None = None


# A pattern of the API server's message, and the verdict with what to do about it.
_KNOWN: tuple[tuple[str, Verdict], ...] = (
    (
        "exceeded quota|failed quota",
        Verdict("QuotaExceeded", "the job starts when the quota has room for its driver", "Quota"),
    ),
    (
        "error looking up service account",
        Verdict("ServiceAccountNotFound", "create it, or name another in spec.serviceAccountName"),
    ),
    ("being terminated", Verdict("NamespaceTerminating", "the job ends with its namespace")),
    (
        "violates PodSecurity",
        Verdict(
            "PodSecurityViolation",
            "mend spec.driver.template, or let the namespace enforce a wider level",
            "Validation",
            final=True,
        ),
    ),
    (
        # Priority and RuntimeClass, the admission plugins of Kubernetes.
        "must not be provided in pod spec|Pod Overhead set without corresponding RuntimeClass",
        Verdict(
            "InvalidPod",
            "remove it from spec.driver.template, or name the class that it belongs to",
            "Validation",
            final=True,
        ),
    ),
    (
        "cannot be handled as a",
        Verdict(
            "InvalidPod",
            "mend that field in spec.driver, or in spec.driver.template",
            "Validation",
            final=True,
        ),
    ),
    (
        "(maximum|minimum) .* usage per|limit to request ratio",
        Verdict(
            "LimitRangeViolation",
            "mend the sizes in spec.driver, or the LimitRange of the namespace",
            "Validation",
            final=True,
        ),
    ),
)


def judge(refusal: Refusal) -> Verdict:
    """What follows from a refusal."""
    if refusal.reason == EARLIER_OBJECT:
        return Verdict(EARLIER_OBJECT, refusal.message, retry_seconds=_SOON_SECONDS)
    if refusal.reason == NAME_CONFLICT:
        return Verdict(NAME_CONFLICT, refusal.message, "Validation", final=True)
    for pattern, verdict in _KNOWN:
        if re.search(pattern, refusal.message):
            return replace(verdict, message=f"{refusal.message}; {verdict.message}")
    message = f"the API server refuses {refusal.ref.kind} {refusal.ref.name}: {refusal.message}"
    if refusal.code in _INVALID:
        return Verdict("InvalidPod", message, "Validation", final=True)
    return Verdict("CreateRefused", message)
