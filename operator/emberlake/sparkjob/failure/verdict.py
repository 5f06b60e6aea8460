"""The failure of a driver, from its pod and the tail of its log. Pure."""

import re

from emberlake.api.v1alpha1.common import Failure
from emberlake.core.model import Manifest
from emberlake.core.pods import cut, disruption, terminated
from emberlake.core.redact import redact
from emberlake.sparkjob.failure.containers import (
    Container,
    code_failure,
    driver_container,
    end_failure,
    init_failure,
)
from emberlake.sparkjob.failure.executors import heap, lost_executor, too_many
from emberlake.sparkjob.failure.launch import launch_failure
from emberlake.sparkjob.failure.logtail import printed, relevant
from emberlake.sparkjob.failure.raised import Chain, describe
from emberlake.sparkjob.failure.report import uncaught
from emberlake.sparkjob.failure.rules import known

# Written by the driver where spark.kubernetes.driver.annotateExitException is set; outlives the log.
EXIT_EXCEPTION = "spark.exit-exception"
# Says no more than that the Python program ended with a code.
_ONLY_CODE = "SparkUserAppException"
# A task sent to an executor that is ending: why it ends was told before.
_TASK_REFUSED = "RejectedExecutionException"
# Patterns are not searched in what a message quotes at length, such as the plan of a query.
_SEARCHED = 8_000
_LINE = 400
_ERROR_CLASS = re.compile(r"^\s*(?:[\w ]{1,40}: )?\[(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)[.\]]")
_REASON = re.compile(r"^[A-Z][A-Za-z0-9]{1,100}$")


def classify(pod: Manifest, log_tail: str) -> Failure:
    """The failure of a driver pod in phase Failed: who has to act, one word, and what to do.

    What ended the pod from outside comes first, then how its containers ended, then the log: an evicted
    driver often leaves an exception of its own behind.

    Args:
        log_tail: the last lines of the driver's container; empty when they are gone with the pod's node.
    """
    found = disruption(pod) or init_failure(pod) or _driver_failure(pod, log_tail)
    # Cut afterwards: half a key has no shape to be known by.
    lines = [
        line if len(line) <= _LINE else f"{line[:_LINE]} …" for line in redact(found.message).splitlines()
    ]
    return found.model_copy(update={"message": cut("\n".join(lines))})


def _driver_failure(pod: Manifest, log_tail: str) -> Failure:
    container = driver_container(pod)
    if container is None or terminated(container) is None:
        return _untold(pod)
    lines = relevant(log_tail or _exit_exception(pod))
    found = too_many(lines) or end_failure(pod, container) or _from_log(lines) or code_failure(container)
    return found or _silent(container, lines)


def _untold(pod: Manifest) -> Failure:
    status = pod.get("status") or {}
    message = (
        status.get("message") or "the driver pod failed, and Kubernetes does not tell how its container ended"
    )
    return Failure(category="Infrastructure", reason=status.get("reason") or "DriverFailed", message=message)


def _exit_exception(pod: Manifest) -> str:
    """What Spark wrote to its own pod, as the JVM would have logged it."""
    text = (pod["metadata"].get("annotations") or {}).get(EXIT_EXCEPTION, "")
    return f'Exception in thread "main" {text}' if text else ""


def _from_log(lines: list[str]) -> Failure | None:
    if found := launch_failure(lines):
        return found
    chain = uncaught(lines)
    if not chain or chain[0].name == _ONLY_CODE:
        return None
    told = describe(chain)
    text = "\n".join(f"{raised.relation} {raised.text}".strip() for raised in chain)[:_SEARCHED]
    beside = heap(lines) if chain[0].name == _TASK_REFUSED else None
    if found := beside or lost_executor(text) or known(text):
        return found.model_copy(update={"message": f"{found.message}\n{told}"})
    return Failure(category="User", reason=_reason(chain), message=told)


def _silent(container: Container, lines: list[str]) -> Failure:
    """An application that ended itself with a code, and at most printed why."""
    code = (terminated(container) or {}).get("exitCode")
    said = printed(lines)
    last = f": {said[-1].strip()}" if said else " and left no error in its log"
    message = "\n".join([f"the application ended with exit code {code}{last}", *said[:-1]])
    return Failure(category="User", reason="ApplicationFailed", message=message)


def _reason(chain: Chain) -> str:
    """Spark's error class as one word (TABLE_OR_VIEW_NOT_FOUND), else the type of the exception."""
    if match := _ERROR_CLASS.match(chain[0].message):
        return "".join(word.capitalize() for word in match["name"].split("_"))
    return chain[0].name if _REASON.match(chain[0].name) else "ApplicationFailed"
